/// Rules of the decision engine. Defaults are the strategy reference's.
public struct DecisionConfiguration: Sendable {
    /// Name of the rules, told in every decision.
    public var profile = "phase1"
    /// Least strength × conviction of E1 for an entry.
    public var orderFlowScoreMin = 0.45
    /// Least strength of E2 for an entry.
    public var tickScoreMin = 0.40
    /// Weights of E1 and E2 before normalising.
    public var orderFlowWeight = 0.35
    public var tickWeight = 0.25
    /// Oldest usable signals, event time.
    public var orderFlowAgeMaxMs: Int64 = 1000
    public var tickAgeMaxMs: Int64 = 5000
    /// Greatest (ask − bid)/bid for an entry.
    public var spreadMax = 0.00015
    public var positionsMax = 2
    /// Greatest change of the score against `stabilityMs` before.
    public var scoreJumpMax = 0.3
    public var stabilityMs: Int64 = 500
    /// Longest silence, event time.
    public var publishEveryMs: Int64 = 60_000

    public init() {}
}
