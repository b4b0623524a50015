public import SignalContracts

/// Rules of the decision engine. Defaults are the strategy reference's.
public struct DecisionConfiguration: Sendable {
    public var profile = Profile.vortex7
    /// Which venue is traded, and the version of this program: decisions say them.
    public var mode: TradingMode?
    public var program: String?
    /// Least strength × conviction of E1 for an entry in `phase1`.
    public var orderFlowScoreMin = 0.45
    /// Least strength of E2 for an entry in `phase1`.
    public var tickScoreMin = 0.40
    /// Oldest signals that count, event time, milliseconds.
    public var orderFlowAgeMaxMs: Int64 = 1000
    public var tickAgeMaxMs: Int64 = 5000
    public var technicalAgeMaxMs: Int64 = 5000
    public var sentimentAgeMaxMs: Int64 = 120_000
    public var regimeAgeMaxMs: Int64 = 90_000
    /// Least size of the score for an entry; the learner's takes its place.
    public var scoreMin = 0.55
    /// Engines of others that are admitted to the vote in `vortex7`, by name.
    public var engines: [ForeignEngine] = []
    /// Whether each engine's word also counts by how often the learner found it right; `score_min` is multiplied by the mean of that.
    public var usesReliability = false
    /// Engines of E1–E4 that must point in the direction.
    public var agreementMin = 3
    /// Greatest (ask − bid)/bid for an entry in `phase1`; E5 judges it in `vortex7`.
    public var spreadMax = 0.00015
    public var positionsMax = 2
    /// Greatest change of the score against `stabilityMs` before.
    public var scoreJumpMax = 0.3
    public var stabilityMs: Int64 = 500
    /// Least strategy score for a strategy to be chosen.
    public var strategyScoreMin = 0.4
    public var momentum = MomentumRules()
    public var reversion = ReversionRules()
    public var cascade = CascadeRules()
    /// Oldest words of the risk manager and the executor that count, event time: both speak more often.
    public var riskAgeMaxMs: Int64 = 180_000
    public var accountAgeMaxMs: Int64 = 30_000
    /// Longest silence, event time.
    public var publishEveryMs: Int64 = 60_000

    public init() {}

    /// E1 and E2 alone decide in `phase1`.
    func weight(of engine: ForeignEngine) -> Double { profile == .phase1 ? 0 : engine.weight }
}

/// An engine of others that is admitted to the vote.
public struct ForeignEngine: Equatable, Sendable {
    /// What one may count for at most, and all together.
    public static let weights = 0.0...0.25
    public static let weightMaxTotal = 0.5
    public static let countMax = EngineList<EngineVote>.capacity - HouseEngine.voters.count

    public let id: EngineId
    /// Its part of the score; the house's engines share the rest.
    public let weight: Double
    /// Oldest signal that counts, event time, milliseconds.
    public let ageMaxMs: Int64

    public init(_ id: EngineId, weight: Double, ageMaxMs: Int64 = 5000) {
        self.id = id
        self.weight = weight
        self.ageMaxMs = ageMaxMs
    }
}

/// Strategy A: a burst of takers that the book and the trend confirm.
public struct MomentumRules: Sendable {
    /// Trigger: trades a second against the mean of 30 s, and the run of same-side trades.
    public var velocityRatioMin = 2.0
    public var streakMin = 8
    /// Confirmations asked for, of four.
    public var confirmationsMin = 2
    public var imbalanceMin = 0.25
    /// Least free way to the next key level, a part of the price.
    public var roomMin = 0.0005
    /// Adds to the strategy score when E1 is as strong.
    public var orderFlowStrengthMin = 0.60

    public init() {}
}

/// Strategy B: back to the mean from an extreme in a range.
public struct ReversionRules: Sendable {
    /// Trigger: below this for a long, above 100 − this for a short, at the band of that side.
    public var rsiExtreme = 25.0
    /// Confirmations asked for, of three.
    public var confirmationsMin = 2
    public var imbalanceMin = 0.40

    public init() {}
}

/// Strategy C: with forced orders, into a cluster of liquidations.
public struct CascadeRules: Sendable {
    public var proximityMin = 0.70
    /// Adds to the strategy score when the volume spike is as great.
    public var spikeScoreMin = 2.0
    /// Confirmations asked for, of three.
    public var confirmationsMin = 2

    public init() {}
}
