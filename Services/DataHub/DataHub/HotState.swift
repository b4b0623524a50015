public import SignalContracts
public import TradingPrimitives

/// A change of a key that shows the market to people and to the dashboard. No trading service reads it.
public enum HotState: Equatable, Sendable {
    /// Pushes items to the front of a list (the newest last here) and keeps its first `max`.
    case push(key: String, items: [String], max: Int)
    /// Sets fields of a hash; `replacing`: after whatever stands there has been removed.
    case hash(key: String, fields: Fields, replacing: Bool = false)
    /// Puts a candle in its place of a sorted set, by open time, and keeps the last `max`.
    case candle(key: String, openTime: Timestamp, text: String, max: Int)
}

/// The hot state of one symbol, gathered between two writes.
struct HotSymbol {
    private let symbol: Symbol
    private let configuration: HubConfiguration
    private var trades: [AggTrade] = []
    private var book: BookUpdate?
    /// In the order they came; a candle in progress has one entry.
    private var candles: [CandleUpdate] = []
    private var openInterest: [String] = []
    /// Earlier versions kept a list under the name that the present value has now.
    private var hasOwnInterest = false
    private var sentiment = Fields()
    private var values = Sentiment()

    private struct Sentiment {
        var eventTime = Timestamp.zero
        var openInterest: Quantity?
        var interestTime: Timestamp?
        var longRatio: Ratio?
        var shortRatio: Ratio?
        var topLongRatio: Ratio?
        var topShortRatio: Ratio?
        var markPrice: Price?
        var indexPrice: Price?
        var fundingRate: Ratio?
        var nextFundingTime: Timestamp?
        var isChanged = false
    }

    init(_ symbol: Symbol, _ configuration: HubConfiguration) {
        self.symbol = symbol
        self.configuration = configuration
        trades.reserveCapacity(configuration.ticksMax)
    }

    mutating func keep(_ trade: AggTrade) {
        if trades.count == configuration.ticksMax { trades.removeFirst(configuration.ticksMax / 2) }
        trades.append(trade)
    }

    mutating func keep(_ book: BookUpdate) { self.book = book }

    mutating func keep(_ candle: CandleUpdate) {
        // Only a candle in progress comes again and again; thousands of fetched ones are not searched for each other.
        let last = candles.indices.suffix(2 * Timeframe.allCases.count)
        let place = last.last { candles[$0].timeframe == candle.timeframe && candles[$0].openTime == candle.openTime }
        if let place { candles[place] = candle } else { candles.append(candle) }
    }

    mutating func keep(_ metric: MarketMetric) {
        values.eventTime = metric.eventTime
        switch metric.value {
        case .openInterest(let quantity):
            (values.openInterest, values.interestTime) = (quantity, metric.eventTime)
            openInterest.append("\(metric.eventTime.milliseconds):\(quantity)")
        case .accountRatio(let long, let short): (values.longRatio, values.shortRatio) = (long, short)
        case .topTraderRatio(let long, let short): (values.topLongRatio, values.topShortRatio) = (long, short)
        case .markPrice(let mark, let index, let rate, let next):
            (values.markPrice, values.indexPrice, values.fundingRate, values.nextFundingTime) = (
                mark, index, rate, next
            )
        case .instrument, .liquidation: return
        }
        values.isChanged = true
    }

    /// Gives what has changed, and begins anew.
    mutating func take(_ write: (HotState) -> Void) {
        if !trades.isEmpty {
            write(.push(key: "ticks:{\(symbol)}", items: trades.map(Self.text), max: configuration.ticksMax))
            trades.removeAll(keepingCapacity: true)
        }
        if let book {
            write(.hash(key: "orderbook:{\(symbol)}", fields: book.fields))
            self.book = nil
        }
        if candles.count > configuration.candlesMax { dropSurplus() }
        for candle in candles {
            write(
                .candle(
                    key: "candles:{\(symbol)}:\(candle.timeframe.rawValue)", openTime: candle.openTime,
                    text: Self.text(candle), max: configuration.candlesMax))
        }
        candles.removeAll(keepingCapacity: true)
        if !openInterest.isEmpty {
            write(.hash(key: "oi:{\(symbol)}", fields: interestFields(), replacing: !hasOwnInterest))
            hasOwnInterest = true
            write(.push(key: "oi:{\(symbol)}:history", items: openInterest, max: configuration.openInterestMax))
            openInterest.removeAll(keepingCapacity: true)
        }
        if values.isChanged {
            values.isChanged = false
            write(.hash(key: "sentiment:{\(symbol)}", fields: sentimentFields()))
        }
    }

    /// Of many fetched candles, oldest first, leaves as many as their key keeps.
    private mutating func dropSurplus() {
        var surplus = Timeframe.allCases.map { timeframe in
            candles.count { $0.timeframe == timeframe } - configuration.candlesMax
        }
        candles.removeAll { candle in
            surplus[candle.timeframe.index] -= 1
            return surplus[candle.timeframe.index] >= 0
        }
    }

    private func interestFields() -> Fields {
        var fields = Fields()
        fields.put("value", values.openInterest)
        fields.put("event_time", values.interestTime)
        return fields
    }

    private mutating func sentimentFields() -> Fields {
        sentiment.removeAll()
        sentiment.put("event_time", values.eventTime)
        sentiment.put("open_interest", values.openInterest)
        sentiment.put("long_ratio", values.longRatio)
        sentiment.put("short_ratio", values.shortRatio)
        sentiment.put("top_long_ratio", values.topLongRatio)
        sentiment.put("top_short_ratio", values.topShortRatio)
        sentiment.put("mark_price", values.markPrice)
        sentiment.put("index_price", values.indexPrice)
        sentiment.put("funding_rate", values.fundingRate)
        sentiment.put("next_funding_time", values.nextFundingTime)
        return sentiment
    }

    private static func text(_ trade: AggTrade) -> String {
        "{\"trade_id\":\(trade.tradeId),\"time\":\(trade.tradeTime.milliseconds),\"price\":\"\(trade.price)\","
            + "\"quantity\":\"\(trade.quantity)\",\"buyer_is_maker\":\(trade.buyerIsMaker)}"
    }

    private static func text(_ candle: CandleUpdate) -> String {
        "{\"open_time\":\(candle.openTime.milliseconds),\"open\":\"\(candle.open)\",\"high\":\"\(candle.high)\","
            + "\"low\":\"\(candle.low)\",\"close\":\"\(candle.close)\",\"volume\":\"\(candle.volume)\","
            + "\"closed\":\(candle.isClosed)}"
    }
}
