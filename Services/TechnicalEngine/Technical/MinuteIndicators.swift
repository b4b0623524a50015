import Indicators
import TradingPrimitives

/// What 1m candles say.
struct MinuteIndicators: CandleIndicators {
    /// A swing with the RSI of its candle.
    struct Turn: BitwiseCopyable {
        let index: Int
        let price: Double
        let rsi: Double
    }

    private let configuration: TechnicalConfiguration
    private var fast = ExponentialMovingAverage(period: 9)
    private var slow = ExponentialMovingAverage(period: 21)
    private var rsi: RelativeStrengthIndex
    private var macd = MovingAverageConvergence()
    private var bands = BollingerBands()
    private var widths: RollingPercentile
    private var range: AverageTrueRange
    private var vwap = VolumeWeightedPrice(.day)
    /// EMA 9 − EMA 21, MACD's histogram and RSI at the last closes.
    private var distances: SampleWindow
    private var histograms: SampleWindow
    private var rsis: SampleWindow
    private var swings = SwingDetector()
    private var highs = LastTwo()
    private var lows = LastTwo()
    private var count = 0

    /// The last two swings of one kind.
    private struct LastTwo {
        var earlier: Turn?
        var later: Turn?

        mutating func append(_ turn: Turn) { (earlier, later) = (later, turn) }
    }

    init(_ configuration: TechnicalConfiguration) {
        self.configuration = configuration
        rsi = RelativeStrengthIndex(configuration.smoothing)
        range = AverageTrueRange(configuration.smoothing)
        widths = RollingPercentile(capacity: configuration.squeezeWidths)
        distances = SampleWindow(capacity: configuration.crossCandles + 1)
        histograms = SampleWindow(capacity: configuration.crossCandles + 1)
        rsis = SampleWindow(capacity: swings.span + 1)
    }

    mutating func update(_ candle: Candle) {
        fast.update(candle.close)
        slow.update(candle.close)
        rsi.update(candle.close)
        macd.update(candle.close)
        bands.update(candle.close)
        range.update(high: candle.high, low: candle.low, close: candle.close)
        vwap.update(candle)
        if let width = bands.value?.width { widths.update(width) }
        if let fast = fast.value, let slow = slow.value { distances.append(fast - slow) }
        if let histogram = macd.value?.histogram { histograms.append(histogram) }
        rsis.append(rsi.value ?? .nan)
        let swing = swings.update(high: candle.high, low: candle.low)
        let index = count - swings.span
        if let high = swing.high { highs.append(Turn(index: index, price: high, rsi: rsis[swings.span])) }
        if let low = swing.low { lows.append(Turn(index: index, price: low, rsi: rsis[swings.span])) }
        count += 1
    }

    /// What the closed candles and `current` say together. Nil before the first candle.
    func reading(with current: Candle?, closed: Candle?) -> MinuteReading? {
        guard let newest = current ?? closed else { return nil }
        var reading = MinuteReading(price: newest.close)
        describeAverages(&reading, current?.close)
        let isSqueezable = describeBands(&reading, current?.close)
        reading.rsi = current.map { rsi.value(with: $0.close) } ?? rsi.value
        reading.atr = current.map { range.value(withHigh: $0.high, low: $0.low) } ?? range.value
        let vwap = current.map { self.vwap.updated(with: $0) } ?? self.vwap
        reading.vwap = vwap.value
        reading.divergence = divergence
        reading.isWarm =
            reading.areAveragesKnown && isSqueezable && reading.rsi != nil && reading.atr != nil && vwap.isComplete
            && count >= configuration.divergenceCandles
        return reading
    }

    private func describeAverages(_ reading: inout MinuteReading, _ price: Double?) {
        let fast = price.map { self.fast.value(with: $0) } ?? self.fast.value
        let slow = price.map { self.slow.value(with: $0) } ?? self.slow.value
        guard let fast, let slow else { return }
        reading.emaDistance = slow == 0 ? 0 : (fast - slow) / slow
        let distances = RecentValues(self.distances, forming: price == nil ? nil : fast - slow)
        reading.emaCross = distances.crossing(within: configuration.crossCandles)
        guard let macd = price.map({ self.macd.value(with: $0) }) ?? self.macd.value else { return }
        let histograms = RecentValues(self.histograms, forming: price == nil ? nil : macd.histogram)
        reading.histogram = macd.histogram
        reading.macdMomentum = momentum(histograms)
        reading.areAveragesKnown = histograms.count > configuration.crossCandles
    }

    /// The last crossing if it is recent; else the side on which the histogram grows.
    private func momentum(_ histograms: RecentValues) -> Int {
        let crossing = histograms.crossing(within: configuration.crossCandles)
        guard crossing == 0, histograms.count > 1 else { return crossing }
        let (now, before) = (histograms[0], histograms[1])
        return now > 0 && now > before ? 1 : now < 0 && now < before ? -1 : 0
    }

    /// Whether there are enough widths to judge a squeeze.
    private func describeBands(_ reading: inout MinuteReading, _ price: Double?) -> Bool {
        guard let bands = price.map({ self.bands.value(with: $0) }) ?? self.bands.value else { return false }
        reading.bands = bands
        guard widths.isFull else { return false }
        let percent = configuration.squeezePercentile
        let limit = price == nil ? widths.percentile(percent) : widths.percentile(percent, with: bands.width)
        reading.isSqueezed = limit.map { bands.width < $0 } ?? false
        return true
    }

    /// +1 bullish, −1 bearish: the one whose second swing is the later; 0 for none, or for both on one candle.
    private var divergence: Int {
        let bearish = pair(highs).flatMap { $1.price > $0.price && $1.rsi < $0.rsi ? $1.index : nil } ?? -1
        let bullish = pair(lows).flatMap { $1.price < $0.price && $1.rsi > $0.rsi ? $1.index : nil } ?? -1
        return (bullish - bearish).signum()
    }

    private func pair(_ turns: LastTwo) -> (Turn, Turn)? {
        guard let earlier = turns.earlier, let later = turns.later,
            earlier.index >= count - configuration.divergenceCandles
        else { return nil }
        return (earlier, later)
    }
}

/// What 1m candles say at one moment. Directions are +1, −1 and 0.
struct MinuteReading {
    let price: Double
    /// (EMA 9 − EMA 21)/EMA 21.
    var emaDistance: Double?
    var emaCross = 0
    var rsi: Double?
    var divergence = 0
    var histogram: Double?
    var macdMomentum = 0
    var bands: BollingerBands.Value?
    var isSqueezed = false
    var vwap: Double?
    var atr: Double?
    var areAveragesKnown = false
    var isWarm = false

    init(price: Double) { self.price = price }
}
