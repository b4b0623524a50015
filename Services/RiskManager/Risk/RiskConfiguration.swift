public import SignalContracts
public import TradingPrimitives

/// Rules of the risk manager. Defaults are the strategy reference's.
public struct RiskConfiguration: Sendable {
    public var profile = Profile.vortex7
    public var sizing = SizingRules()
    public var momentum = ExitRules(
        stopAtr: 0.8, takeProfitAtr: 1.3, trailAtr: 0.5, takeProfitFraction: Ratio(raw: 60_000_000),
        entryTimeoutMs: 5000, maxHoldMs: 300_000)
    /// Its target is the mean, not a multiple of the ATR; nothing is left to trail.
    public var reversion = ExitRules(
        stopAtr: 1.0, takeProfitAtr: 0, trailAtr: 0, takeProfitFraction: Ratio(raw: fixedScale),
        entryTimeoutMs: 10_000, maxHoldMs: 600_000)
    /// Its stop is as far as the cluster, not a multiple of the ATR.
    public var cascade = ExitRules(
        stopAtr: 0, takeProfitAtr: 1.0, trailAtr: 0.7, takeProfitFraction: Ratio(raw: 60_000_000),
        entryTimeoutMs: 5000, maxHoldMs: 480_000)
    /// Bounds of the stop distance, and the greatest target, as parts of the price.
    public var stopDistanceMin = 0.0010
    public var stopDistanceMax = 0.0030
    public var takeProfitDistanceMax = 0.0050
    /// Width of a bin of the liquidation map, a part of its price: a cluster reaches half of it to each side.
    public var clusterWidth = 0.001
    /// Least gross reward to risk.
    public var rewardToRiskMin = 1.3
    /// Least reward to risk after fees; 0 for none.
    public var effectiveRewardToRiskMin = 0.0
    /// A target must pay the fees of the round trip, the spread and this part of the price.
    public var profitMin = 0.0005
    /// Rates that hold until the venue has told the account's.
    public var makerFeeRate = Ratio(raw: 20_000)
    public var takerFeeRate = Ratio(raw: 50_000)
    /// Whether fees are paid in BNB, a tenth cheaper.
    public var hasBnbDiscount = false
    public var entryOffsetTicks = 1
    public var breakers = BreakerRules()
    /// Oldest decision that is still acted on, against the newest market entry; event time, milliseconds.
    public var decisionAgeMaxMs: Int64 = 2000
    /// Oldest account update that is still trusted, against the newest market entry; event time, milliseconds.
    public var accountAgeMaxMs: Int64 = 60_000
    /// Oldest E3 and E5 within a decision, against its time, milliseconds.
    public var technicalAgeMaxMs: Int64 = 5000
    public var regimeAgeMaxMs: Int64 = 90_000

    public init() {}

    func exits(of strategy: Strategy) -> ExitRules {
        switch strategy {
        case .momentum: momentum
        case .reversion: reversion
        case .cascade: cascade
        }
    }
}

/// How much is put at risk, and how much margin it may take.
public struct SizingRules: Sendable {
    /// Part of the balance that one stop may cost: the fixed risk of `phase1`, and the unit of `riskCap`.
    public var riskPerTrade = 0.01
    /// Greatest risk, in units of `riskPerTrade`.
    public var riskCap = 1.5
    /// Risk by confidence: at least 80, at least 60, below.
    public var riskHigh = 0.015
    public var riskMiddle = 0.010
    public var riskLow = 0.005
    /// What each reducer multiplies the risk by.
    public var reduction = 0.5
    /// Losses in a row that reduce the risk.
    public var streakLosses = 3
    /// Loss of the day, a part of its first balance, beyond which the risk is reduced.
    public var reducedDailyLoss = 0.015
    /// Trades that a quarter of the Kelly fraction bounds the risk from.
    public var kellyTradesMin = 50
    /// That bound is never below it, so that a record without edge goes on in small size; 0 stops it.
    public var kellyFloor = 0.0025
    public var leverageMin = 5
    public var leverageMax = 12
    /// Part of the balance that one position's margin, and all together, may take.
    public var marginCap = 0.4
    public var marginCapTotal = 0.8
    public var positionsMax = 2
    /// What of the wallet is seen at most: sizes, margins and the day's loss are parts of it. Nil for the whole wallet.
    public var capitalLimit: Notional?
    /// Maintenance margin assumed while the venue's brackets are not known.
    public var maintenanceMarginRatio = 0.01

    public init() {}
}

/// Distances and times of one strategy's way out.
public struct ExitRules: Sendable {
    /// Multiples of ATR(14) on 1m.
    public var stopAtr: Double
    public var takeProfitAtr: Double
    public var trailAtr: Double
    /// Part closed at the first target.
    public var takeProfitFraction: Ratio
    public var entryTimeoutMs: Int64
    public var maxHoldMs: Int64
}

/// When trading stops by itself, and for how long.
public struct BreakerRules: Sendable {
    /// Loss of the day beyond which it stops until midnight UTC, a part of the day's first balance.
    public var dailyLossMax = 0.025
    /// Losses in a row that stop it.
    public var streakLosses = 3
    public var streakPauseMs: Int64 = 600_000
    /// Trades after such a pause that risk at most `streakRiskMax`.
    public var streakTrades = 10
    public var streakRiskMax = 0.005
    /// Losses within an hour that stop it.
    public var hourlyLosses = 5
    public var hourlyPauseMs: Int64 = 1_800_000
    /// Entries within a full hour that stop it until the next one.
    public var hourlyTrades = 25
    /// Part of the day's gross profit beyond which its fees alert a person.
    public var feeShareMax = 0.4
    /// Trades of the day before which its fees are not judged.
    public var feeTradesMin = 5

    public init() {}
}
