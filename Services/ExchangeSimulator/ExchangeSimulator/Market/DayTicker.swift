public import TradingPrimitives

/// The last 24 hours of one contract.
public struct DayTicker: Equatable, Sendable {
    public let instrument: Int
    /// Its ids are as many as its trades, up to the last one: candles of the past know none.
    public let day: MarketCandle
    public let lastPrice: Price
    public let lastQuantity: Quantity

    init(_ book: InstrumentBook, now: Timestamp) {
        instrument = book.index
        var day = book.candles.day(until: now) ?? MarketCandle(openTime: now, price: book.lastPrice)
        day.lastTradeId = book.lastTradeId
        day.firstTradeId = max(book.lastTradeId - max(day.trades - 1, 0), 0)
        self.day = day
        (lastPrice, lastQuantity) = (book.lastPrice, book.lastQuantity)
    }

    public var change: Price { lastPrice - day.open }
    /// 1 is 1 %.
    public var changePercent: Ratio {
        Ratio(change.double / max(day.open.double, 1e-8) * 100, rounding: .nearest) ?? .zero
    }
    /// Weighted by volume.
    public var average: Price {
        let average = day.volume.raw > 0 ? day.quoteVolume.double / day.volume.double : day.close.double
        return Price(average, rounding: .nearest) ?? .zero
    }
}
