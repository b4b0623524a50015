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
    /// The signals needed are fresh and warm.
    case stale
    /// No order of unknown outcome.
    case locked
    /// A strategy fits.
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
    public var gates: [Gate] { Gate.allCases.filter(contains) }

    public init?(text: UnsafeRawBufferPointer) {
        for part in text.split(separator: UInt8(ascii: ",")) {
            guard let gate = Gate(rawValue: String(decoding: part, as: UTF8.self)) else { return nil }
            insert(gate)
        }
    }

    public func write(into bytes: inout [UInt8]) { gates.map(\.rawValue).joined(separator: ",").write(into: &bytes) }
}

extension Gate {
    fileprivate var bit: UInt32 {
        switch self {
        case .score: 1 << 0
        case .agreement: 1 << 1
        case .primary: 1 << 2
        case .tradeable: 1 << 3
        case .spread: 1 << 4
        case .hedge: 1 << 5
        case .maxPositions: 1 << 6
        case .breaker: 1 << 7
        case .stability: 1 << 8
        case .stale: 1 << 9
        case .locked: 1 << 10
        case .strategy: 1 << 11
        }
    }
}
