public import TradingPrimitives

/// The whole behaviour of one service: messages in, messages out.
///
/// Pure: reads no clock, no randomness, no environment, and does no I/O. Time arrives inside the messages. The same
/// processor therefore gives the same outputs in the live service, in a replay and in a backtest.
public protocol StreamProcessor {
    associatedtype Input: Sendable
    associatedtype Output: Sendable

    mutating func process(_ input: Input, emit: (Output) -> Void)
}

/// A message: how it looks in a stream's entry.
public protocol StreamMessage: Equatable, Sendable {
    /// Schema version, in the field `v`. A new field with a default keeps it; a changed meaning raises it.
    static var version: Int { get }
    init(_ fields: Fields) throws(ContractError)
    func encode(into fields: inout Fields)
}

extension StreamMessage {
    public var fields: Fields {
        var fields = Fields()
        encode(into: &fields)
        return fields
    }

    /// Throws for an entry without a version, and for one newer than this reader.
    public static func checkVersion(_ fields: Fields) throws(ContractError) {
        let version: Int = try fields.required("v")
        guard 1...Self.version ~= version else { throw .unknownVersion(version) }
    }
}

/// What a processor reads, as the host finds it on the streams.
public protocol StreamInput: Sendable {
    /// The streams it comes from. Per-symbol kinds are read for each symbol that the service trades.
    static var streams: [StreamKind] { get }
    /// Streams of its own that it reads back when it starts, before anything else: what was said then counts, whatever the
    /// same inputs would make it say now.
    static var recalled: [StreamKind] { get }
    /// How far back a host replays a stream, with outputs muted, before the processor knows what it knew before a restart.
    /// Milliseconds; 0 for what leaves no memory.
    static func warmUpMs(of kind: StreamKind) -> Int64
    /// Distance of the host's timer inputs, milliseconds; 0 for none.
    static var timerMs: Int64 { get }
    /// The input that says that a multiple of `timerMs` has been reached.
    static func timer(at time: Timestamp) -> Self?
    /// Nil for an entry that does not concern the processor: it is acknowledged and skipped.
    init?(stream: StreamName, id: StreamId, fields: Fields) throws(ContractError)
}

extension StreamInput {
    public static var recalled: [StreamKind] { [] }
    public static var timerMs: Int64 { 0 }
    public static func timer(at time: Timestamp) -> Self? { nil }

    /// All streams that it comes from, symbol by symbol, then the global ones.
    public static func streams(for symbols: [Symbol]) -> [StreamName] {
        symbols.flatMap { symbol in streams.filter(\.isPerSymbol).map { StreamName($0, symbol) } }
            + streams.filter { !$0.isPerSymbol }.map { StreamName($0) }
    }
}

/// An input that is made of one of the suite's messages: its text is decoded, then it is that message. So a host that passes
/// messages on as they are gives a processor the same as one that reads them off Redis.
public protocol MessageInput: StreamInput {
    /// Nil for a message that does not concern the processor.
    init?(stream: StreamName, id: StreamId, message: SuiteMessage)
}

extension MessageInput {
    public init?(stream: StreamName, id: StreamId, fields: Fields) throws(ContractError) {
        self.init(stream: stream, id: id, message: try SuiteMessage(stream.kind, fields))
    }
}

/// A processor whose symbols may move to another worker and come back.
public protocol SymbolSharing {
    /// Drops all that it knows of a symbol alone: if the symbol comes back, that is built anew.
    mutating func forget(_ symbol: Symbol)
}

/// An input that belongs to one symbol, so that a host can keep a processor for each.
public protocol SymbolKeyed {
    var symbol: Symbol { get }
    /// When it was, by the venue's clock; nil for what says nothing of a time.
    var moment: Moment? { get }
}

extension SymbolKeyed {
    public var moment: Moment? { nil }
}

/// What a processor writes, as the host puts it on the streams.
public protocol StreamOutput: Sendable {
    var stream: StreamName { get }
    func encode(into fields: inout Fields)
    /// The hot-state key that shows this fact to people and to the dashboard; committed with the entry.
    var projection: Projection? { get }
    /// Gives `projection`, for most outputs; a fact that several keys show gives each of them.
    func forEachProjection(_ body: (Projection) -> Void)
}

extension StreamOutput {
    public var projection: Projection? { nil }
    public func forEachProjection(_ body: (Projection) -> Void) { if let projection { body(projection) } }
}

/// An output that is one of the suite's messages.
public protocol MessageOutput: StreamOutput {
    var message: SuiteMessage { get }
}

extension MessageOutput {
    public func encode(into fields: inout Fields) { message.encode(into: &fields) }
}

/// A change of a hot-state key. Projections are for people and the dashboard; no trading service reads them.
public enum Projection: Equatable, Sendable {
    /// Sets fields of a hash, after removing the old ones if `replacing`.
    case hash(key: String, fields: Fields, replacing: Bool)
    case delete(key: String)
}

/// Says when a hot-state key is due again: people need it a few times a second, not on every event.
public struct ProjectionPace: Sendable {
    private static let everyMs: Int64 = 250
    private var last: Timestamp?

    public init() {}

    /// Whether `time` is long enough after the last time that was due; then it counts as that.
    public mutating func isDue(at time: Timestamp) -> Bool {
        if let last, time - last < Self.everyMs { return false }
        last = time
        return true
    }
}

extension Projection {
    /// The latest signal of one engine: its field in `engine_signals:{S}` (`e1` … `e5`, others by their names), as `name=value` pairs.
    public static func engineSignal(_ signal: EngineSignal, of symbol: Symbol) -> Projection {
        var fields = Fields()
        // Made for each signal, before it leaves: the bytes are joined as they stand, without a string for each.
        var text: [UInt8] = []
        text.reserveCapacity(512)
        var isName = true
        signal.fields.forEachItem { item in
            if isName, !text.isEmpty { text.append(UInt8(ascii: " ")) }
            text += item
            if isName { text.append(UInt8(ascii: "=")) }
            isName.toggle()
        }
        signal.engine.field.withUnsafeBytes { name in
            text.withUnsafeBytes { fields.append(name: name, value: $0) }
        }
        return .hash(key: "engine_signals:{\(symbol.name)}", fields: fields, replacing: false)
    }

    /// The fields of a signal as `engineSignal` shows it. A value may be of several words.
    public static func pairs(ofSignal text: String) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if let mark = word.firstIndex(of: "=") {
                pairs.append((String(word[..<mark]), String(word[word.index(after: mark)...])))
            } else if !pairs.isEmpty {
                pairs[pairs.count - 1].value += " \(word)"
            }
        }
        return pairs
    }
}
