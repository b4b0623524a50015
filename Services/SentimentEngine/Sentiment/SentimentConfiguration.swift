/// Which leverages the crowd is assumed to hold, and in what shares.
public enum LeverageMix: String, Sendable, CaseIterable {
    case standard
    /// Up to what the venues offer.
    case wide

    var parts: [(leverage: Double, share: Double)] {
        switch self {
        case .standard: [(5, 0.30), (10, 0.35), (20, 0.25), (25, 0.10)]
        case .wide: [(5, 0.25), (10, 0.20), (20, 0.30), (25, 0.10), (50, 0.10), (100, 0.05)]
        }
    }
}

/// Thresholds of E4. Defaults are the strategy reference's.
public struct SentimentConfiguration: Sendable {
    /// Least size of the change of open interest over five minutes for a reading, per cent.
    public var openInterestChangeMin = 0.05
    /// Fall of open interest, per cent, and rise of the price, a fraction, that make a short cover a short liquidation.
    public var shortLiquidationFall = 0.5
    public var shortLiquidationRise = 0.003
    /// Shares of accounts beyond which a crowd leans.
    public var longCrowd = 0.70
    public var shortCrowd = 0.65
    /// Funding rates beyond which a side is expensive.
    public var longsExpensive = 0.0003
    public var shortsExpensive = -0.0001
    /// Time before the settlement in which funding weighs more.
    public var settlementMs: Int64 = 7_200_000
    /// Shares of top traders beyond which they lean.
    public var topLong = 0.60
    public var topShort = 0.40
    public var leverageMix = LeverageMix.standard
    /// What a position loses of its margin before it is liquidated. A factor for crowds, not a maintenance margin.
    public var liquidationFactor = 0.95
    /// Width of a bin of the map, a part of its price.
    public var binWidth = 0.001
    public var halfLifeMs: Int64 = 14_400_000
    /// A cluster is a bin of at least this many times the mean.
    public var clusterMin = 3.0
    /// Distance at which a cluster is no longer near, a part of the price.
    public var proximityMax = 0.005
    /// Age beyond which a value no longer counts, event time, milliseconds.
    public var openInterestAgeMaxMs: Int64 = 120_000
    public var ratioAgeMaxMs: Int64 = 900_000
    public var markAgeMaxMs: Int64 = 60_000

    public init() {}
}
