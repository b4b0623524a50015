import Indicators

/// What closed 3m candles say about trend and volatility. A candle in progress is left out: its range can't be compared with
/// that of whole ones.
struct RegimeIndicators: CandleIndicators {
    private static let span = 5

    private var average = ExponentialMovingAverage(period: 9)
    private var averages = SampleWindow(capacity: span + 1)
    private var directional = DirectionalIndex()
    private var range = AverageTrueRange()
    private var close = 0.0
    /// ATR/close of the last day.
    private var ratios: RollingPercentile

    init(volatilityCandles: Int) { ratios = RollingPercentile(capacity: volatilityCandles) }

    mutating func update(_ candle: Candle) {
        close = candle.close
        average.update(candle.close)
        if let value = average.value { averages.append(value) }
        directional.update(high: candle.high, low: candle.low, close: candle.close)
        range.update(high: candle.high, low: candle.low, close: candle.close)
        if let ratio { ratios.update(ratio) }
    }

    var adx: Double? { directional.value }
    /// ATR(14)/close.
    var ratio: Double? { close > 0 ? range.value.map { $0 / close } : nil }
    /// How many ratios there are to compare with.
    var ratioCount: Int { ratios.count }
    func ratioPercentile(_ percent: Double) -> Double? { ratios.percentile(percent) }

    /// Change of EMA 9 a candle over five candles, as a share of the price.
    var slope: Double? {
        guard averages.isFull, close > 0 else { return nil }
        return (averages[0] - averages[Self.span]) / Double(Self.span) / close
    }
}
