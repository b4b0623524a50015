public import TradingPrimitives

/// The rules by which the venue goes wrong now, and how often each of them has.
public struct FaultBook: Sendable {
    public struct Rule: Sendable {
        public let id: Int
        public let fault: Fault
        public let since: Timestamp
        public internal(set) var fired = 0

        /// When it ends by itself; nil: never.
        public var end: Timestamp? { fault.lifeMs.map { since + $0 } }

        public func isOver(at now: Timestamp) -> Bool {
            fault.count.map { fired >= $0 } ?? false || end.map { $0 <= now } ?? false
        }
    }

    /// Rules that are kept when they are over, to be looked at.
    static let keep = 1000

    /// Oldest first; those that are over among them.
    public private(set) var rules: [Rule] = []
    private var lastId = 0
    private var random: SplitMix64
    /// A bit for each kind that may have a live rule, so that nothing is looked for where there is nothing.
    private var kinds: UInt32 = 0

    public init(seed: UInt64) { random = SplitMix64(seed: seed) }

    public var isEmpty: Bool { kinds == 0 }

    private static func bit(_ kind: FaultKind) -> UInt32 {
        FaultKind.allCases.firstIndex(of: kind).map { 1 << UInt32($0) } ?? 0
    }

    /// Returns the rule's id.
    public mutating func add(_ fault: Fault, now: Timestamp) -> Int {
        lastId += 1
        if rules.count >= Self.keep { rules.removeAll { $0.isOver(at: now) } }
        rules.append(Rule(id: lastId, fault: fault, since: now))
        kinds |= Self.bit(fault.kind)
        return lastId
    }

    /// False when there is no such rule.
    public mutating func remove(_ id: Int) -> Bool {
        let before = rules.count
        rules.removeAll { $0.id == id }
        kinds = rules.reduce(0) { $0 | Self.bit($1.fault.kind) }
        return rules.count < before
    }

    public mutating func removeAll() {
        rules = []
        kinds = 0
    }

    /// The rule of this kind that happens to `subject` now, if there is one: it counts as an occasion.
    public mutating func take(_ kind: FaultKind, _ subject: FaultSubject, now: Timestamp) -> Fault? {
        guard kinds != 0, kinds & Self.bit(kind) != 0 else { return nil }
        var isAnyLive = false
        for at in rules.indices where rules[at].fault.kind == kind && !rules[at].isOver(at: now) {
            isAnyLive = true
            guard rules[at].fault.match.covers(subject), happens(rules[at].fault.probability) else { continue }
            rules[at].fired += 1
            return rules[at].fault
        }
        if !isAnyLive { kinds &= ~Self.bit(kind) }
        return nil
    }

    /// A rule of this kind that holds now, for a contract or a kind of connections; looking is no occasion.
    public func holding(
        _ kind: FaultKind, symbol: String? = nil, connection: ConnectionKind? = nil, now: Timestamp
    ) -> Fault? {
        guard kinds != 0, kinds & Self.bit(kind) != 0 else { return nil }
        return rules.first {
            $0.fault.kind == kind && !$0.isOver(at: now)
                && ($0.fault.match.symbol == nil || $0.fault.match.symbol == symbol)
                && (connection.map($0.fault.connections.covers) ?? true)
        }?.fault
    }

    private mutating func happens(_ probability: Double) -> Bool {
        if probability >= 1 { return true }
        return Double(random.next() >> 11) * 0x1p-53 < probability
    }
}
