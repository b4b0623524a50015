import TradingPrimitives

/// One-minute candles of prices that nobody trades at: the mark, the index, the premium between them.
struct PriceCandles: Sendable {
    private static let keep = 10_080
    /// A price comes each second, and a candle counts them.
    private static let pricesPerMinute: Int64 = 60
    private var minutes: ContiguousArray<MarketCandle> = []

    mutating func add(_ price: Price, at time: Timestamp) {
        let openTime = time.floored(to: 60_000)
        if let last = minutes.indices.last, minutes[last].openTime >= openTime {
            minutes[last].add(Self.candle(price, at: openTime))
            return
        }
        if minutes.count >= Self.keep * 2 { minutes.removeFirst(Self.keep) }
        minutes.append(Self.candle(price, at: openTime))
    }

    private static func candle(_ price: Price, at openTime: Timestamp) -> MarketCandle {
        var candle = MarketCandle(openTime: openTime, price: price)
        candle.trades = 1
        return candle
    }

    /// Takes candles of the past, oldest first, without their volumes.
    mutating func prepend(history: [MarketCandle]) {
        let past = history.suffix(Self.keep).map { candle in
            var bare = MarketCandle(openTime: candle.openTime, price: candle.open)
            (bare.high, bare.low, bare.close) = (candle.high, candle.low, candle.close)
            bare.trades = Self.pricesPerMinute
            return bare
        }
        minutes = ContiguousArray(past) + minutes
    }

    /// Candles of any span, oldest first. Their `trades` are the prices that they are made of.
    func all(_ span: CandleSpan) -> ContiguousArray<MarketCandle> {
        var made: ContiguousArray<MarketCandle> = []
        for minute in minutes { Candles.merge(minute, into: &made, span) }
        return made
    }
}
