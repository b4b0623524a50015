import SignalContracts
import TradingPrimitives

/// What the hub knows of one symbol: which messages it has seen last.
struct SymbolFeed {
    enum Verdict: Equatable {
        case accepted(missing: Int64)
        case duplicate
        case stale
        case thinned
    }

    private struct CandlePlace {
        var openTime = Timestamp(milliseconds: .min)
        var eventTime = Timestamp(milliseconds: .min)
    }

    var lastId = StreamId.zero
    var hot: HotSymbol
    private let configuration: HubConfiguration
    private var trades = TradeSequence()
    private var lastUpdateId = Int64.min
    private var lastBookTime = Timestamp(milliseconds: .min)
    private var candles = [CandlePlace](repeating: CandlePlace(), count: Timeframe.allCases.count)
    private var closed = Timeframe.allCases.map { ClosedCandles($0) }
    /// Event time of the last reading by its kind.
    private var metricTimes = [Timestamp](repeating: Timestamp(milliseconds: .min), count: 6)

    private var mark: (price: Price, time: Timestamp)?

    init(_ symbol: Symbol, _ configuration: HubConfiguration) {
        self.configuration = configuration
        hot = HotSymbol(symbol, configuration)
    }

    mutating func forgetSequence() {
        trades = TradeSequence()
        lastUpdateId = .min
        lastBookTime = Timestamp(milliseconds: .min)
        forgetWritten()
    }

    mutating func forgetWritten() {
        for index in candles.indices { candles[index] = CandlePlace() }
        closed = Timeframe.allCases.map { ClosedCandles($0) }
        for index in metricTimes.indices { metricTimes[index] = Timestamp(milliseconds: .min) }
    }

    /// What stands last on the streams: the next ones follow it.
    mutating func resume(_ trade: AggTrade?, _ book: BookUpdate?) {
        if let trade { _ = trades.missing(before: trade) }
        if let book { (lastUpdateId, lastBookTime) = (book.updateId, book.eventTime) }
    }

    /// An id of the receipt's microsecond, or the least one above the last.
    mutating func nextId(_ receivedUs: Int64) -> StreamId {
        lastId = max(StreamId(microseconds: receivedUs), lastId.next)
        return lastId
    }

    /// Whether it is the next of its kind; then it is remembered as the last.
    mutating func judge(_ input: DataHub.Input) -> Verdict {
        switch input {
        case .trade(let trade): judge(trade)
        case .book(let book): judge(book)
        case .candle(let candle): judge(candle)
        case .metric(let metric): judge(metric)
        }
    }

    private mutating func judge(_ trade: AggTrade) -> Verdict {
        trades.missing(before: trade).map { .accepted(missing: $0) } ?? .duplicate
    }

    private mutating func judge(_ book: BookUpdate) -> Verdict {
        guard book.updateId > lastUpdateId || book.eventTime > lastBookTime else {
            return book.updateId == lastUpdateId ? .duplicate : .stale
        }
        lastUpdateId = book.updateId
        lastBookTime = max(lastBookTime, book.eventTime)
        return .accepted(missing: 0)
    }

    private mutating func judge(_ candle: CandleUpdate) -> Verdict {
        let index = candle.timeframe.index
        var place = candles[index]
        let newest = closed[index].newest ?? Timestamp(milliseconds: .min)
        if !candle.isClosed || !candle.isBackfill { closed[index].watch(from: candle.openTime) }
        // What is asked for fills holes; readers keep the order by open time.
        guard candle.openTime > newest || candle.isBackfill && candle.isClosed else {
            return candle.openTime == newest ? .duplicate : .stale
        }
        if candle.isClosed {
            guard closed[index].insert(candle.openTime) else { return .duplicate }
            if candle.openTime < newest { return .accepted(missing: 0) }
        }
        guard candle.openTime >= place.openTime else {
            // The one before was never closed before our eyes; its close may still come.
            return candle.isClosed ? .accepted(missing: 0) : .stale
        }
        let isNew = candle.openTime > place.openTime
        if !isNew, !candle.isClosed {
            guard candle.eventTime > place.eventTime else {
                return candle.eventTime == place.eventTime ? .duplicate : .stale
            }
            // As many updates for a long candle as for a short one: a day of them must be read again at a start.
            let minutes = candle.timeframe.milliseconds / Timeframe.oneMinute.milliseconds
            // One in each span of the venue's time, so that a market that plays faster is thinned as much.
            let spanMs = configuration.candleUpdateMs * minutes
            guard candle.eventTime.floored(to: spanMs) > place.eventTime.floored(to: spanMs) else { return .thinned }
        }
        place.openTime = candle.openTime
        place.eventTime = candle.eventTime
        candles[index] = place
        return .accepted(missing: 0)
    }

    /// A candle that was asked for because its close did not come is as good as the venue's own word, while it is the newest.
    func inItsPlace(_ input: DataHub.Input, venueTime: Timestamp) -> DataHub.Input {
        guard case .candle(let candle) = input, candle.isBackfill, candle.isClosed,
            closed[candle.timeframe.index].standsIn(candle.openTime, venueTime: venueTime)
        else { return input }
        return .candle(candle.asHeard)
    }

    /// The closes of each timeframe that should have come and did not.
    mutating func missingCloses(venueTime: Timestamp, tell: (Timeframe, MissingClose) -> Void) {
        for timeframe in Timeframe.allCases {
            let missing = closed[timeframe.index].missing(venueTime: venueTime, graceMs: configuration.closeGraceMs)
            if let missing { tell(timeframe, missing) }
        }
    }

    mutating func candlesCame(_ timeframe: Timeframe) { closed[timeframe.index].answered() }

    /// What is too far from the mark price to be true. As long as nothing else comes readers see an old market, and trade none.
    func distance(of input: DataHub.Input) -> RefusedInput? {
        switch input {
        case .book(let book):
            guard let quote = Quote(bid: book.bids.best?.price, ask: book.asks.best?.price),
                let mark = youngMark(book.eventTime), !quote.isNear(mark, within: configuration.markBandRatio)
            else { return nil }
            return RefusedInput(.book, "bids", "\(quote.bid) to \(quote.ask), mark \(mark)", .mark)
        case .trade(let trade):
            guard let mark = youngMark(trade.eventTime),
                !Quote.isNear(trade.price, mark, within: configuration.markBandRatio)
            else { return nil }
            return RefusedInput(.trade, "price", "\(trade.price), mark \(mark)", .mark)
        case .candle, .metric: return nil
        }
    }

    private static let markAgeMaxMs: Int64 = 10_000

    private func youngMark(_ time: Timestamp) -> Price? {
        mark.flatMap { abs(time - $0.time) <= Self.markAgeMaxMs ? $0.price : nil }
    }

    private mutating func judge(_ metric: MarketMetric) -> Verdict {
        let index: Int
        switch metric.value {
        case .openInterest: index = 0
        case .accountRatio: index = 1
        case .topTraderRatio: index = 2
        case .markPrice: index = 3
        case .instrument: index = 4
        // Two positions may be closed in one millisecond.
        case .liquidation: return .accepted(missing: 0)
        }
        guard metric.eventTime > metricTimes[index] else {
            return metric.eventTime == metricTimes[index] ? .duplicate : .stale
        }
        metricTimes[index] = metric.eventTime
        if case .markPrice(let price, _, _, _) = metric.value { mark = (price, metric.eventTime) }
        return .accepted(missing: 0)
    }
}

extension Timeframe {
    var index: Int {
        switch self {
        case .oneMinute: 0
        case .threeMinutes: 1
        case .fiveMinutes: 2
        case .fifteenMinutes: 3
        }
    }
}
