import Regime
import ServiceKit
import TradingPrimitives

extension RegimeConfiguration {
    /// Reads the section `regime-filter`.
    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        self.init()
        let names = try section.strings("correlation_symbols", default: ["BTCUSDT", "ETHUSDT"])
        let symbols = names.compactMap { Symbol($0) }
        guard symbols.count == 2, names.count == 2, symbols[0] != symbols[1] else {
            throw section.error("correlation_symbols", "must name two symbols")
        }
        references = (symbols[0], symbols[1])
        // The last evaluation must lie within what a restart reads again of the books.
        evaluateEveryMs = Int64(try section.int("evaluate_every_ms", default: 30_000, in: 1000...30_000))
        candleGraceMs = Int64(try section.int("candle_grace_ms", default: Int(candleGraceMs), in: 0...20_000))
        volatilityCandles = try section.int("volatility_candles", default: volatilityCandles, in: 60...1400)
        volatilityCandlesMin = try section.int(
            "volatility_candles_min", default: min(volatilityCandlesMin, volatilityCandles), in: 1...volatilityCandles)
        lowPercentile = try section.double("low_percentile", default: lowPercentile, in: 0...100)
        highPercentile = try section.double("high_percentile", default: highPercentile, in: lowPercentile...100)
        extremePercentile = try section.double(
            "extreme_percentile", default: extremePercentile, in: highPercentile...100)
        trendADX = try section.double("trend_adx", default: trendADX, in: 0...100)
        rangeADX = try section.double("range_adx", default: rangeADX, in: 0...trendADX)
        slopeMin = try section.double("slope_min", default: slopeMin, in: 0...0.1)
        spreadMax = try section.double("spread_max", default: spreadMax, in: 0...0.1)
        spreadMultiple = try section.double("spread_multiple", default: spreadMultiple, in: 1...100)
        spreadReadings = try section.int("spread_readings", default: spreadReadings, in: 2...10_000)
        correlationLow = try section.double("correlation_low", default: correlationLow, in: -1...1)
        correlationHigh = try section.double("correlation_high", default: correlationHigh, in: correlationLow...1)
        let minutes = try section.int("correlation_memory_minutes", default: 30, in: 5...1440)
        correlationMemoryMs = Int64(minutes) * 60_000
        correlationPairsMin = try section.int("correlation_pairs_min", default: correlationPairsMin, in: 2...120)
    }
}
