public import TradingPrimitives

/// Candle history from a klines table.
public enum CandleTable {
    /// The candles, oldest first, and what was found beside them.
    public static func read(
        _ lines: some LineSource, times: RecordedTimes
    ) -> (candles: [MarketCandle], report: RecordingReport) {
        var reader = TableReader(lines, .klines, times)
        var candles: [MarketCandle] = []
        while reader.read({ row in if case .candle(let candle) = row.body { candles.append(candle) } }) {}
        return (candles, reader.report)
    }

    /// A past that ends where a recording begins.
    public struct Past {
        public var candles: [MarketCandle]
        /// Milliseconds by which its times were moved; 0 where they lead up to the recording.
        public var movedMs: Int64 = 0
        /// What its prices were multiplied by; nil where they join.
        public var scale: Double?
    }

    /// Between the last candle and the first trade a price goes this share of itself at most; beyond it they do not join.
    private static let joinMax = 0.05

    /// The candles that lead up to `start`, at most `count`. Where they do not reach that far, the last ones are moved in time;
    /// where their last price does not join `price`, all are scaled to it: made ones (`isMade`) always, since no market stands
    /// behind their price.
    public static func leading(
        _ candles: [MarketCandle], to start: Timestamp, price: Price?, tick: Price, isMade: Bool = false,
        count: Int = 10_080
    ) -> Past {
        let end = start.floored(to: 60_000)
        let before = candles.filter { $0.openTime < end }.suffix(count)
        var past = Past(candles: Array(before))
        if before.last.map({ end - $0.openTime > 120_000 }) ?? true {
            guard let last = candles.last else { return Past(candles: []) }
            past = Past(candles: candles.suffix(count), movedMs: end - (last.openTime + 60_000))
        }
        guard let last = past.candles.last else { return past }
        let ratio = price.map { $0.double / max(last.close, Price(raw: 1)).double } ?? 1
        if isMade || abs(ratio - 1) > joinMax || past.movedMs != 0, let price, price != last.close {
            past.scale = ratio
            past.candles = past.candles.map { scaled($0, price, last.close, tick) }
        }
        if past.movedMs != 0 { past.candles = past.candles.map { moved($0, past.movedMs) } }
        return past
    }

    private static func moved(_ candle: MarketCandle, _ ms: Int64) -> MarketCandle {
        var made = MarketCandle(openTime: candle.openTime + ms, price: candle.open)
        (made.high, made.low, made.close) = (candle.high, candle.low, candle.close)
        (made.volume, made.takerVolume) = (candle.volume, candle.takerVolume)
        (made.quoteVolume, made.takerQuoteVolume) = (candle.quoteVolume, candle.takerQuoteVolume)
        made.trades = candle.trades
        return made
    }

    /// The same candle at another price: as much money, so another number of units.
    private static func scaled(_ candle: MarketCandle, _ price: Price, _ last: Price, _ tick: Price) -> MarketCandle {
        func scale(_ value: Price) -> Price {
            let scaled = Price(clamping: Int128(value.raw) * Int128(price.raw) / Int128(max(last.raw, 1)))
            return max(scaled.rounded(toMultipleOf: tick, .nearest), tick)
        }
        func scale(_ quantity: Quantity) -> Quantity {
            Quantity(clamping: Int128(quantity.raw) * Int128(last.raw) / Int128(max(price.raw, 1)))
        }
        var made = MarketCandle(openTime: candle.openTime, price: scale(candle.open))
        (made.high, made.low, made.close) = (scale(candle.high), scale(candle.low), scale(candle.close))
        (made.volume, made.takerVolume) = (scale(candle.volume), scale(candle.takerVolume))
        (made.quoteVolume, made.takerQuoteVolume) = (candle.quoteVolume, candle.takerQuoteVolume)
        made.trades = candle.trades
        return made
    }
}
