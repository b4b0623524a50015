/// Thresholds of the order-flow engine. Defaults are the strategy reference's.
public struct OrderFlowConfiguration: Sendable {
    /// Levels of each side that the imbalance counts.
    public var imbalanceLevels = 10
    /// Size of the imbalance above which it is pressure.
    public var imbalanceMin = 0.30
    /// Size of the 30 s taker pressure above which it is significant.
    public var cvdPressureMin = 0.20
    /// Relative price change over 30 s above which a divergence counts.
    public var divergencePriceChangeMin = 0.0002
    /// A wall holds more than this many times the mean level.
    public var wallMultiple = 5.0
    /// Relative distance from the micro price within which a wall is near.
    public var wallNearDistance = 0.001
    /// New liquidity is at least this many times the mean level.
    public var growthMultiple = 2.0
    /// Share of flickering liquidity above which the reading is trusted by half.
    public var spoofRatioMax = 0.5

    public init() {}
}
