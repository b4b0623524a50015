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

    @Test func `a trade of the old four hours that comes after their end does not count for the new ones`() throws {
        let symbol = try #require(Symbol("BTCUSDT"))
        let end = Timestamp(milliseconds: 1_700_000_000_000).floored(to: 14_400_000) + 14_400_000
        var engine = OrderFlow(), number: UInt64 = 0
        func hear(_ event: OrderFlowInput.Event) -> OrderFlowSignal? {
            number += 1
            var said: OrderFlowSignal?
            engine.process(
                OrderFlowInput(symbol: symbol, id: StreamId(milliseconds: number, sequence: 0), event: event)
            ) { said = $0.signal }
            return said
        }
        func trade(_ ms: Int64, _ units: Int64) {
            _ = hear(
                .trade(
                    AggTrade(
                        tradeId: Int64(number), tradeTime: end + ms, eventTime: end + ms, price: Price(raw: fixedScale),
                        quantity: Quantity(raw: units * fixedScale), buyerIsMaker: false, firstFillId: 0, lastFillId: 0)
                ))
        }
        func cvd(_ ms: Int64) -> Int64? {
            hear(.book(BookUpdate(eventTime: end + ms, updateId: 0, bids: BookSide(), asks: BookSide()))).map {
                $0.cvd.raw / fixedScale
            }
        }
        trade(-900, 5)
        #expect(cvd(-100) == 5)
        // Streams are independent: a book of the new hours comes before the last trade of the old ones.
        #expect(cvd(5) == 0)
        trade(-40, 100)
        #expect(cvd(105) == 0)
        trade(150, 1)
        #expect(cvd(205) == 1)
        // The first trade of the next hours comes before the last book of these.
        trade(14_400_010, 7)
        #expect(cvd(14_399_990) == 1)
        #expect(cvd(14_400_090) == 7)
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
