import Indicators

/// What 3m candles say: where EMA 9 goes.
struct SlopeIndicators: CandleIndicators {
    /// Candles over which the slope is taken.
    static let span = 5
    private var average = ExponentialMovingAverage(period: 9)
    private var averages = SampleWindow(capacity: span + 1)

    mutating func update(_ candle: Candle) {
        average.update(candle.close)
        if let value = average.value { averages.append(value) }
    }

    /// Change of EMA 9 a candle over five candles, quote units.
    func slope(with current: Candle?) -> Double? {
        let forming = current.flatMap { average.value(with: $0.close) }
        let averages = RecentValues(self.averages, forming: forming)
        return averages.count > Self.span ? (averages[0] - averages[Self.span]) / Double(Self.span) : nil
    }
}
