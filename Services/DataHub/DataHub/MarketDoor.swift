import SignalContracts
import TradingPrimitives

/// Why something of the venue was not let in: it may be a legal number there, and can't be true, or is not one that the suite can use.
public struct RefusedInput: Equatable, Sendable {
    public enum Reason: String, Sendable, CaseIterable {
        /// Not of a day around the venue's time.
        case time
        /// Not what such a value can be.
        case range
        /// Worth more than any trade or level is.
        case value
        /// Values that contradict each other: a crossed book, a low above the high.
        case contradiction
        /// Too far from the mark price.
        case mark
        /// A legal number that the suite's own do not reach.
        case unfit
    }

    public let kind: DataHub.Kind
    /// The message's field, by its name on the streams.
    public let field: String
    /// What stood there.
    public let value: String
    public let reason: Reason

    public init(_ kind: DataHub.Kind, _ field: String, _ value: String, _ reason: Reason) {
        (self.kind, self.field, self.value, self.reason) = (kind, field, value, reason)
    }
}

/// Looks at what arrives before anything is remembered of it: what is refused here leaves no trace but its count.
struct MarketDoor {
    private static let dayMs: Int64 = 86_400_000
    /// How far a trade's time may be from that of the message that tells it.
    private static let tradeAgeMaxMs: Int64 = 60_000
    /// How many times the mark price may be the index price, or the index the mark.
    private static let markToIndexMax = 2.0
    private static let nextFundingMaxMs = 2 * dayMs

    /// The venue's time of this moment, and how far an event may be ahead of it, milliseconds.
    let now: Timestamp
    let aheadMaxMs: Int64

    /// Nil for what may come in.
    func refusal(of input: DataHub.Input) -> RefusedInput? {
        switch input {
        case .trade(let trade): refusal(of: trade)
        case .book(let book): refusal(of: book)
        case .candle(let candle): refusal(of: candle)
        case .metric(let metric): refusal(of: metric)
        }
    }

    /// Whether it is a time at the venue of this moment, or of the past where `isPast` says so.
    private func isTime(_ time: Timestamp, isPast: Bool = false) -> Bool {
        MarketBounds.times.contains(time) && time - now <= aheadMaxMs && (isPast || now - time <= Self.dayMs)
    }

    private func time(_ time: Timestamp, _ kind: DataHub.Kind, _ field: String, isPast: Bool = false) -> RefusedInput? {
        isTime(time, isPast: isPast) ? nil : RefusedInput(kind, field, "\(time.milliseconds)", .time)
    }

    private func within<Value: Comparable>(
        _ value: Value, _ bounds: ClosedRange<Value>, _ kind: DataHub.Kind, _ field: String
    ) -> RefusedInput? {
        bounds.contains(value) ? nil : RefusedInput(kind, field, "\(value)", .range)
    }

    // Trades and books come by the hundred a second: for them a refusal is made only where there is one.
    private func refusal(of trade: AggTrade) -> RefusedInput? {
        guard isTime(trade.eventTime) else { return time(trade.eventTime, .trade, "event_time") }
        guard isTime(trade.tradeTime) else { return time(trade.tradeTime, .trade, "trade_time") }
        guard abs(trade.eventTime - trade.tradeTime) <= Self.tradeAgeMaxMs else {
            return RefusedInput(.trade, "trade_time", "\(trade.tradeTime.milliseconds)", .contradiction)
        }
        guard MarketBounds.prices.contains(trade.price) else { return outOfRange(.trade, "price", trade.price) }
        guard MarketBounds.quantities.contains(trade.quantity) else {
            return outOfRange(.trade, "quantity", trade.quantity)
        }
        guard MarketBounds.admits(trade.quantity, at: trade.price) else {
            return RefusedInput(.trade, "quantity", "\(trade.quantity)", .value)
        }
        guard MarketBounds.numbers.contains(trade.tradeId) else {
            return outOfRange(.trade, "trade_id", trade.tradeId)
        }
        guard MarketBounds.numbers.contains(trade.firstFillId) else {
            return outOfRange(.trade, "first_fill_id", trade.firstFillId)
        }
        guard MarketBounds.numbers.contains(trade.lastFillId) else {
            return outOfRange(.trade, "last_fill_id", trade.lastFillId)
        }
        return nil
    }

