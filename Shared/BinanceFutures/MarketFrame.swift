public import SignalContracts
public import TradingPrimitives

/// A frame of the venue's market streams. `symbol` is the index in the scanner's list.
public enum MarketFrame: Equatable, Sendable {
    case trade(symbol: Int, AggTrade)
    case book(symbol: Int, BookUpdate)
    case candle(symbol: Int, CandleUpdate)
    /// Mark price and funding.
    case metric(symbol: Int, MarketMetric)
    case bookTicker(symbol: Int, BookTicker)
    /// A message about the symbol with a number that does not fit. `stream` is the message's kind by the venue's name.
    case unfit(symbol: Int, stream: String, UnfitValue)
    /// Answer to a control message.
    case reply(id: Int64?, isError: Bool)
    /// Well formed, and nothing for us: another event, another symbol, another timeframe.
    case other
}

/// The best bid and ask, from `<symbol>@bookTicker`.
public struct BookTicker: Equatable, Sendable, BitwiseCopyable {
    public let eventTime: Timestamp
    public let updateId: Int64
    public let bid: BookLevel
    public let ask: BookLevel

    public init(eventTime: Timestamp, updateId: Int64, bid: BookLevel, ask: BookLevel) {
        self.eventTime = eventTime
        self.updateId = updateId
        self.bid = bid
        self.ask = ask
    }
}
