public import TradingPrimitives

/// The last closed candles of one timeframe in the order of their open times, whatever the order they came in.
public struct CandleSeries: Sendable {
    public struct Candle: BitwiseCopyable, Sendable {
        public let openTime: Timestamp
        public let high: Double
        public let low: Double
        public let close: Double

        public init(openTime: Timestamp, high: Double, low: Double, close: Double) {
            self.openTime = openTime
            self.high = high
            self.low = low
            self.close = close
        }
    }

    private let timeframe: Timeframe
    private let capacity: Int
    private var candles: [Candle] = []

    public init(_ timeframe: Timeframe, capacity: Int) {
        precondition(capacity > 1)
        self.timeframe = timeframe
        self.capacity = capacity
        candles.reserveCapacity(capacity + 1)
    }

    /// Puts a closed candle in its place; one of the same open time is replaced.
    public mutating func insert(_ candle: Candle) {
        let place = candles.lastIndex { $0.openTime <= candle.openTime }
        if let place, candles[place].openTime == candle.openTime {
            candles[place] = candle
            return
        }
        candles.insert(candle, at: place.map { $0 + 1 } ?? 0)
        if candles.count > capacity { candles.removeFirst() }
    }

    public var newest: Candle? { candles.last }

    /// The newest candles that follow each other without a gap.
    public var unbroken: ArraySlice<Candle> {
        var start = candles.endIndex
        while start > 0 {
            if start < candles.endIndex,
                candles[start].openTime - candles[start - 1].openTime != timeframe.milliseconds
            {
                break
            }
            start -= 1
        }
        return candles[start...]
    }

    /// Average true range with Wilder's smoothing, in quote units; nil before `period` + 1 candles without a gap.
    ///
    /// As TA-Lib's ATR: the mean of the first `period` true ranges, then (previous × (period − 1) + range)/period.
    public func averageTrueRange(period: Int) -> Double? {
        let candles = unbroken
        guard candles.count > period, var previous = candles.first else { return nil }
        var average = 0.0
        for (index, candle) in candles.dropFirst().enumerated() {
            let range = max(candle.high, previous.close) - min(candle.low, previous.close)
            if index < period {
                average += range / Double(period)
            } else {
                average = (average * Double(period - 1) + range) / Double(period)
            }
            previous = candle
        }
        return average
    }
}
