public import TradingPrimitives

/// A candle's close, on `md.candle:{S}`; or a candle in progress, on `md.forming:{S}` (at most one update a second for 1m, every
/// three seconds for 3m, and so on).
public struct CandleUpdate: StreamMessage, BitwiseCopyable {
    public static let version = 1

    /// Venue's time of the message (`E`); for a candle that was fetched after the fact, its close time.
    public let eventTime: Timestamp
    public let timeframe: Timeframe
    /// First millisecond of the candle.
    public let openTime: Timestamp
    public let open: Price
    public let high: Price
    public let low: Price
    public let close: Price
    public let volume: Quantity
    public let quoteVolume: Notional
    /// Fills in it.
    public let fillCount: Int64
    public let takerBuyVolume: Quantity
    public let isClosed: Bool
    /// Whether it was fetched by REST at the start or after a gap; false for the newest close that was asked for because it did
    /// not come.
    public let isBackfill: Bool

    public init(
        eventTime: Timestamp, timeframe: Timeframe, openTime: Timestamp, open: Price, high: Price, low: Price,
        close: Price,
        volume: Quantity, quoteVolume: Notional, fillCount: Int64, takerBuyVolume: Quantity, isClosed: Bool,
        isBackfill: Bool
    ) {
        self.eventTime = eventTime
        self.timeframe = timeframe
        self.openTime = openTime
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
        self.quoteVolume = quoteVolume
        self.fillCount = fillCount
        self.takerBuyVolume = takerBuyVolume
        self.isClosed = isClosed
        self.isBackfill = isBackfill
    }

    /// The same candle, as the stream would have told it.
    public var asHeard: CandleUpdate {
        CandleUpdate(
            eventTime: eventTime, timeframe: timeframe, openTime: openTime, open: open, high: high, low: low,
            close: close, volume: volume, quoteVolume: quoteVolume, fillCount: fillCount,
            takerBuyVolume: takerBuyVolume, isClosed: isClosed, isBackfill: false)
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        self.init(
            eventTime: try fields.time("event_time"), timeframe: try fields.required("timeframe"),
            openTime: try fields.time("open_time"), open: try fields.price("open"), high: try fields.price("high"),
            low: try fields.price("low"), close: try fields.price("close"), volume: try fields.amount("volume"),
            quoteVolume: try fields.required("quote_volume", in: MarketBounds.values),
            fillCount: try fields.number("fill_count"), takerBuyVolume: try fields.amount("taker_buy_volume"),
            isClosed: try fields.required("closed"), isBackfill: try fields.required("backfill"))
        guard low <= min(open, close) else { throw fields.outOfRange("low", "the least of its prices") }
        guard high >= max(open, close) else { throw fields.outOfRange("high", "the greatest of its prices") }
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("event_time", eventTime)
        fields.put("timeframe", timeframe)
        fields.put("open_time", openTime)
        fields.put("open", open)
        fields.put("high", high)
        fields.put("low", low)
        fields.put("close", close)
        fields.put("volume", volume)
        fields.put("quote_volume", quoteVolume)
        fields.put("fill_count", fillCount)
        fields.put("taker_buy_volume", takerBuyVolume)
        fields.put("closed", isClosed)
        fields.put("backfill", isBackfill)
    }
}
