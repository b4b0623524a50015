public import SignalContracts
import TradingPrimitives

/// Redis commands in the wire's form, written one after the other into one buffer that is used again.
///
/// No argument becomes a string or an array on its way.
public struct CommandBuffer: Sendable {
    public private(set) var bytes: [UInt8] = []
    /// Commands written, which is the number of replies to expect.
    public private(set) var commandCount = 0
    private var scratch: [UInt8] = []

    public init() {}

    public var isEmpty: Bool { bytes.isEmpty }

    /// Empties the buffer and keeps its memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        commandCount = 0
    }

    /// Begins a command of `count` arguments, its name included; exactly so many `add` must follow.
    public mutating func begin(_ name: StaticString, arguments count: Int) {
        bytes.append(UInt8(ascii: "*"))
        writeDecimal(UInt64(count), into: &bytes)
        endLine()
        commandCount += 1
        add(name)
    }

    public mutating func add(_ text: StaticString) {
        text.withUTF8Buffer { add(UnsafeRawBufferPointer($0)) }
    }

    public mutating func add(_ text: UnsafeRawBufferPointer) {
        beginText(length: text.count)
        bytes.append(contentsOf: text)
        endLine()
    }

    public mutating func add(_ text: [UInt8]) {
        text.withUnsafeBytes { add($0) }
    }

    public mutating func add(_ text: String) {
        var text = text
        text.withUTF8 { add(UnsafeRawBufferPointer($0)) }
    }

    public mutating func add(_ number: Int) { addValue(number) }
    public mutating func add(_ id: StreamId) { addValue(id) }

    private mutating func addValue(_ value: some FieldValue) {
        scratch.removeAll(keepingCapacity: true)
        value.write(into: &scratch)
        beginText(length: scratch.count)
        bytes.append(contentsOf: scratch)
        endLine()
    }

    /// All names and values of `fields`: `2 * fields.count` arguments.
    public mutating func add(_ fields: borrowing Fields) {
        fields.forEachItem { add($0) }
    }

    /// A whole command given as texts; for tools and tests.
    public mutating func command(_ arguments: [String]) {
        bytes.append(UInt8(ascii: "*"))
        writeDecimal(UInt64(arguments.count), into: &bytes)
        endLine()
        commandCount += 1
        for argument in arguments { add(argument) }
    }

    /// Appends all commands of another buffer.
    public mutating func append(_ other: CommandBuffer) {
        bytes.append(contentsOf: other.bytes)
        commandCount += other.commandCount
    }

    /// Appends whole commands as bytes.
    public mutating func append(bytes: ArraySlice<UInt8>, commandCount: Int) {
        self.bytes.append(contentsOf: bytes)
        self.commandCount += commandCount
    }

    /// Drops bytes at the front; the number of commands is no longer told.
    public mutating func removeFirst(bytes count: Int) { bytes.removeFirst(count) }

    private mutating func beginText(length: Int) {
        bytes.append(UInt8(ascii: "$"))
        writeDecimal(UInt64(length), into: &bytes)
        endLine()
    }

    private mutating func endLine() {
        bytes.append(UInt8(ascii: "\r"))
        bytes.append(UInt8(ascii: "\n"))
    }
}

extension CommandBuffer {
    /// `XADD key * …`: Redis gives the id. The entry must have a field.
    public mutating func xadd(_ key: [UInt8], _ fields: borrowing Fields) {
        begin("XADD", arguments: 3 + 2 * fields.count)
        add(key)
        add("*")
        add(fields)
    }

    /// `XADD key id …`.
    public mutating func xadd(_ key: [UInt8], id: StreamId, _ fields: borrowing Fields) {
        begin("XADD", arguments: 3 + 2 * fields.count)
        add(key)
        add(id)
        add(fields)
    }

    /// The commands that bring a hot-state key up to date; how many they are, is in `commandCount`.
    public mutating func project(_ projection: Projection) {
        switch projection {
        case .delete(let key):
            begin("DEL", arguments: 2)
            add(key)
        case .hash(let key, let fields, let replacing):
            if replacing {
                begin("DEL", arguments: 2)
                add(key)
            }
            guard !fields.isEmpty else { return }
            begin("HSET", arguments: 2 + 2 * fields.count)
            add(key)
            add(fields)
        }
    }
}
