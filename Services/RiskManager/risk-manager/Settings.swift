import Risk
import ServiceKit
import TradingPrimitives

extension RiskConfiguration {
    /// Reads the section `risk-manager`.
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        self.init()
        riskPerTrade = try section.double("risk_per_trade", default: riskPerTrade, in: 0.0001...0.02)
        stopAtr = try section.double("stop_atr", default: stopAtr, in: 0.1...10)
        takeProfitAtr = try section.double("take_profit_atr", default: takeProfitAtr, in: 0.1...20)
        trailAtr = try section.double("trail_atr", default: trailAtr, in: 0.1...10)
        stopDistanceMin = try section.double("stop_distance_min", default: stopDistanceMin, in: 0.0001...0.05)
        stopDistanceMax = try section.double(
            "stop_distance_max", default: stopDistanceMax, in: stopDistanceMin...0.05)
        takeProfitDistanceMax = try section.double(
            "take_profit_distance_max", default: takeProfitDistanceMax, in: 0.0001...0.1)
        rewardToRiskMin = try section.double("reward_to_risk_min", default: rewardToRiskMin, in: 0...10)
        profitMin = try section.double("profit_min", default: profitMin, in: 0...0.01)
        leverageMax = try section.int("leverage_max", default: leverageMax, in: 1...20)
        leverageMin = try section.int("leverage_min", default: min(leverageMin, leverageMax), in: 1...leverageMax)
        marginCap = try section.double("margin_cap", default: marginCap, in: 0.01...1)
        marginCapTotal = try section.double("margin_cap_total", default: marginCapTotal, in: marginCap...1)
        positionsMax = try section.int("positions_max", default: positionsMax, in: 1...100)
        makerFeeRate = try rate("maker_fee_rate", makerFeeRate, section)
        takerFeeRate = try rate("taker_fee_rate", takerFeeRate, section)
        entryOffsetTicks = try section.int("entry_offset_ticks", default: entryOffsetTicks, in: 0...100)
        entryTimeoutMs = Int64(try section.int("entry_timeout_ms", default: Int(entryTimeoutMs), in: 500...60_000))
        maxHoldMs = Int64(try section.int("max_hold_ms", default: Int(maxHoldMs), in: 1000...1_200_000))
        decisionAgeMaxMs = Int64(
            try section.int("decision_age_max_ms", default: Int(decisionAgeMaxMs), in: 100...60_000))
        accountAgeMaxMs = Int64(
            try section.int("account_age_max_ms", default: Int(accountAgeMaxMs), in: 1000...600_000))
    }

    private func rate(
        _ key: String, _ value: Ratio, _ section: ConfigurationSection
    ) throws(ConfigurationError) -> Ratio {
        let number = try section.double(key, default: value.double, in: 0...0.01)
        guard let rate = Ratio(number, rounding: .nearest) else { throw section.error(key, "is out of range") }
        return rate
    }
}
