public import TradingPrimitives

/// The last 24 hours of one contract.
public struct DayTicker: Equatable, Sendable {
    public let instrument: Int
    public let day: Candle
    public let lastPrice: Price
    public let lastQuantity: Quantity

    init(_ book: InstrumentBook, now: Timestamp) {
        instrument = book.index
        day = book.candles.day(until: now) ?? Candle(openTime: now, price: book.lastPrice)
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
