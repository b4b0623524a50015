public import TradingPrimitives

/// Rules of the risk manager. Defaults are the strategy reference's, with fixed risk (`phase1`).
public struct RiskConfiguration: Sendable {
    /// Part of the balance that one stop may cost.
    public var riskPerTrade = 0.01
    /// Distances as multiples of ATR(14) on 1m.
    public var stopAtr = 0.8
    public var takeProfitAtr = 1.3
    public var trailAtr = 0.5
    /// Bounds of the stop distance, and the greatest target, as parts of the price.
    public var stopDistanceMin = 0.0010
    public var stopDistanceMax = 0.0030
    public var takeProfitDistanceMax = 0.0050
    public var atrPeriod = 14
    /// Least gross reward to risk.
    public var rewardToRiskMin = 1.3
    /// A target must pay the fees of the round trip, the spread and this part of the price.
    public var profitMin = 0.0005
    public var leverageMin = 5
    public var leverageMax = 12
    /// Part of the balance that one position's margin, and all together, may take.
    public var marginCap = 0.4
    public var marginCapTotal = 0.8
    public var positionsMax = 2
    /// Maintenance margin assumed while the venue's brackets are not known.
    public var maintenanceMarginRatio = 0.01
    public var makerFeeRate = Ratio(raw: 20_000)
    public var takerFeeRate = Ratio(raw: 50_000)
    public var entryOffsetTicks = 1
    public var entryTimeoutMs: Int64 = 5000
    public var maxHoldMs: Int64 = 300_000
    public var takeProfitFraction = Ratio(raw: 60_000_000)
    /// Oldest decision that is still acted on, against the newest market entry; event time.
    public var decisionAgeMaxMs: Int64 = 2000
    /// Oldest account update that is still trusted, against the newest market entry; event time.
    public var accountAgeMaxMs: Int64 = 60_000

    public init() {}
}
