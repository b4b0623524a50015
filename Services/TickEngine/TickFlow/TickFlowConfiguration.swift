public import TradingPrimitives

/// Thresholds of the tick engine. Defaults are the strategy reference's.
public struct TickFlowConfiguration: Sendable {
    /// Run of same-side trades that is momentum by itself.
    public var streakMin = 8
    /// Longest run that is told.
    public var streakMax = 20
    /// Taker buys' share above which buyers dominate; 1 − it for sellers.
    public var aggressorRatioMin = 0.65
    /// Volume of 3 s against the mean of 30 s, above which it is a spike.
    public var spikeRatioMin = 2.5
    /// Notional above which one trade is big.
    public var bigTradeNotional = Notional(raw: 50_000 * fixedScale)
    /// Longest silence in event time.
    public var publishEveryMs: Int64 = 100

    public init() {}
}
