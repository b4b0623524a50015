import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

/// Whatever is held can be closed, however it came to be held, and a person hears of it when it can't.
struct WayOutTests {
    @Test(arguments: PositionState.allCases.filter { $0 != .closed })
    func `from each state in which something may be held a way leads to closed`(state: PositionState) {
        #expect(state.after(.exitWanted) == .closing)
        #expect(PositionState.closing.after(.flat) == .closed)
    }

    @Test func `what a person buys during the leverage call ends the plan, and is protected as theirs`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        talk.hear(.user(.leverageChanged(symbol, 20)))
        talk.hear(.plan(symbol, try talk.plan()))
        let (leverageId, _) = try talk.take { $0 == .setLeverage(symbol, 5) }
        try talk.fill("web_1", .buy, "0.01", at: "100.0")
        #expect(talk.events.last?.kind == .noFill)
        talk.hear(.reply(leverageId, .done))
        #expect(talk.orderCount == 0)
        for _ in 0..<60 {
            try talk.pass(ms: 100)
            try talk.answerLook(positions: [try talk.held("0.01")])
        }
        let position = try #require(talk.executor.position(of: symbol))
        #expect(position.isAdopted && position.held.description == "0.01")
        let (stopId, stop) = try talk.takeStop()
        talk.hear(.reply(stopId, .stop(talk.report(stop, .new))))
        #expect(talk.events.last { $0.kind == .positionAdopted }?.strategy == nil, "it is of no strategy")
        talk.hear(.command(Command(id: "c", issuedAt: talk.now, author: "test", name: .close, symbol: symbol)))
        let (_, exit) = try talk.takeOrder()
        try talk.fill(exit.clientOrderId, .sell, "0.01", at: "100.0", maker: false)
        #expect(talk.events.contains { $0.kind == .positionClosed })
    }

    @Test func `a person's sale while our entry rests cancels it, and is not counted to it`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        talk.hear(.plan(symbol, try talk.plan()))
        let (id, entry) = try talk.takeOrder()
        talk.hear(.reply(id, .order(try talk.report(entry, .new))))
        try talk.fill("web_1", .sell, "3", at: "100.0")
        let (cancelId, _) = try talk.take { $0 == .cancelOrder(symbol, clientOrderId: entry.clientOrderId) }
        talk.hear(.reply(cancelId, .order(try talk.report(entry, .canceled))))
        #expect(talk.events.last?.kind == .noFill && talk.executor.position(of: talk.symbol) == nil)
    }

    @Test func `more than one market order may take is closed in several`() throws {
        var talk = try Conversation.ready()
        _ = try talk.enter(try talk.plan())
        talk.hear(.rules(try talk.rules(maxMarket: "4")))
        talk.hear(.command(Command(id: "c", issuedAt: talk.now, author: "test", name: .closeAll)))
        var exits: [NewOrder] = []
        while talk.orderCount > 0 { exits.append(try talk.takeOrder().order) }
        #expect(exits.map(\.quantity.description) == ["4", "4", "2"])
        #expect(exits.allSatisfy { $0.kind == .market && $0.isReduceOnly })
        #expect(Set(exits.map(\.clientOrderId)).count == 3)
        for exit in exits {
            try talk.fill(exit.clientOrderId, .sell, exit.quantity.description, at: "99.9", maker: false)
        }
        #expect(talk.events.contains { $0.kind == .positionClosed })
    }

    @Test func `a person hears once a minute of exits that the venue keeps refusing`() throws {
        var talk = try Conversation.ready()
        _ = try talk.enter(try talk.plan())
        talk.hear(.command(Command(id: "c", issuedAt: talk.now, author: "test", name: .closeAll)))
        for _ in 0..<200 {
            while talk.orderCount > 0 {
                let (id, _) = try talk.takeOrder()
                talk.hear(.reply(id, .rejected(VenueError(code: -4005, message: "too great"))))
            }
            try talk.pass(ms: 500)
        }
        #expect(talk.messages.count { $0.isAlert("exit_refused", .critical) } == 2)
    }

    @Test func `a target that is refused is told, and three of them once more`() throws {
        var talk = try Conversation.ready()
        talk.hear(.plan(talk.symbol, try talk.plan()))
        let (_, entry) = try talk.takeOrder()
        try talk.fill(entry.clientOrderId, .buy, "10", at: "100.0")
        let (stopId, stop) = try talk.takeStop()
        talk.hear(.reply(stopId, .stop(talk.report(stop, .new))))
        for _ in 0..<3 {
            let (id, _) = try talk.takeOrder()
            talk.hear(.reply(id, .rejected(VenueError(code: -1111, message: "precision"))))
            try talk.pass(ms: 1100)
        }
        #expect(talk.events.count { $0.kind == .takeProfitRefused } == 3)
        #expect(talk.alerts.contains("target_refused"))
        #expect(talk.executor.position(of: talk.symbol)?.state == .active)
    }

    @Test func `a stop that is refused when its position is over is no news`() throws {
        var talk = try Conversation.ready()
        let (stop, target) = try talk.enter(try talk.plan())
        try talk.book("100.4", "100.5")
        try talk.fill(target.clientOrderId, .sell, "6", at: "100.4", pnl: "2.4")
        let (movedId, _) = try talk.takeStop()
        try talk.fill(stop.clientOrderId, .sell, "4", at: "99.8", maker: false, pnl: "-0.8")
        #expect(talk.events.last?.kind == .positionClosed)
        talk.hear(.reply(movedId, .rejected(VenueError(code: -4509, message: "no position"))))
        #expect(!talk.events.contains { $0.kind == .stopRefused } && talk.doubts.isEmpty)
    }

    @Test func `what others closed without a fill that we know of has a result`() throws {
        var talk = try Conversation.ready()
        _ = try talk.enter(try talk.plan(.short))
        for _ in 0..<60 {
            talk.tick()
            try talk.book("101.0", "101.1")
            try talk.answerLook(positions: [])
        }
        let summary = try #require(talk.events.last { $0.kind == .positionClosed }?.summary)
        #expect(summary.exitReason == .external)
        #expect(summary.exitPrice.description == "101.1", "a short is bought back at the ask")
        #expect(summary.grossPnl.description == "-11")
        #expect(summary.netPnl < summary.grossPnl)
    }

    @Test func `after a restart with a position and without a feed it is closed as without one`() throws {
        var before = try Conversation.ready()
        _ = try before.enter(try before.plan())
        var after = try before.restarted()
        after.hear(.rules(try after.rules()))
        after.hear(.userStream(isUp: true))
        for _ in 0..<310 { after.tick() }
        #expect(
            after.open.contains { if case .placeOrder(let order) = $0.request { order.kind == .market } else { false } }
        )
        #expect(after.alerts.contains("feed_lost"))
    }
}
