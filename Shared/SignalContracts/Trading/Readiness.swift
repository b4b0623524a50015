public import TradingPrimitives

/// Who should have spoken and did not.
public enum Silence: String, FieldValue, BitwiseCopyable, CaseIterable {
    /// No evaluation: E1, the hub or the venue's market is silent.
    case market
    case executor
    case risk
}

/// Who of them should have spoken and did not.
public struct SilenceSet: Equatable, BitwiseCopyable, Sendable {
    private var bits: UInt8 = 0

    public init() {}

    public var isEmpty: Bool { bits == 0 }
    public mutating func insert(_ silence: Silence) { bits |= silence.bit }
    public func contains(_ silence: Silence) -> Bool { bits & silence.bit != 0 }
    /// In the order of `Silence`.
    public var silences: [Silence] { Silence.allCases.filter(contains) }
}

extension Silence {
    fileprivate var bit: UInt8 {
        switch self {
        case .market: 1
        case .executor: 2
        case .risk: 4
        }
    }
}

/// What stands in the way of an entry beyond the market's own offer: gates, hindrances of the executor, silences, and the rule
/// by which the last plan was refused. One field: `gate:locked,hindrance:user_stream,silence:risk,rule:no_rules`.
public struct Obstacles: FieldValue, Equatable {
    public var gates = GateSet()
    /// Of the gates, those that a fault of ours keeps shut.
    public var faultGates = GateSet()
    public var hindrances: [EntryHindrance] = []
    public var silences = SilenceSet()
    public var rule: RiskRule?

    public init() {}

    public var isEmpty: Bool { gates.isEmpty && hindrances.isEmpty && silences.isEmpty && rule == nil }

    /// Whether all of it is broken, and none of it a person's wish, a breaker, a position or the venue's calendar.
    public var isFault: Bool {
        !isEmpty && gates == faultGates && hindrances.allSatisfy(\.isFault)
    }

    /// The names in the order of weight: the first one stops entries whatever the others do.
    public var names: [String] {
        silences.silences.map { "silence:\($0.rawValue)" } + hindrances.map { "hindrance:\($0.rawValue)" }
            + gates.gates.map { "gate:\($0.rawValue)" } + (rule.map { ["rule:\($0.rawValue)"] } ?? [])
    }

    public init?(text: UnsafeRawBufferPointer) {
        for part in text.split(separator: UInt8(ascii: ",")) {
            let words = String(decoding: part, as: UTF8.self).split(separator: ":", maxSplits: 1)
            guard words.count == 2 else { return nil }
            let name = String(words[1])
            switch words[0] {
            case "gate":
                guard let gate = Gate(rawValue: name) else { return nil }
                gates.insert(gate)
            case "hindrance":
                guard let hindrance = EntryHindrance(rawValue: name) else { return nil }
                hindrances.append(hindrance)
            case "silence":
                guard let silence = Silence(rawValue: name) else { return nil }
                silences.insert(silence)
            case "rule":
                guard let found = RiskRule(rawValue: name) else { return nil }
                rule = found
            default: return nil
            }
        }
    }

    public func write(into bytes: inout [UInt8]) { names.joined(separator: ",").write(into: &bytes) }
}

/// Whether a contract could be entered now if the market offered a set-up, and what stops it. On `readiness:{S}`, when that
/// changes and every quarter of a minute.
public struct Readiness: StreamMessage {
    public static let version = 1

    /// Venue's time of the evaluation, or of the executor's word where there was none.
    public var eventTime: Timestamp
    /// The last moment at which an entry was possible; zero for none since the engine began.
    public var possibleAt: Timestamp
    /// Since when it has been as it is now.
    public var since: Timestamp
    /// Empty while an entry is possible.
    public var obstacles: Obstacles
    /// Whether nothing but faults stops it.
    public var isFault: Bool
    /// In words; empty while an entry is possible.
    public var reason: String

    public init(
        eventTime: Timestamp, possibleAt: Timestamp, since: Timestamp, obstacles: Obstacles, isFault: Bool,
        reason: String
    ) {
        self.eventTime = eventTime
        self.possibleAt = possibleAt
        self.since = since
        self.obstacles = obstacles
        self.isFault = isFault
        self.reason = reason
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        eventTime = try fields.time("event_time")
        possibleAt = try fields.time("possible_at")
        since = try fields.time("since")
        obstacles = try fields.optional("stopped_by") ?? Obstacles()
        isFault = try fields.required("fault")
        reason = try fields.optional("reason") ?? ""
        // Which gates a fault keeps shut is told by the sum alone.
        if isFault { obstacles.faultGates = obstacles.gates }
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("event_time", eventTime)
        fields.put("possible_at", possibleAt)
        fields.put("since", since)
        if !obstacles.isEmpty { fields.put("stopped_by", obstacles) }
        fields.put("fault", isFault)
        if !reason.isEmpty { fields.put("reason", reason) }
    }
}
