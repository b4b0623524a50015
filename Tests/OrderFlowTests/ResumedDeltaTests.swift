import OrderFlow
import SignalContracts
import TestSupport
import Testing
import TradingPrimitives

/// The sum of the deltas goes on after a restart from what was published last, to the last digit.
struct ResumedDeltaTests {
    @Test(arguments: ["38929590.2", "90071992547.40993"])
    func `a great sum goes on exactly`(quantity: String) throws {
        let symbol = try #require(Symbol("XRPUSDT"))
        let events = try MarketStory.random(seed: 4, books: 700).events
        let start = try #require(events.first?.id)
        let time = Timestamp(milliseconds: Int64(start.milliseconds))
        let great = AggTrade(
            tradeId: 0, tradeTime: time, eventTime: time, price: Price(raw: 1),
            quantity: try #require(Quantity(quantity)),
            buyerIsMaker: false, firstFillId: 0, lastFillId: 0)
        var whole = OrderFlow(), signals: [OrderFlowSignal] = []
        whole.process(OrderFlowInput(symbol: symbol, id: start, event: .trade(great))) { _ in }
        for event in events { whole.process(event.input(symbol)) { signals.append($0.signal) } }
        let last = signals[499]
        #expect(abs(last.cvd.raw) > 1 << 51)

        var resumed = OrderFlow(), goneOn: [OrderFlowSignal] = []
        resumed.process(OrderFlowInput(symbol: symbol, id: last.cause, event: .signal(last))) { _ in }
        let windowStart = last.eventTime.milliseconds - 35_000
        for event in events where Int64(event.id.milliseconds) > windowStart {
            resumed.process(event.input(symbol)) { if event.id > last.cause { goneOn.append($0.signal) } }
        }
        #expect(goneOn.map(\.cvd) == signals[500...].map(\.cvd))
    }
}

extension MarketStory.Event {
    fileprivate func input(_ symbol: Symbol) -> OrderFlowInput {
        switch self {
        case .trade(let id, let trade): OrderFlowInput(symbol: symbol, id: id, event: .trade(trade))
        case .book(let id, let book): OrderFlowInput(symbol: symbol, id: id, event: .book(book))
        }
    }
}