    private func outOfRange(_ kind: DataHub.Kind, _ field: String, _ value: some CustomStringConvertible)
        -> RefusedInput
    {
        RefusedInput(kind, field, value.description, .range)
    }

    private func refusal(of book: BookUpdate) -> RefusedInput? {
        guard isTime(book.eventTime) else { return time(book.eventTime, .book, "event_time") }
        guard MarketBounds.numbers.contains(book.updateId) else { return outOfRange(.book, "update_id", book.updateId) }
        guard let bid = book.bids.best?.price, let ask = book.asks.best?.price else { return nil }
        guard Quote(bid: bid, ask: ask) != nil else {
            return RefusedInput(.book, "bids", "\(bid) to \(ask)", .contradiction)
        }
        return nil
    }

    private func refusal(of candle: CandleUpdate) -> RefusedInput? {
        let kind: DataHub.Kind = candle.isClosed ? .candle : .forming
        if let refusal = time(candle.eventTime, kind, "event_time", isPast: candle.isBackfill)
            ?? time(candle.openTime, kind, "open_time", isPast: candle.isBackfill)
            ?? within(candle.open, MarketBounds.prices, kind, "open")
            ?? within(candle.high, MarketBounds.prices, kind, "high")
            ?? within(candle.low, MarketBounds.prices, kind, "low")
            ?? within(candle.close, MarketBounds.prices, kind, "close")
            ?? within(candle.volume, MarketBounds.amounts, kind, "volume")
            ?? within(candle.quoteVolume, MarketBounds.values, kind, "quote_volume")
            ?? within(candle.takerBuyVolume, MarketBounds.amounts, kind, "taker_buy_volume")
            ?? within(candle.fillCount, MarketBounds.numbers, kind, "fill_count")
        {
            return refusal
        }
        guard candle.openTime == candle.openTime.floored(to: candle.timeframe.milliseconds) else {
            return RefusedInput(kind, "open_time", "\(candle.openTime.milliseconds)", .contradiction)
        }
        guard candle.low <= min(candle.open, candle.close) else {
            return RefusedInput(kind, "low", "\(candle.low)", .contradiction)
        }
        guard candle.high >= max(candle.open, candle.close) else {
            return RefusedInput(kind, "high", "\(candle.high)", .contradiction)
        }
        return nil
    }

    private func refusal(of metric: MarketMetric) -> RefusedInput? {
        // What is asked for may be old, and is judged by its age elsewhere.
        let isAsked =
            switch metric.value {
            case .openInterest, .accountRatio, .topTraderRatio: true
            case .markPrice, .instrument, .liquidation: false
            }
        if let refusal = time(metric.eventTime, .metric, "event_time", isPast: isAsked) { return refusal }
        switch metric.value {
        case .openInterest(let quantity): return within(quantity, MarketBounds.amounts, .metric, "open_interest")
        case .accountRatio(let long, let short), .topTraderRatio(let long, let short):
            return within(long, MarketBounds.shares, .metric, "long_ratio")
                ?? within(short, MarketBounds.shares, .metric, "short_ratio")
        case .markPrice(let mark, let index, let rate, let next):
            return refusal(ofMark: mark, index: index, rate, next, at: metric.eventTime)
        case .instrument(let rules): return refusal(of: rules)
        case .liquidation(_, let price, let quantity):
            if let refusal = within(price, MarketBounds.prices, .metric, "price")
                ?? within(quantity, MarketBounds.quantities, .metric, "quantity")
            {
                return refusal
            }
            return MarketBounds.admits(quantity, at: price)
                ? nil : RefusedInput(.metric, "quantity", "\(quantity)", .value)
        }
    }

