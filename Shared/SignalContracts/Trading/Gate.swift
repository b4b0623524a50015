/// A condition that every entry must pass. Names are stable: they stand in decisions, metrics and reports.
public enum Gate: String, Sendable, CaseIterable {
    /// The weighted score is great enough.
    case score
    /// Enough engines agree.
    case agreement
    /// E1 does not point the other way.
    case primary
    /// E5 lets trade.
    case tradeable
    case spread
    /// No open position in the other direction.
    case hedge
    case maxPositions = "max_positions"
    case breaker
    /// The score did not jump within half a second.
    case stability
    /// E1 is warm and keeps up with the others.
    case stale
    /// No order of unknown outcome.
    case locked
    /// Trigger, confirmations and filter of a strategy hold.
    case strategy
}

/// Gates as one field: names joined by commas, in the order of `Gate`.
public struct GateSet: FieldValue, Equatable, BitwiseCopyable {
    private var bits: UInt32 = 0

    public init() {}
    public init(_ gates: Gate...) { for gate in gates { insert(gate) } }

    public var isEmpty: Bool { bits == 0 }
    public mutating func insert(_ gate: Gate) { bits |= gate.bit }
    public func contains(_ gate: Gate) -> Bool { bits & gate.bit != 0 }
    public var count: Int { bits.nonzeroBitCount }
    public var gates: [Gate] { Gate.allCases.filter(contains) }
    /// In the order of `Gate`, without making a list.
    public func forEach(_ body: (Gate) -> Void) { for gate in Gate.allCases where contains(gate) { body(gate) } }

    public init?(text: UnsafeRawBufferPointer) {
        for part in text.split(separator: UInt8(ascii: ",")) {
            guard let gate = Gate(rawValue: String(decoding: part, as: UTF8.self)) else { return nil }
            insert(gate)
        }
    }

    public func write(into bytes: inout [UInt8]) { gates.map(\.rawValue).joined(separator: ",").write(into: &bytes) }
}

extension Gate {
    /// Its place in the order of `allCases`.
    var place: Int {
        switch self {
        case .score: 0
        case .agreement: 1
        case .primary: 2
        case .tradeable: 3
        case .spread: 4
        case .hedge: 5
        case .maxPositions: 6
        case .breaker: 7
        case .stability: 8
        case .stale: 9
        case .locked: 10
        case .strategy: 11
        }
    }

    fileprivate var bit: UInt32 { 1 << UInt32(place) }
}
