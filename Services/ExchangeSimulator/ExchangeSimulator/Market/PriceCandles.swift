import TradingPrimitives

/// One-minute candles of prices that nobody trades at: the mark, the index, the premium between them.
struct PriceCandles: Sendable {
    private static let keep = 10_080
    private var minutes: ContiguousArray<Candle> = []

    mutating func add(_ price: Price, at time: Timestamp) {
        let openTime = time.floored(to: 60_000)
        if let last = minutes.indices.last, minutes[last].openTime >= openTime {
            minutes[last].add(Candle(openTime: openTime, price: price))
            return
        }
        if minutes.count >= Self.keep * 2 { minutes.removeFirst(Self.keep) }
        minutes.append(Candle(openTime: openTime, price: price))
    }

    /// Takes candles of the past, oldest first, without their volumes.
    mutating func prepend(history: [Candle]) {
        let past = history.suffix(Self.keep).map { candle in
            var bare = Candle(openTime: candle.openTime, price: candle.open)
            (bare.high, bare.low, bare.close) = (candle.high, candle.low, candle.close)
            return bare
        }
        minutes = ContiguousArray(past) + minutes
    }

    /// Candles of any span that is a multiple of a minute, oldest first.
    func all(spanMs: Int64) -> ContiguousArray<Candle> {
        var made: ContiguousArray<Candle> = []
        for minute in minutes { Candles.merge(minute, into: &made, spanMs: spanMs) }
        return made
    }
}
