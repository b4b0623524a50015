import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

/// Faults at the venue and on the lines to it, one by one, each with what must come of it.
struct FaultTests {
    private let symbol: Symbol

    init() throws { symbol = try #require(Symbol("BTCUSDT")) }

    @Test func `a late ack of an order that was already known changes nothing`() throws {
        var talk = try Conversation.ready()
        talk.hear(.plan(symbol, try talk.plan()))
        let (id, entry) = try talk.takeOrder()
        talk.hear(.user(.order(try talk.report(entry, .new), fill: nil)))
        talk.hear(.reply(id, .unknown("reset")))
        #expect(talk.executor.unknownOrderCount == 0 && talk.orderCount == 0)
        #expect(talk.events.count { $0.kind == .entryAccepted } == 1)
    }

    @Test func `an entry that is throttled is over, and what protects goes on`() throws {
        var talk = try Conversation.ready()
        talk.hear(.plan(symbol, try talk.plan()))
        let (id, _) = try talk.takeOrder()
        talk.hear(.reply(id, .notExecuted("-1008")))
        #expect(talk.events.last?.kind == .noFill)
        _ = try talk.enter(try talk.plan(number: 2))
        talk.hear(.command(Command(id: "c1", issuedAt: talk.now, author: "test", name: .closeAll)))
        #expect(try talk.takeOrder().order.isReduceOnly)
    }

    @Test func `a stop that a person cancels is placed again and told`() throws {
        var talk = try Conversation.ready()
        let (stop, _) = try talk.enter(try talk.plan())
        talk.hear(.user(.stop(talk.report(stop, .canceled))))
        #expect(talk.alerts.contains("stop_cancelled"))
        talk.tick(afterMs: 200)
        let (id, next) = try talk.takeStop()
        #expect(next.triggerPrice == stop.triggerPrice && next.clientOrderId != stop.clientOrderId)
        talk.hear(.reply(id, .stop(talk.report(next, .new))))
        talk.hear(.user(.stop(talk.report(next, .canceled))))
        #expect(talk.messages.contains { $0.isAlert("stop_cancelled", .critical) })
    }

    @Test func `a person who adds gets a stop for all of it`() throws {
        var talk = try Conversation.ready()
        let (stop, target) = try talk.enter(try talk.plan())
        try talk.book("100.4", "100.5")
        try talk.fill(target.clientOrderId, .sell, "6", at: "100.4", pnl: "2.4")
        let (movedId, moved) = try talk.takeStop()
        #expect(moved.quantity?.description == "4")
        talk.hear(.reply(movedId, .stop(talk.report(moved, .new))))
        let (cancelId, _) = try talk.take { $0 == .cancelStop(symbol, clientOrderId: stop.clientOrderId) }
        talk.hear(.reply(cancelId, .done))
        try talk.fill("web_1", .buy, "3", at: "100.4")
        talk.tick(afterMs: 200)
        let (_, wider) = try talk.takeStop()
        #expect(wider.quantity == nil && wider.triggerPrice >= moved.triggerPrice)
    }

    @Test func `a liquidation is booked with its fill and told`() throws {
        var talk = try Conversation.ready()
        _ = try talk.enter(try talk.plan())
        try talk.fill("autoclose-1700000000", .sell, "10", at: "95.0", maker: false, pnl: "-50", fee: "0.5")
        let summary = try #require(talk.events.last?.summary)
        #expect(summary.exitReason == .liquidation && summary.netPnl.description == "-50.52")
        #expect(talk.alerts.contains("position_liquidated"))
    }

    @Test func `what a person closes after the first target was closed by a person`() throws {
        var talk = try Conversation.ready()
        let (_, target) = try talk.enter(try talk.plan())
        try talk.fill(target.clientOrderId, .sell, "6", at: "100.4", pnl: "2.4")
        try talk.fill("web_1", .sell, "4", at: "100.3", maker: false, pnl: "1.2")
        #expect(talk.events.last?.summary?.exitReason == .external)
    }

    @Test func `a part that the venue takes away for others' sake leaves the rest protected`() throws {
        var talk = try Conversation.ready()
        let (stop, _) = try talk.enter(try talk.plan())
        try talk.fill("adl_autoclose", .sell, "4", at: "100.2", maker: false, pnl: "0.8")
        #expect(talk.executor.position(of: symbol)?.held.description == "6")
        try talk.fill(stop.clientOrderId, .sell, "6", at: "99.8", maker: false, pnl: "-1.2")
        #expect(talk.events.last?.kind == .positionClosed)
    }

    @Test func `a fill that came late is not counted on top of the venue's word`() throws {
        var talk = try Conversation.ready()
        let (_, target) = try talk.enter(try talk.plan())
        // Three looks in a row find 4, and no fill explains it.
        for _ in 0..<20 {
            talk.tick(afterMs: 600)
            try talk.book("100.0", "100.1")
            try talk.answerLook(positions: [try talk.held("4")])
        }
        #expect(talk.alerts.contains("position_mismatch"))
        #expect(talk.executor.position(of: symbol)?.held.description == "4")
        try talk.fill(target.clientOrderId, .sell, "6", at: "100.4", pnl: "2.4")
        #expect(talk.executor.position(of: symbol)?.held.description == "4")
    }

    @Test func `a fill of the last position does not belong to the next one`() throws {
        var talk = try Conversation.ready()
        let (stop, target) = try talk.enter(try talk.plan())
        try talk.fill(stop.clientOrderId, .sell, "10", at: "99.8", maker: false, pnl: "-2")
        talk.hear(.user(.stop(talk.report(stop, .finished))))
        talk.hear(.user(.order(try talk.report(target, .expired), fill: nil)))
        talk.tick(afterMs: 100)
        #expect(talk.executor.position(of: symbol) == nil)
        _ = try talk.enter(try talk.plan(number: 2))
        try talk.fill(stop.clientOrderId, .sell, "10", at: "99.8", maker: false, pnl: "-2")
        #expect(talk.executor.position(of: symbol)?.held.description == "10")
    }

    @Test func `an entry does not leave after its plan's time, however long the leverage call took`() throws {
        var talk = try Conversation.ready()
        talk.hear(.user(.leverageChanged(symbol, 20)))
        talk.hear(.plan(symbol, try talk.plan()))
        let (id, _) = try talk.take { $0 == .setLeverage(symbol, 5) }
        try talk.pass(ms: 5200)
        talk.hear(.reply(id, .done))
        #expect(talk.orderCount == 0 && talk.events.last?.kind == .noFill)
    }

    @Test func `no more positions are opened than the executor's own limit allows`() throws {
        var rules = ExecutorConfiguration()
        rules.positionsMax = 1
        let other = try #require(Symbol("ETHUSDT"))
        var talk = try Conversation.ready(rules, also: other)
        talk.hear(.plan(symbol, try talk.plan()))
        _ = try talk.takeOrder()
        talk.hear(.rules(try talk.rules(of: other)))
        try talk.book("100.0", "100.1", of: other)
        talk.hear(.plan(other, try talk.plan(number: 2)))
        #expect(talk.orderCount == 0 && talk.events.last?.detail?.contains("positions_max") == true)
    }

    @Test func `a backlog of books is no fresh feed`() throws {
        var talk = try Conversation.ready()
        talk.tick(afterMs: 4000)
        let price: Price = try talk.number("100")
        talk.hear(.book(symbol, bid: price, ask: price + (try talk.number("0.1")), at: talk.now - 3000))
        talk.hear(.plan(symbol, try talk.plan()))
        #expect(talk.orderCount == 0 && talk.events.last?.detail == "the book is old")
    }

    @Test func `a cancel that was lost is sent again`() throws {
        var talk = try Conversation.ready()
        talk.hear(.plan(symbol, try talk.plan()))
        let (id, entry) = try talk.takeOrder()
        talk.hear(.reply(id, .order(try talk.report(entry, .new))))
        try talk.pass(ms: 5100)
        let (cancelId, _) = try talk.take { $0 == .cancelOrder(symbol, clientOrderId: entry.clientOrderId) }
        talk.hear(.reply(cancelId, .unknown("timeout")))
        let (queryId, _) = try talk.take { $0 == .queryOrder(symbol, clientOrderId: entry.clientOrderId) }
        talk.hear(.reply(queryId, .order(try talk.report(entry, .new))))
        _ = try talk.take { $0 == .cancelOrder(symbol, clientOrderId: entry.clientOrderId) }
    }
}
