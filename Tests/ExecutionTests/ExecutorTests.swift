import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

struct ExecutorTests {
    @Test func `a trade goes from plan to trailing stop, and adds up`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        talk.hear(.plan(symbol, try talk.plan()))
        let (entryId, entry) = try talk.takeOrder()
        #expect(entry.kind == .limit(try talk.number("100"), .postOnly))  // one tick of spread: joins the bid
        #expect(entry.clientOrderId == "v7-\(try talk.plan().id)-e" && entry.side == .buy)
        talk.hear(.reply(entryId, .order(try talk.report(entry, .new))))
        #expect(talk.stopCount == 0)

        try talk.fill(entry.clientOrderId, .buy, "4", at: "100.0")
        let (stopId, stop) = try talk.takeStop()
        #expect(stop.triggerPrice.description == "99.8" && stop.side == .sell)
        talk.hear(.reply(stopId, .stop(talk.report(stop, .new))))
        try talk.fill(entry.clientOrderId, .buy, "6", at: "100.0")
        #expect(talk.stopCount == 0, "the first stop closes the whole position")

        let (targetId, target) = try talk.takeOrder()
        #expect(target.quantity.description == "6" && target.isReduceOnly)
        #expect(target.kind == .limit(try talk.number("100.4"), .goodTillCancel))
        talk.hear(.reply(targetId, .order(try talk.report(target, .new))))

        try talk.book("100.4", "100.5")
        try talk.fill(target.clientOrderId, .sell, "6", at: "100.4", pnl: "2.4")
        #expect(talk.executor.position(of: symbol)?.state == .trailing)
        let (movedId, moved) = try talk.takeStop()
        #expect(moved.triggerPrice.description == "100.1", "the better of break-even and the trail")
        #expect(!talk.open.contains { $0.request == .cancelStop(symbol, clientOrderId: stop.clientOrderId) })
        talk.hear(.reply(movedId, .stop(talk.report(moved, .new))))
        _ = try talk.take { $0 == .cancelStop(symbol, clientOrderId: stop.clientOrderId) }

