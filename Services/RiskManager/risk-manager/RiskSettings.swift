import Risk
import ServiceKit
import SignalContracts
import TradingPrimitives

/// The section `risk-manager`.
struct RiskSettings {
    let rules: RiskConfiguration
    /// File of the session's journal.
    let journal: String

    init(_ section: ConfigurationSection, profile: Profile) throws(ConfigurationError) {
        var rules = RiskConfiguration()
        rules.profile = profile
        try rules.read(section)
        self.rules = rules
        journal = try section.string("journal", default: "var/journal/risk-manager.journal")
    }
}

extension RiskConfiguration {
    fileprivate mutating func read(_ section: ConfigurationSection) throws(ConfigurationError) {
        try sizing.read(section)
        try momentum.read(try section.section("momentum"))
        try reversion.read(try section.section("reversion"))
        try cascade.read(try section.section("cascade"))
        try breakers.read(try section.section("breakers"))
        stopDistanceMin = try section.double("stop_distance_min", default: stopDistanceMin, in: 0.0001...0.05)
        stopDistanceMax = try section.double(
            "stop_distance_max", default: stopDistanceMax, in: stopDistanceMin...0.05)
        takeProfitDistanceMax = try section.double(
            "take_profit_distance_max", default: takeProfitDistanceMax, in: 0.0001...0.1)
        clusterWidth = try section.double("cluster_width", default: clusterWidth, in: 0...0.01)
        rewardToRiskMin = try section.double("reward_to_risk_min", default: rewardToRiskMin, in: 0...10)
        effectiveRewardToRiskMin = try section.double(
            "effective_reward_to_risk_min", default: effectiveRewardToRiskMin, in: 0...10)
        profitMin = try section.double("profit_min", default: profitMin, in: 0...0.01)
        makerFeeRate = try section.ratio("maker_fee_rate", makerFeeRate)
        takerFeeRate = try section.ratio("taker_fee_rate", takerFeeRate)
        hasBnbDiscount = try section.bool("bnb_discount", default: hasBnbDiscount)
        entryOffsetTicks = try section.int("entry_offset_ticks", default: entryOffsetTicks, in: 0...100)
        decisionAgeMaxMs = try section.milliseconds("decision_age_max_ms", decisionAgeMaxMs, in: 100...60_000)
        accountAgeMaxMs = try section.milliseconds("account_age_max_ms", accountAgeMaxMs, in: 1000...600_000)
        technicalAgeMaxMs = try section.milliseconds("technical_age_max_ms", technicalAgeMaxMs, in: 100...600_000)
        regimeAgeMaxMs = try section.milliseconds("regime_age_max_ms", regimeAgeMaxMs, in: 100...600_000)
    }
}

extension SizingRules {
    fileprivate mutating func read(_ section: ConfigurationSection) throws(ConfigurationError) {
        riskPerTrade = try section.double("risk_per_trade", default: riskPerTrade, in: 0.0001...0.02)
        riskCap = try section.double("risk_cap", default: riskCap, in: 0.1...2)
        riskHigh = try section.double("risk_high", default: riskHigh, in: 0.0001...0.02)
        riskMiddle = try section.double("risk_middle", default: riskMiddle, in: 0.0001...0.02)
        riskLow = try section.double("risk_low", default: riskLow, in: 0.0001...0.02)
        reducedDailyLoss = try section.double("reduced_daily_loss", default: reducedDailyLoss, in: 0...1)
        kellyTradesMin = try section.int("kelly_trades_min", default: kellyTradesMin, in: 10...200)
        kellyFloor = try section.double("kelly_floor", default: kellyFloor, in: 0...0.02)
        leverageMax = try section.int("leverage_max", default: leverageMax, in: 1...20)
        leverageMin = try section.int("leverage_min", default: min(leverageMin, leverageMax), in: 1...leverageMax)
        marginCap = try section.double("margin_cap", default: marginCap, in: 0.01...1)
        marginCapTotal = try section.double("margin_cap_total", default: marginCapTotal, in: marginCap...1)
        positionsMax = try section.int("positions_max", default: positionsMax, in: 1...100)
        let limit = try section.int("capital_limit_usdt", default: 0, in: 0...100_000_000)
        capitalLimit = limit > 0 ? Notional(raw: Int64(limit) * fixedScale) : nil
    }
}

extension ExitRules {
    fileprivate mutating func read(_ section: ConfigurationSection) throws(ConfigurationError) {
        stopAtr = try section.double("stop_atr", default: stopAtr, in: 0...10)
        takeProfitAtr = try section.double("take_profit_atr", default: takeProfitAtr, in: 0...20)
        trailAtr = try section.double("trail_atr", default: trailAtr, in: 0...10)
        takeProfitFraction = try section.ratio("take_profit_fraction", takeProfitFraction, in: 0.01...1)
        entryTimeoutMs = try section.milliseconds("entry_timeout_ms", entryTimeoutMs, in: 500...60_000)
        maxHoldMs = try section.milliseconds("max_hold_ms", maxHoldMs, in: 1000...1_200_000)
    }
}

extension BreakerRules {
    fileprivate mutating func read(_ section: ConfigurationSection) throws(ConfigurationError) {
        dailyLossMax = try section.double("daily_loss_max", default: dailyLossMax, in: 0.001...1)
        streakLosses = try section.int("streak_losses", default: streakLosses, in: 1...1000)
        streakPauseMs = try section.milliseconds("streak_pause_ms", streakPauseMs, in: 0...86_400_000)
        streakTrades = try section.int("streak_trades", default: streakTrades, in: 0...1000)
        streakRiskMax = try section.double("streak_risk_max", default: streakRiskMax, in: 0.0001...0.02)
        hourlyLosses = try section.int("hourly_losses", default: hourlyLosses, in: 1...1000)
        hourlyPauseMs = try section.milliseconds("hourly_pause_ms", hourlyPauseMs, in: 0...86_400_000)
        hourlyTrades = try section.int("hourly_trades", default: hourlyTrades, in: 1...100_000)
        feeShareMax = try section.double("fee_share_max", default: feeShareMax, in: 0...100)
        feeTradesMin = try section.int("fee_trades_min", default: feeTradesMin, in: 1...1000)
    }
}

extension ConfigurationSection {
    fileprivate func milliseconds(
        _ key: String, _ value: Int64, in range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int64 {
        Int64(try int(key, default: Int(value), in: range))
    }

    fileprivate func ratio(
        _ key: String, _ value: Ratio, in range: ClosedRange<Double> = 0...0.01
    ) throws(ConfigurationError) -> Ratio {
        guard let ratio = Ratio(try double(key, default: value.double, in: range), rounding: .nearest) else {
            throw error(key, "is out of range")
        }
        return ratio
    }
}
