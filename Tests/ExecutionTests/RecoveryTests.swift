import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

struct RecoveryTests {
    /// All records of a whole trade, in order.
    private func trade() throws -> [ExecutorRecord] {
        var talk = try Conversation.ready()
        let (_, target) = try talk.enter(try talk.plan())
        try talk.book("100.4", "100.5")
        try talk.fill(target.clientOrderId, .sell, "6", at: "100.4", pnl: "2.4")
        let (movedId, moved) = try talk.takeStop()
        talk.hear(.reply(movedId, .stop(talk.report(moved, .new))))
        try talk.fill(moved.clientOrderId, .sell, "4", at: "100.1", maker: false, pnl: "0.4")
        return talk.journal
    }

    @Test func `orders, stops and trade ids stand in a record as words`() throws {
        let records = try trade().compactMap { try Fields(record: $0.bytes[...]) }.filter { $0["record"] == "position" }
        let last = try #require(records.last { $0["stops"]?.contains("open") == true })
        #expect(
            last["orders"] == """
                entry v7-BTCUSDT-gqll7vcyw01-e 100 10 done 0 10 10 1700000000100 0;\
                target v7-BTCUSDT-gqll7vcyw01-tp1 100.4 6 done 0 6 6 1700000000100 0
                """)
        #expect(
            last["stops"] == """
                v7-BTCUSDT-gqll7vcyw01-sl1 99.8 open 0 1700000000100 1 0 1;\
                v7-BTCUSDT-gqll7vcyw01-sl2 100.1 triggered 0 1700000000100 0 4 1
                """)
        #expect(last["trade_ids"] == "101,102,103")
    }

    @Test func `a command to close that a crash cut off is carried on and answered once`() throws {
        var talk = try Conversation.ready()
        _ = try talk.enter(try talk.plan())
        talk.hear(.command(Command(id: "c9", issuedAt: talk.now, author: "test", name: .closeAll)))
        let whole = talk.journal
        let taken = try #require(whole.firstIndex { if case .closing = $0 { true } else { false } })
        #expect(try ExecutorRecord(bytes: whole[taken].bytes[...]) == whole[taken])
        for length in taken + 1...whole.count {
            var next = try talk.restarted(afterMs: 1000, remembering: Array(whole.prefix(length)))
            #expect(next.executor.position(of: next.symbol) != nil)
            // The stream gives the command once more.
            next.hear(.rules(try next.rules()))
            next.hear(.command(Command(id: "c9", issuedAt: talk.now, author: "test", name: .closeAll)))
            #expect(!next.messages.contains { if case .reply = $0 { true } else { false } }, "answered too early")
            next.tick(afterMs: 21_000)
            let replies = next.messages.filter { if case .reply = $0 { true } else { false } }
            #expect(replies.count == 1, "after \(length) records")
            for record in next.journal { next.executor.remember(record) }
            next.tick(afterMs: 21_000)
            #expect(next.messages.count { if case .reply = $0 { true } else { false } } == 1)
        }
    }

    @Test func `a command that comes before the contract's rules are known closes the position once they are`() throws {
        var talk = try Conversation.ready()
        _ = try talk.enter(try talk.plan())
        var next = try talk.restarted(afterMs: 1000)
        next.hear(.command(Command(id: "c9", issuedAt: talk.now, author: "test", name: .closeAll)))
        next.hear(.rules(try next.rules()))
        next.hear(.userStream(isUp: true))
        // The restored orders are looked up first; then it is closed.
        for _ in 0..<20 where next.orderCount == 0 { next.tick() }
        #expect(try next.takeOrder().order.isReduceOnly)
    }

    @Test func `every record survives its bytes`() throws {
        let records =
            try trade() + [
                .position(try #require(Symbol("ETHUSDT")), nil), .entriesStopped(true), .command(id: "c1"),
            ]
        #expect(records.count > 20)
        for record in records {
            #expect(try ExecutorRecord(bytes: record.bytes[...]).bytes == record.bytes)
            for cut in 0..<record.bytes.count {
                _ = try? ExecutorRecord(bytes: record.bytes.prefix(cut))
            }
        }
    }

    @Test func `a compact journal remembers the same`() throws {
        let symbol = try #require(Symbol("BTCUSDT"))
        for length in try 0...trade().count {
            var first = Executor(symbols: [symbol])
            for record in try trade().prefix(length) { first.remember(record) }
            var second = Executor(symbols: [symbol])
            for record in first.records { second.remember(record) }
            #expect(second.records == first.records)
            #expect(second.position(of: symbol) == first.position(of: symbol))
        }
    }

    @Test func `a stop that the journal forgot is looked for before another one is placed`() throws {
        var talk = try Conversation.ready()
        let (first, target) = try talk.enter(try talk.plan())
        let remembered = talk.journal
        try talk.fill(target.clientOrderId, .sell, "6", at: "100.4", pnl: "2.4")
        let (movedId, moved) = try talk.takeStop()
        talk.hear(.reply(movedId, .stop(talk.report(moved, .new))))

        var next = try talk.restarted(afterMs: 500, remembering: remembered)
        next.hear(.rules(try next.rules()))
        next.hear(.userStream(isUp: true))
        next.tick()
        let (id, _) = try next.take { if case .queryStop = $0 { true } else { false } }
        next.hear(.reply(id, .stop(next.report(first, .canceled))))
        #expect(next.stopCount == 0, "it can't know yet what stands there")
        for _ in 0..<2 {
            next.tick(afterMs: 500)
            while let place = next.open.firstIndex(where: { $0.request == .queryOpenStops(next.symbol) }) {
                let (id, _) = next.open.remove(at: place)
                next.hear(.reply(id, .openStops([next.report(moved, .new)])))
            }
            try next.answerLook(positions: [try next.held("10")])
        }
        next.tick()
        // What stands there is of less than it believes to hold, so it places one more, and not behind it.
        let (_, placed) = try next.takeStop()
        #expect(placed.triggerPrice == moved.triggerPrice)
        #expect(placed.clientOrderId != moved.clientOrderId)

        // Nobody answers: after a moment protecting comes before knowing.
        var alone = try talk.restarted(afterMs: 500, remembering: remembered)
        alone.hear(.rules(try alone.rules()))
        alone.tick()
        let (aloneId, _) = try alone.take { if case .queryStop = $0 { true } else { false } }
        alone.hear(.reply(aloneId, .stop(alone.report(first, .canceled))))
        alone.tick(afterMs: 1300)
        #expect(alone.stopCount == 0)
        alone.tick(afterMs: 100)
        #expect(alone.stopCount == 1)
    }

    /// A disk that failed kept no more than the entry; then the target, a trailed stop and the end came without it.
    @Test func `fills that tell of a whole trade at once set off nothing but its end`() throws {
        var talk = try Conversation.ready()
        talk.hear(.plan(talk.symbol, try talk.plan()))
        let entry = try talk.takeOrder().order
        var next = try talk.restarted(afterMs: 5000)
        next.hear(.rules(try next.rules()))
        next.hear(.userStream(isUp: true))
        func fill(_ tradeId: Int64, _ orderId: Int64, _ side: Side, _ quantity: String) throws -> Fill {
            Fill(
                symbol: next.symbol, tradeId: tradeId, orderId: orderId, clientOrderId: nil, side: side,
                price: try next.number("100.0"), quantity: try next.number(quantity), fee: .zero, feeAsset: "USDT",
                isMaker: true, realizedPnl: .zero, time: next.now - 1000)
        }
        let whole = [
            try fill(101, 24000, .buy, "4"), try fill(102, 24000, .buy, "6"), try fill(103, 2, .sell, "6"),
            try fill(104, 3, .sell, "4"),
        ]
        for _ in 0..<5 {
            next.tick(afterMs: 500)
            while let place = next.open.firstIndex(where: { !$0.request.isMutation }) {
                let (id, request) = next.open.remove(at: place)
                switch request {
                case .queryOrder: next.hear(.reply(id, .order(try next.report(entry, .filled, executed: "10"))))
                case .queryFills: next.hear(.reply(id, .fills(whole)))
                case .queryOpenStops: next.hear(.reply(id, .openStops([])))
                default: break
                }
            }
            #expect(next.stopCount == 0 && next.orderCount == 0, "\(next.open)")
        }
        #expect(next.executor.position(of: next.symbol) == nil)
        let kinds = next.messages.compactMap { if case .execution(_, let event) = $0 { event.kind } else { nil } }
        #expect(kinds.count { $0 == .positionClosed } == 1)
    }

    @Test func `killed after any record, it sends no second entry and protects what it holds`() throws {
        let records = try trade()
        for length in 0...records.count {
            var talk = try Conversation()
            let symbol = talk.symbol
            for record in records.prefix(length) { talk.executor.remember(record) }
            talk.now = talk.now + 500
            talk.executor.recovered(at: talk.now)
            let position = talk.executor.position(of: symbol)
            try talk.start()
            // The plan comes again, as the stream redelivers it.
            talk.hear(.plan(symbol, try Conversation.ready().plan()))
            for _ in 0..<80 {
                try talk.pass(ms: 100)
                answerAsForgetful(&talk)
            }
            let entries = talk.open.count {
                if case .placeOrder(let order) = $0.request { !order.isReduceOnly } else { false }
            }
            let wasTaken = records.prefix(length).contains { if case .plan = $0 { true } else { false } }
            #expect(entries == (wasTaken ? 0 : 1), "after \(length) records")
            if let position, position.held > .zero, !position.state.isFinal {
                let isActing = talk.open.contains {
                    switch $0.request {
                    case .placeStop: true
                    case .placeOrder(let order): order.isReduceOnly && order.kind == .market
                    default: false
                    }
                }
                #expect(isActing, "after \(length) records: \(position.state)")
            }
        }
    }

    /// A venue that has forgotten every order and stop of ours, and never heard of our fills.
    private func answerAsForgetful(_ talk: inout Conversation) {
        while let place = talk.open.firstIndex(where: { !$0.request.isMutation }) {
            let (id, request) = talk.open.remove(at: place)
            switch request {
            case .queryOrder, .queryStop:
                talk.hear(.reply(id, .rejected(VenueError(code: -2013, message: "no such order"))))
            default: talk.hear(.reply(id, .notExecuted("test")))
            }
        }
    }

    @Test func `the table of transitions is what it is`() {
        var legal = 0
        for state in PositionState.allCases {
            for step in PositionStep.allCases {
                guard let next = state.after(step) else { continue }
                legal += 1
                #expect(!state.isFinal || state == .noFill, "\(state) is final")
                #expect(next != .pendingEntry)
            }
        }
        #expect(legal == 29)
        #expect(PositionStep.allCases.allSatisfy { PositionState.closed.after($0) == nil })
    }
}

extension PositionState {
    var isFinal: Bool { self == .closed || self == .noFill }
}
