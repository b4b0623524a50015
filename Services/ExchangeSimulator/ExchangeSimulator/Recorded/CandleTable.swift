public import TradingPrimitives

/// Candle history from a klines table.
public enum CandleTable {
    public static func read(_ lines: some LineSource) -> [Candle] {
        var lines = lines
        var candles: [Candle] = []
        while let candle = lines.withNextLine({ ArchiveRow($0).candle }) {
            if let candle { candles.append(candle) }
        }
        return candles
    }

    /// The candles that lead up to `start`, at most `count`. Where the table does not reach that far, its last candles are
    /// moved in time and, with `price`, in price so that they end there; the second value says so.
    public static func leading(
        _ candles: [Candle], to start: Timestamp, price: Price?, tick: Price, count: Int = 10_080
    ) -> (candles: [Candle], isMoved: Bool) {
        let end = start.floored(to: 60_000)
        let before = candles.filter { $0.openTime < end }.suffix(count)
        if let last = before.last, end - last.openTime <= 120_000 { return (Array(before), false) }
        guard let last = candles.last else { return ([], false) }
        let shiftMs = end - (last.openTime + 60_000)
        let moved = candles.suffix(count).map { candle in
            var made = Candle(openTime: candle.openTime + shiftMs, price: scale(candle.open, price, last.close, tick))
            made.high = scale(candle.high, price, last.close, tick)
            made.low = scale(candle.low, price, last.close, tick)
            made.close = scale(candle.close, price, last.close, tick)
            (made.volume, made.takerVolume) = (candle.volume, candle.takerVolume)
            (made.quoteVolume, made.takerQuoteVolume) = (candle.quoteVolume, candle.takerQuoteVolume)
            made.trades = candle.trades
            return made
        }
        return (moved, true)
    }

    private static func scale(_ value: Price, _ price: Price?, _ last: Price, _ tick: Price) -> Price {
        guard let price, last > .zero else { return value }
        return Price(raw: Int64(Int128(value.raw) * Int128(price.raw) / Int128(last.raw)))
            .rounded(toMultipleOf: tick, .nearest)
    }
}