    private func refusal(
        ofMark mark: Price, index: Price, _ rate: Ratio, _ next: Timestamp, at time: Timestamp
    ) -> RefusedInput? {
        if let refusal = within(mark, MarketBounds.prices, .metric, "mark_price")
            ?? within(index, .zero...MarketBounds.prices.upperBound, .metric, "index_price")
            ?? within(rate, MarketBounds.fundingRates, .metric, "funding_rate")
        {
            return refusal
        }
        // Contracts that end have no funding, and tell no time of it.
        guard next == .zero || MarketBounds.times.contains(next) && abs(next - time) <= Self.nextFundingMaxMs else {
            return RefusedInput(.metric, "next_funding_time", "\(next.milliseconds)", .time)
        }
        // The venue keeps the mark price near the index.
        let ratio = index > .zero ? mark.double / index.double : 1
        guard 1 / Self.markToIndexMax...Self.markToIndexMax ~= ratio else {
            return RefusedInput(.metric, "mark_price", "\(mark)", .contradiction)
        }
        return nil
    }

    private func refusal(of rules: InstrumentRules) -> RefusedInput? {
        if let refusal = within(rules.tickSize, MarketBounds.prices, .metric, "tick_size")
            ?? within(rules.stepSize, MarketBounds.quantities, .metric, "step_size")
            ?? within(rules.minQuantity, MarketBounds.amounts, .metric, "min_quantity")
            ?? within(rules.maxMarketQuantity, MarketBounds.amounts, .metric, "max_market_quantity")
            ?? within(rules.minNotional, MarketBounds.values, .metric, "min_notional")
        {
            return refusal
        }
        return rules.maxQuantity >= rules.minQuantity
            ? nil : RefusedInput(.metric, "max_quantity", "\(rules.maxQuantity)", .contradiction)
    }

    // MARK: Levels

    /// Whether each level of the book can be, from the best on.
    static func areLevelsGood(_ book: BookUpdate) -> Bool {
        areGood(book.bids, isDescending: true) && areGood(book.asks, isDescending: false)
    }

    private static func areGood(_ side: BookSide, isDescending: Bool) -> Bool {
        for index in 0..<side.count {
            guard refusal(of: side[index]) == nil else { return false }
            guard index > 0 else { continue }
            let (better, worse) = (side[index - 1].price, side[index].price)
            guard isDescending ? better > worse : better < worse else { return false }
        }
        return true
    }

    private static func refusal(of level: BookLevel) -> RefusedInput.Reason? {
        guard MarketBounds.prices.contains(level.price), level.quantity >= .zero else { return .range }
        return MarketBounds.admits(level.quantity, at: level.price) ? nil : .value
    }

    /// The book without the levels that can't be, and the first of those.
    static func withoutBadLevels(_ book: BookUpdate) -> (book: BookUpdate, refusal: RefusedInput?) {
        var refusal: RefusedInput?
        func good(_ side: BookSide, _ name: String, isDescending: Bool) -> BookSide {
            var kept = BookSide()
            for index in 0..<side.count {
                let level = side[index]
                var reason = Self.refusal(of: level)
                if reason == nil, kept.count > 0 {
                    let better = kept[kept.count - 1].price
                    if isDescending ? level.price >= better : level.price <= better { reason = .contradiction }
                }
                guard let reason else {
                    kept.append(level)
                    continue
                }
                refusal = refusal ?? RefusedInput(.book, name, "\(level.price):\(level.quantity)", reason)
            }
            return kept
        }
        let bids = good(book.bids, "bids", isDescending: true), asks = good(book.asks, "asks", isDescending: false)
        return (BookUpdate(eventTime: book.eventTime, updateId: book.updateId, bids: bids, asks: asks), refusal)
    }
}