        try talk.fill(moved.clientOrderId, .sell, "4", at: "100.1", maker: false, pnl: "0.4", fee: "0.05")
        let closed = try #require(talk.events.last)
        let summary = try #require(closed.summary)
        #expect(closed.kind == .positionClosed && summary.exitReason == .takeProfit2)
        #expect(summary.grossPnl.description == "2.8" && summary.fees.description == "0.11")
        #expect(summary.netPnl.description == "2.69")
        #expect(summary.makerFills == 3 && summary.takerFills == 1)
        #expect(summary.entryPrice.description == "100" && summary.quantity.description == "10")
    }

    @Test func `the mirror of a trade is the mirror`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        talk.hear(.plan(symbol, try talk.plan(.short)))
        let (_, entry) = try talk.takeOrder()
        #expect(entry.kind == .limit(try talk.number("100.1"), .postOnly) && entry.side == .sell)
        try talk.fill(entry.clientOrderId, .sell, "10", at: "100.1")
        let (_, stop) = try talk.takeStop()
        #expect(stop.triggerPrice.description == "100.3" && stop.side == .buy)
        let (_, target) = try talk.takeOrder()
        #expect(target.kind == .limit(try talk.number("99.7"), .goodTillCancel) && target.side == .buy)
    }

    @Test func `a post-only refusal is priced again twice, then it is no fill`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        talk.hear(.plan(symbol, try talk.plan()))
        var ids: [String] = []
        for _ in 0..<3 {
            let (id, order) = try talk.takeOrder()
            ids.append(order.clientOrderId)
            talk.hear(.reply(id, .rejected(VenueError(code: -5022, message: "post only"))))
        }
        #expect(Set(ids).count == 3 && talk.orderCount == 0)
        #expect(talk.events.last?.kind == .noFill)
        #expect(talk.executor.position(of: symbol) == nil)
    }

    @Test(arguments: [("4", ExecutionKind.exitSent), ("5", .entryFilled)])
    func `at the time-out a part is closed below a half and kept from a half`(part: String, last: ExecutionKind) throws
    {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        talk.hear(.plan(symbol, try talk.plan()))
        let (id, entry) = try talk.takeOrder()
        talk.hear(.reply(id, .order(try talk.report(entry, .new))))
        try talk.fill(entry.clientOrderId, .buy, part, at: "100.0")
        let (stopId, stop) = try talk.takeStop()
        talk.hear(.reply(stopId, .stop(talk.report(stop, .new))))
        try talk.pass(ms: 5000)
        let (cancelId, _) = try talk.take { $0 == .cancelOrder(symbol, clientOrderId: entry.clientOrderId) }
        talk.hear(.reply(cancelId, .order(try talk.report(entry, .canceled, executed: part))))
        let (_, next) = try talk.takeOrder()
        if last == .exitSent {
            #expect(next.kind == .market && next.isReduceOnly && next.quantity.description == part)
            try talk.fill(next.clientOrderId, .sell, part, at: "99.9", maker: false)
            #expect(talk.events.last?.summary?.exitReason == .noFill)
        } else {
            #expect(next.quantity.description == "3", "60 % of what filled")
        }
    }

    @Test func `a fill after the cancel was confirmed is closed, not forgotten`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        talk.hear(.plan(symbol, try talk.plan()))
        let (id, entry) = try talk.takeOrder()
        talk.hear(.reply(id, .order(try talk.report(entry, .new))))
        try talk.pass(ms: 5000)
        let (cancelId, _) = try talk.take { $0 == .cancelOrder(symbol, clientOrderId: entry.clientOrderId) }
        // The venue's answer tells of an execution whose fill has not come yet.
        talk.hear(.reply(cancelId, .order(try talk.report(entry, .canceled, executed: "2"))))
        #expect(talk.executor.position(of: symbol)?.state == .entrySent)
        try talk.fill(entry.clientOrderId, .buy, "2", at: "100.0")
        let (_, exit) = try talk.takeOrder()
        #expect(exit.kind == .market && exit.isReduceOnly && exit.quantity.description == "2")
    }

    @Test func `a stop that would trigger at once closes the position at once`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        talk.hear(.plan(symbol, try talk.plan()))
        let (_, entry) = try talk.takeOrder()
        try talk.fill(entry.clientOrderId, .buy, "10", at: "100.0")
        let (stopId, _) = try talk.takeStop()
        talk.hear(.reply(stopId, .rejected(VenueError(code: -2021, message: "would trigger"))))
        let exit = try #require(
            talk.open.compactMap {
                if case .placeOrder(let order) = $0.request, order.kind == .market { order } else { nil }
            }
            .first)
        #expect(exit.isReduceOnly && exit.quantity.description == "10")
    }

    @Test func `a position without a confirmed stop is closed after a second and a half`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        talk.hear(.plan(symbol, try talk.plan()))
        let (_, entry) = try talk.takeOrder()
        try talk.fill(entry.clientOrderId, .buy, "10", at: "100.0")
        _ = try talk.takeStop()
        try talk.pass(ms: 1400)
        func exits() -> Int {
            talk.open.count { if case .placeOrder(let order) = $0.request { order.kind == .market } else { false } }
        }
        #expect(exits() == 0)
        try talk.pass(ms: 200)
        #expect(exits() == 1)
        #expect(
            talk.messages.contains { if case .alert(let alert) = $0 { alert.event == "position_naked" } else { false } }
        )
    }

    @Test func `an entry of unknown outcome is never sent again, and absence needs two looks`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        talk.hear(.plan(symbol, try talk.plan()))
        let (id, entry) = try talk.takeOrder()
        talk.hear(.reply(id, .unknown("timeout")))
        #expect(talk.events.last?.kind == .orderUnknown)
        talk.hear(.plan(symbol, try talk.plan(number: 2)))
        #expect(talk.events.last?.kind == .planDenied)
        var looks = 0
        let began = talk.now
        while talk.executor.position(of: symbol) != nil, looks < 20 {
            talk.tick(afterMs: 600)
            while let place = talk.open.firstIndex(where: {
                $0.request == .queryOrder(symbol, clientOrderId: entry.clientOrderId)
            }) {
                looks += 1
                talk.hear(
                    .reply(talk.open.remove(at: place).id, .rejected(VenueError(code: -2013, message: "no such order")))
                )
            }
        }
        // The venue takes a request that is five seconds old, and may keep it for some seconds more.
        #expect(looks >= 2 && talk.orderCount == 0 && talk.now - began >= 10_000)
        #expect(talk.events.last?.kind == .noFill)
    }

    @Test func `an entry that was slow on its way is its plan's, however often it was looked for in vain`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        talk.hear(.plan(symbol, try talk.plan()))
        let (id, entry) = try talk.takeOrder()
        talk.hear(.reply(id, .unknown("timeout")))
        for _ in 0..<7 {
            talk.tick(afterMs: 600)
            let (query, _) = try talk.take { $0 == .queryOrder(symbol, clientOrderId: entry.clientOrderId) }
            talk.hear(.reply(query, .rejected(VenueError(code: -2013, message: "no such order"))))
        }
        #expect(!talk.events.contains { $0.kind == .noFill })
        try talk.fill(entry.clientOrderId, .buy, "10", at: "100.0")
        #expect(talk.stopCount == 1 && talk.events.contains { $0.kind == .entryFilled })
        #expect(
            !talk.messages.contains {
                if case .alert(let alert) = $0 { alert.event == "position_adopted" } else { false }
            })
    }

    @Test func `an entry of unknown outcome that filled is found and protected`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        talk.hear(.plan(symbol, try talk.plan()))
        let (id, entry) = try talk.takeOrder()
        talk.hear(.reply(id, .unknown("timeout")))
        try talk.fill(entry.clientOrderId, .buy, "10", at: "100.0")
        #expect(talk.stopCount == 1)
    }

    @Test func `a plan is taken once, however often it comes`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        let plan = try talk.plan()
        talk.hear(.plan(symbol, plan))
        talk.hear(.plan(symbol, plan))
        #expect(talk.orderCount == 1)
    }

    @Test func `a fill counts once, by whatever way it comes`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        talk.hear(.plan(symbol, try talk.plan()))
        let (_, entry) = try talk.takeOrder()
        try talk.fill(entry.clientOrderId, .buy, "10", at: "100.0")
        let again = Fill(
            symbol: symbol, tradeId: 101, orderId: 0, clientOrderId: nil, side: .buy,
            price: try talk.number("100"),
            quantity: try talk.number("10"), fee: .zero, feeAsset: "USDT", isMaker: true, realizedPnl: .zero,
            time: talk.now)
        talk.hear(.user(.order(try talk.report(entry, .filled, executed: "10"), fill: again)))
        #expect(talk.executor.position(of: symbol)?.held.description == "10")
    }

    @Test func `a position is closed at its time limit`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        let (_, target) = try talk.enter(try talk.plan())
        for _ in 0..<60 {
            talk.now = talk.now + 5000
            try talk.book("100.0", "100.1")
            talk.hear(.timer)
            talk.open.removeAll { !$0.request.isMutation }
        }
        _ = try talk.take { $0 == .cancelOrder(symbol, clientOrderId: target.clientOrderId) }
        let (_, exit) = try talk.takeOrder()
        try talk.fill(exit.clientOrderId, .sell, "10", at: "100.0", maker: false)
        #expect(talk.events.last?.summary?.exitReason == .timeout)
    }

    @Test func `stop refuses plans, start takes them again, and both are answered`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        talk.hear(.command(Command(id: "c1", issuedAt: talk.now, author: "test", name: .stop, symbol: nil)))
        talk.hear(.plan(symbol, try talk.plan()))
        #expect(talk.orderCount == 0 && talk.events.last?.detail == EntryHindrance.stopped.text)
        talk.hear(.command(Command(id: "c2", issuedAt: talk.now, author: "test", name: .start, symbol: nil)))
        talk.hear(.plan(symbol, try talk.plan(number: 2)))
        #expect(talk.orderCount == 1)
        let replies = talk.messages.compactMap { if case .reply(let reply) = $0 { reply.command } else { nil } }
        #expect(replies == ["c1", "c2"])
    }

    @Test func `without a journal no entry is sent, and exits still are`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        _ = try talk.enter(try talk.plan())
        talk.hear(.journal(isWritable: false))
        talk.hear(.plan(symbol, try talk.plan(number: 2)))
        #expect(talk.events.last?.detail == "the journal can't be written" && talk.orderCount == 0)
        talk.hear(.command(Command(id: "c1", issuedAt: talk.now, author: "test", name: .closeAll, symbol: nil)))
        #expect(try talk.takeOrder().order.isReduceOnly)
        talk.hear(.journal(isWritable: true))
        #expect(talk.executor.acceptsEntries)
    }

    @Test func `close-all closes, is answered when flat, and is harmless twice`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        _ = try talk.enter(try talk.plan())
        let command = Command(id: "c1", issuedAt: talk.now, author: "test", name: .closeAll, symbol: nil)
        talk.hear(.command(command))
        talk.hear(.command(command))
        let (_, exit) = try talk.takeOrder()
        #expect(exit.kind == .market && talk.orderCount == 0)
        try talk.fill(exit.clientOrderId, .sell, "10", at: "100.0", maker: false)
        #expect(talk.events.last?.summary?.exitReason == .manual)
        while let place = talk.open.firstIndex(where: { $0.request.isMutation }) {
            let (id, request) = talk.open.remove(at: place)
            if case .cancelOrder(_, let clientOrderId) = request {
                let order = NewOrder(
                    symbol: symbol, clientOrderId: clientOrderId, side: .sell, kind: .market, quantity: .zero,
                    isReduceOnly: true)
                talk.hear(.reply(id, .order(try talk.report(order, .canceled))))
            } else {
                talk.hear(.reply(id, .done))
            }
        }
        talk.tick()
        let replies = talk.messages.compactMap { if case .reply(let reply) = $0 { reply } else { nil } }
        #expect(replies.count == 1 && replies.first?.isDone == true)
    }

    @Test func `an order of ours that belongs to nothing is cancelled; a stranger's is left alone`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        try talk.pass(ms: 5100)
        let (id, _) = try talk.take { $0 == .queryOpenOrders(symbol) }
        func order(_ clientOrderId: String) throws -> OrderReport {
            let order = NewOrder(
                symbol: symbol, clientOrderId: clientOrderId, side: .buy,
                kind: .limit(try talk.number("99"), .postOnly),
                quantity: try talk.number("1"), isReduceOnly: false)
            return try talk.report(order, .new)
        }
        talk.hear(.reply(id, .openOrders([try order("v7-OLD-1-e"), try order("web_123")])))
        _ = try talk.take { $0 == .cancelOrder(symbol, clientOrderId: "v7-OLD-1-e") }
        #expect(!talk.open.contains { $0.request == .cancelOrder(symbol, clientOrderId: "web_123") })
    }

    @Test func `a position that nobody planned is protected and told`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        let found = PositionReport(
            symbol: symbol, quantity: try talk.number("2"), entryPrice: try talk.number("100"),
            markPrice: try talk.number("100"),
            liquidationPrice: .zero, unrealizedPnl: .zero)
        for _ in 0..<40 where talk.stopCount == 0 {
            try talk.pass(ms: 600)
            try talk.answerLook(positions: [found])
        }
        let (_, stop) = try talk.takeStop()
        #expect(stop.side == .sell && stop.triggerPrice.description == "99.7")
        #expect(talk.events.last?.kind == .positionAdopted || talk.events.contains { $0.kind == .positionAdopted })
    }

    @Test func `people see where the venue would liquidate, and when the time is over`() throws {
        var talk = try Conversation.ready()
        _ = try talk.enter(try talk.plan())
        let opened = try #require(talk.shown?["open_time"].flatMap { Int64($0) })
        let ends = try #require(talk.shown?["close_by"].flatMap { Int64($0) })
        #expect(ends - opened == 300_000 && talk.shown?["liquidation"] == nil)
        for _ in 0..<9 {
            try talk.pass(ms: 600)
            try talk.answerLook(positions: [try talk.held("10", liquidation: "80.5")])
        }
        #expect(talk.shown?["liquidation"] == "80.5" && talk.shown?["size"] == "10")
    }

    /// The account as it was told last.
    private func account(_ talk: Conversation) -> AccountUpdate? {
        for case .account(let update) in talk.messages.reversed() { return update }
        return nil
    }

    @Test func `the account tells its fee rates once the venue has, and asks again where it has not`() throws {
        var talk = try Conversation.ready()
        #expect(account(talk)?.makerFeeRate == nil)
        let isCommission: (VenueRequest) -> Bool = { if case .queryCommission = $0 { true } else { false } }
        talk.tick()
        let first = try talk.take(isCommission)
        talk.hear(.reply(first.id, .notExecuted("busy")))
        try talk.pass(ms: 50_000)
        #expect(!talk.open.contains { isCommission($0.request) })
        try talk.pass(ms: 11_000)
        let second = try talk.take(isCommission)
        let report = CommissionReport(
            symbol: talk.symbol, makerFeeRate: Ratio(raw: 18_000), takerFeeRate: Ratio(raw: 45_000))
        talk.hear(.reply(second.id, .commission(report)))
        let brackets = [
            LeverageBracket(
                notionalCap: try talk.number("50000"), maxLeverage: 20, maintenanceMarginRatio: try talk.number("0.01"),
                maintenanceAmount: .zero)
        ]
        let isBrackets: (VenueRequest) -> Bool = { if case .queryBrackets = $0 { true } else { false } }
        _ = try talk.take(isBrackets)
        let asked = try talk.take(isBrackets)
        talk.hear(.reply(asked.id, .brackets(brackets)))
        let terms = talk.messages.compactMap { if case .contract(_, let terms) = $0 { terms } else { nil } }
        #expect(terms.last?.rules.brackets == brackets && terms.last?.takerFeeRate == report.takerFeeRate)
        #expect(
            account(talk)?.makerFeeRate == report.makerFeeRate && account(talk)?.takerFeeRate == report.takerFeeRate)
        talk.tick(afterMs: 3_500_000)
        #expect(!talk.open.contains { isCommission($0.request) })
        talk.tick(afterMs: 110_000)
        #expect(talk.open.contains { isCommission($0.request) })
    }

    @Test func `a user stream that is said to stand again brings a look at the venue`() throws {
        var talk = try Conversation.ready()
        try talk.pass(ms: 1000)
        #expect(!talk.open.contains { $0.request == .queryPositions })
        talk.hear(.userStream(isUp: true))
        talk.tick()
        #expect(talk.open.contains { $0.request == .queryPositions })
    }
}
