import Indicators
import ServiceKit
import Technical

extension TechnicalConfiguration {
    /// `literal` smooths RSI and ATR as EMA(14), `wilder` as charts and TA-Lib do.
    private enum Preset: String, CaseIterable {
        case wilder, literal
    }

    /// Reads the section `technical-engine`.
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        self.init()
        let preset: Preset = try section.word("preset", default: .wilder)
        smoothing = preset == .literal ? .ema : .wilder
        candleGraceMs = Int64(try section.int("candle_grace_ms", default: Int(candleGraceMs), in: 0...20_000))
        emaTrendMin = try section.double("ema_trend_min", default: emaTrendMin, in: 0...0.1)
        crossCandles = try section.int("cross_candles", default: crossCandles, in: 1...20)
        rsiZone = try section.double("rsi_zone", default: rsiZone, in: 1...50)
        rsiExtreme = try section.double("rsi_extreme", default: rsiExtreme, in: 0...rsiZone)
        rsiTrend = try section.double("rsi_trend", default: rsiTrend, in: 50...100)
        divergenceCandles = try section.int("divergence_candles", default: divergenceCandles, in: 5...500)
        squeezeWidths = try section.int("squeeze_widths", default: squeezeWidths, in: 10...1000)
        squeezePercentile = try section.double("squeeze_percentile", default: squeezePercentile, in: 0...100)
        vwapExtended = try section.double("vwap_extended", default: vwapExtended, in: 0...0.5)
        levelCandles = try section.int("level_candles", default: levelCandles, in: 10...280)
        levelsMax = try section.int("levels_max", default: levelsMax, in: 1...32)
        trendMin = try section.double("trend_min", default: trendMin, in: 0...1)
        trendFull = try section.double("trend_full", default: trendFull, in: 0.01...1)
        reversionMin = try section.double("reversion_min", default: reversionMin, in: 0...1)
    }
}
