import ExchangeSimulator
import Regime
import Sentiment
import SignalContracts
import TickFlow
import TradingPrimitives

/// E2, E4 and E5 on the frames of one contract, fed as the hub feeds them.
struct Engines {
    let symbol: Symbol
    private let index: Int
    private var sentiment = Sentiment()
    private var regime = RegimeFilter()
    private var ticks = TickFlow()
    private(set) var mood: SentimentSignal?
    private(set) var state: RegimeSignal?
    private(set) var tape: TickSignal?
    private(set) var liquidations = 0
    private(set) var liquidatedValue = 0.0

    init(_ index: Int, _ instrument: Instrument, history: [MarketCandle]) {
        (self.index, symbol) = (index, instrument.symbol)
        for start in stride(from: 0, to: history.count - 2, by: 3) {
            let minutes = history[start..<start + 3]
            guard let first = minutes.first, let last = minutes.last else { continue }
            takeCandle(
                first.openTime, first.open, minutes.map(\.high).max() ?? first.high,
                minutes.map(\.low).min() ?? first.low, last.close)
        }
    }

    private mutating func takeCandle(_ openTime: Timestamp, _ open: Price, _ high: Price, _ low: Price, _ close: Price)
    {
        let candle = CandleUpdate(
            eventTime: openTime + 180_000, timeframe: .threeMinutes, openTime: openTime, open: open, high: high,
            low: low, close: close, volume: .zero, quoteVolume: .zero, fillCount: 0, takerBuyVolume: .zero,
            isClosed: true, isBackfill: false)
        regime.process(RegimeInput(symbol: symbol, id: id(openTime), event: .candle(candle))) { state = $0.signal }
    }

    private func id(_ time: Timestamp) -> StreamId { StreamId(microseconds: time.milliseconds * 1000) }

    private mutating func tell(_ value: MarketMetric.Value, at time: Timestamp) {
        let metric = MarketMetric(eventTime: time, value: value)
        sentiment.process(SentimentInput(symbol: symbol, id: id(time), event: .metric(metric))) {
            if case .signal(let signal, _) = $0.fact { mood = signal }
        }
    }

    mutating func take(_ event: ExchangeEvent) {
        guard case .market(let frame) = event.body else { return }
        switch frame {
        case .mark(let mark) where mark.instrument == index:
            tell(
                .markPrice(
                    mark: mark.price, index: mark.index, fundingRate: mark.fundingRate,
                    nextFundingTime: mark.nextFunding), at: event.time)
        case .liquidation(let order) where order.instrument == index:
            liquidations += 1
            liquidatedValue += (order.price * order.quantity).double
            tell(.liquidation(side: order.side, price: order.price, quantity: order.quantity), at: event.time)
        case .candle(index, .threeMinutes, let candle, isClosed: true):
            takeCandle(candle.openTime, candle.open, candle.high, candle.low, candle.close)
        case .aggregateTrade(let trade) where trade.instrument == index: take(trade)
        case .partialDepth(let depth, speedMs: 100) where depth.instrument == index: take(depth)
        default: break
        }
    }

    private mutating func take(_ trade: AggregateTrade) {
        let message = AggTrade(
            tradeId: trade.id, tradeTime: trade.time, eventTime: trade.time, price: trade.price,
            quantity: trade.quantity, buyerIsMaker: trade.aggressor == .sell, firstFillId: trade.firstTradeId,
            lastFillId: trade.lastTradeId)
        ticks.process(TickFlowInput(symbol: symbol, id: id(trade.time), trade: message)) { tape = $0.signal }
    }

    private mutating func take(_ depth: DepthFrame) {
        func side(_ levels: [DepthLevel]) -> BookSide {
            BookSide(
                levels.map { SignalContracts.BookLevel(price: $0.price, quantity: $0.quantity) })
        }
        let book = BookUpdate(
            eventTime: depth.time, updateId: depth.lastUpdateId, bids: side(depth.bids), asks: side(depth.asks))
        regime.process(RegimeInput(symbol: symbol, id: id(depth.time), event: .book(book))) { state = $0.signal }
    }

    /// What the hub polls: open interest every 15 s, ratios a little after each five minutes.
    mutating func poll(_ book: InstrumentBook, at now: Timestamp, isFirst: Bool) {
        let second = now.milliseconds / 1000
        if isFirst || second % 15 == 0 { tell(.openInterest(book.openInterest), at: now) }
        guard isFirst || second % 300 == 15, let positioning = book.positioning else { return }
        let one = Ratio(raw: fixedScale)
        tell(.accountRatio(long: positioning.accountsLong, short: one - positioning.accountsLong), at: now)
        tell(.topTraderRatio(long: positioning.topTradersLong, short: one - positioning.topTradersLong), at: now)
    }
}
