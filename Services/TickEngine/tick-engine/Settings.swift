import ServiceKit
import TickFlow
import TradingPrimitives

extension TickFlowConfiguration {
    /// Reads the section `tick-engine`.
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        self.init()
        streakMax = try section.int("streak_max", default: streakMax, in: 1...1000)
        streakMin = try section.int("streak_min", default: streakMin, in: 1...streakMax)
        aggressorRatioMin = try section.double("aggressor_ratio_min", default: aggressorRatioMin, in: 0.5...1)
        spikeRatioMin = try section.double("spike_ratio_min", default: spikeRatioMin, in: 1...100)
        let notional = try section.int(
            "big_trade_notional", default: Int(bigTradeNotional.double), in: 1...1_000_000_000)
        bigTradeNotional = Notional(raw: Int64(notional) * fixedScale)
        publishEveryMs = Int64(try section.int("publish_every_ms", default: Int(publishEveryMs), in: 1...60_000))
    }
}
