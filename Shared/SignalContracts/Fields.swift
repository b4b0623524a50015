/// One stream entry as Redis holds it: names and values in order, as text, kept flat in one buffer that can be reused.
///
/// A message writes itself with `put` and reads itself with `required` and `optional`. While `scope` is set, each name
/// stands behind it (`e1.imbalance`), so that one message can carry others.
public struct Fields: Sendable {
    private var bytes: [UInt8] = []
    /// For each pair: where its name ends and where its value ends.
    private var ends: [(name: Int, value: Int)] = []
    /// Prefix of every name put or read; empty at the top level.
    public var scope: StaticString = ""

    public init() {}

    /// Empties the entry and keeps its memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        scope = ""
    }

    /// Number of name–value pairs.
    public var count: Int { ends.count }
    public var isEmpty: Bool { ends.isEmpty }

    // MARK: Writing

    public mutating func put(_ name: StaticString, _ value: some FieldValue) {
        scope.withUTF8Buffer { bytes.append(contentsOf: $0) }
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        let nameEnd = bytes.count
        value.write(into: &bytes)
        ends.append((nameEnd, bytes.count))
    }

    /// Nothing for nil: an absent value is an absent field.
    public mutating func put(_ name: StaticString, _ value: (some FieldValue)?) {
        if let value { put(name, value) }
    }

    /// Appends a pair as it came off the wire.
    public mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: name)
        let nameEnd = bytes.count
        bytes.append(contentsOf: value)
        ends.append((nameEnd, bytes.count))
    }

    // MARK: Reading

    /// A field that must be present and well formed.
    public func required<Value: FieldValue>(_ name: StaticString) throws(ContractError) -> Value {
        guard let value: Value = try optional(name) else { throw .missing(field: scoped(name)) }
        return value
    }

    /// A field that may be absent, but if present must be well formed.
    public func optional<Value: FieldValue>(_ name: StaticString) throws(ContractError) -> Value? {
        guard let range = valueRange(of: name) else { return nil }
        if let value = bytes.withUnsafeBytes({ Value(text: UnsafeRawBufferPointer(rebasing: $0[range])) }) {
            return value
        }
        throw .malformed(field: scoped(name), text: String(decoding: bytes[range].prefix(80), as: UTF8.self))
    }

    /// A field that must be present, well formed and within `bounds`.
    public func required<Value: FieldValue & Comparable>(
        _ name: StaticString, in bounds: ClosedRange<Value>
    ) throws(ContractError) -> Value {
        let value: Value = try required(name)
        guard bounds.contains(value) else { throw outOfRange(name, "\(bounds.lowerBound) to \(bounds.upperBound)") }
        return value
    }

    /// A field that may be absent, but if present must be well formed and within `bounds`.
    public func optional<Value: FieldValue & Comparable>(
        _ name: StaticString, in bounds: ClosedRange<Value>
    ) throws(ContractError) -> Value? {
        guard let value: Value = try optional(name) else { return nil }
        guard bounds.contains(value) else { throw outOfRange(name, "\(bounds.lowerBound) to \(bounds.upperBound)") }
        return value
    }

    /// The error for a field whose value is well formed and can't be true.
    public func outOfRange(_ name: StaticString, _ bound: String) -> ContractError {
        .outOfRange(field: scoped(name), text: String((self[name] ?? "").prefix(80)), bound: bound)
    }

    /// The value as text, whatever it is; nil when absent.
    public subscript(name: StaticString) -> String? {
        valueRange(of: name).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// All pairs as text, in order. For logs, tools and tests; messages use `required`.
    public var pairs: [(name: String, value: String)] {
        var start = 0
        return ends.map { end in
            defer { start = end.value }
            return (
                String(decoding: bytes[start..<end.name], as: UTF8.self),
                String(decoding: bytes[end.name..<end.value], as: UTF8.self)
            )
        }
    }

    /// The entry but for the pairs of these names.
    public func without(_ names: Set<String>) -> Fields {
        guard pairs.contains(where: { names.contains($0.name) }) else { return self }
        var rest = Fields()
        for (name, value) in pairs where !names.contains(name) {
            Array(name.utf8).withUnsafeBytes { name in
                Array(value.utf8).withUnsafeBytes { rest.append(name: name, value: $0) }
            }
        }
        return rest
    }

    /// Calls `body` with the bytes of each name and value in turn: what the wire needs.
    public func forEachItem(_ body: (UnsafeRawBufferPointer) -> Void) {
        bytes.withUnsafeBytes { all in
            var start = 0
            for end in ends {
                body(UnsafeRawBufferPointer(rebasing: all[start..<end.name]))
                body(UnsafeRawBufferPointer(rebasing: all[end.name..<end.value]))
                start = end.value
            }
        }
    }

    private func scoped(_ name: StaticString) -> String { "\(scope)\(name)" }

    private func valueRange(of name: StaticString) -> Range<Int>? {
        let scopeLength = scope.utf8CodeUnitCount, nameLength = name.utf8CodeUnitCount
        return bytes.withUnsafeBytes { all in
            var start = 0
            for end in ends {
                if end.name - start == scopeLength + nameLength, all.starts(at: start, with: scope),
                    all.starts(at: start + scopeLength, with: name)
                {
                    return end.name..<end.value
                }
                start = end.value
            }
            return nil
        }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes from `offset` begin with `text`; the caller has checked the length.
    fileprivate func starts(at offset: Int, with text: StaticString) -> Bool {
        text.withUTF8Buffer { text in
            for index in 0..<text.count where self[offset + index] != text[index] { return false }
            return true
        }
    }
}

extension Fields: Equatable {
    public static func == (left: Fields, right: Fields) -> Bool {
        left.bytes == right.bytes && left.ends.elementsEqual(right.ends, by: ==)
    }
}

/// Why an entry could not become a message. Such an entry goes to the dead-letter stream; it never stops a service.
public enum ContractError: Error, Equatable, Sendable, CustomStringConvertible {
    case missing(field: String)
    case malformed(field: String, text: String)
    /// Well formed, and not what such a field can be; `bound` says what it can.
    case outOfRange(field: String, text: String, bound: String)
    /// The writer is newer than this reader.
    case unknownVersion(Int)
    case unknownType(String)

    public var description: String {
        switch self {
        case .missing(let field): "field '\(field)' is missing"
        case .malformed(let field, let text): "field '\(field)' can't be read: '\(text)'"
        case .outOfRange(let field, let text, let bound): "field '\(field)' is \(text), not \(bound)"
        case .unknownVersion(let version): "version \(version) is not known to this reader: upgrade the service"
        case .unknownType(let type): "type '\(type)' is not known to this reader"
        }
    }
}
