import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

/// The look at the venue that must be complete before anything is entered.
struct LookTests {
    @Test func `a contract that the venue does not list costs itself alone, and is named`() throws {
        let wrong = try #require(Symbol("LUNAUSDT"))
        var talk = try Conversation(also: wrong)
        talk.hear(.status(wrong, "ABSENT"))
        talk.hear(.rules(try talk.rules()))
        talk.hear(.userStream(isUp: true))
        try talk.book("100.0", "100.1")
        talk.tick()
        #expect(!talk.open.contains { $0.request.symbol == wrong })
        try talk.answerLook(positions: [])
        #expect(talk.executor.acceptsEntries)
        talk.tick(afterMs: 1000)
        let account = try #require(talk.accountTold)
        #expect(account.contracts[wrong] == [.notListed] && account.contracts[talk.symbol].isEmpty)
        #expect(talk.alerts.contains("symbol_status"))
    }

    @Test func `a contract that the venue stops knowing between two lists costs itself alone, too`() throws {
        let wrong = try #require(Symbol("LUNAUSDT"))
        var talk = try Conversation(also: wrong)
        talk.hear(.rules(try talk.rules()))
        talk.hear(.userStream(isUp: true))
        try talk.book("100.0", "100.1")
        talk.tick()
        while let place = talk.open.firstIndex(where: { $0.request.symbol == wrong }) {
            let (id, _) = talk.open.remove(at: place)
            talk.hear(.reply(id, .rejected(VenueError(code: -1121, message: "Invalid symbol."))))
        }
        try talk.answerLook(positions: [])
        #expect(talk.executor.acceptsEntries)
    }

    @Test func `an answer to the same question, asked for another reason, is not one of the look`() throws {
        var talk = try Conversation.ready()
        let (stop, _) = try talk.enter(try talk.plan())
        // A look is under way when the position closes, which asks for the account once more.
        try talk.pass(ms: 5100)
        try talk.fill(stop.clientOrderId, .sell, "10", at: "99.8", maker: false)
        let accounts = talk.open.filter { $0.request == .queryAccount }
        #expect(accounts.count == 2)
        talk.open.removeAll { $0.request == .queryAccount }
        for (id, _) in accounts { talk.hear(.reply(id, .account(try talk.account()))) }
        // Its other answers have not come: the next look waits for them.
        talk.open.removeAll { $0.request == .queryPositions }
        try talk.pass(ms: 5100)
        #expect(!talk.open.contains { $0.request == .queryPositions })
    }

    @Test func `whatever keeps entries out is said with the account, and when it is over`() throws {
        var talk = try Conversation.ready()
        try talk.pass(ms: 1000)
        #expect(talk.accountTold?.hindrances.hindrances == [])
        talk.hear(.userStream(isUp: false))
        try talk.pass(ms: 1000)
        #expect(talk.accountTold?.hindrances.hindrances == [.userStream] && talk.accountTold?.acceptsEntries == false)
        talk.hear(.userStream(isUp: true))
        try talk.pass(ms: 1000)
        #expect(talk.accountTold?.hindrances.hindrances == [])
        // Without news it is said again, so that silence means something.
        let count = talk.messages.count
        try talk.pass(ms: 5100)
        #expect(talk.messages.count > count)
    }

    @Test func `a question of a look that finds no answer is asked again by itself, soon`() throws {
        var talk = try Conversation.ready()
        try talk.pass(ms: 5100)
        let place = try #require(talk.open.firstIndex { $0.request == .queryPositions })
        let (id, _) = talk.open.remove(at: place)
        talk.hear(.reply(id, .unknown("timeout")))
        try talk.answerLook(positions: [])
        try talk.pass(ms: 1100)
        #expect(talk.open.map(\.request) == [.queryPositions])
        talk.hear(.reply(talk.open.removeFirst().id, .unknown("timeout")))
        // A venue that goes on failing is not asked at that pace.
        try talk.pass(ms: 1500)
        #expect(!talk.open.contains { $0.request == .queryPositions })
        try talk.pass(ms: 1000)
        #expect(talk.open.contains { $0.request == .queryPositions })
    }

    @Test func `an answer that is late keeps no other question from being asked again`() throws {
        var talk = try Conversation.ready()
        try talk.pass(ms: 5100)
        let orders = VenueRequest.queryOpenOrders(talk.symbol)
        let late = try talk.take { $0 == orders }.id
        try talk.answerLook(positions: [])
        // Its own is not asked twice at a time, though.
        try talk.pass(ms: 5100)
        #expect(talk.open.map(\.request) == [.queryOpenStops(talk.symbol), .queryPositions, .queryAccount])
        try talk.answerLook(positions: [])
        talk.hear(.reply(late, .openOrders([])))
        try talk.pass(ms: 5100)
        #expect(talk.open.contains { $0.request == orders })
    }

    @Test func `a contract that is found unlisted before its question was answered keeps no look from being whole`()
        throws
    {
        let other = try #require(Symbol("ETHUSDT"))
        var talk = try Conversation(also: other)
        talk.tick()
        let questions: [VenueRequest] = [.queryOpenOrders(other), .queryOpenStops(other)]
        for question in questions {
            let id = try talk.take { $0 == question }.id
            talk.hear(.reply(id, .unknown("HTTP 503")))
        }
        try talk.answerLook(positions: [])
        #expect(!talk.executor.isReconciled)
        talk.hear(.status(other, "ABSENT"))
        // The next look begins before they would be asked again by themselves.
        talk.hear(.userStream(isUp: true))
        try talk.pass(ms: 600)
        #expect(!talk.open.contains { questions.contains($0.request) })
        try talk.answerLook(positions: [])
        #expect(talk.executor.isReconciled)
    }

    @Test
    func `what a person opens is protected after two looks where the user stream has told it, and else after three`()
        throws
    {
        for isTold in [true, false] {
            var talk = try Conversation.ready()
            let held = try talk.number("3") as Quantity
            if isTold {
                let change = PositionChange(symbol: talk.symbol, quantity: held, entryPrice: try talk.number("100"))
                talk.hear(.user(.account(walletBalance: nil, transferred: .zero, positions: [change])))
            }
            let report = PositionReport(
                symbol: talk.symbol, quantity: held, entryPrice: try talk.number("100"),
                markPrice: try talk.number("100"), liquidationPrice: .zero, unrealizedPnl: .zero)
            var looks = 0
            while talk.stopCount == 0, looks < 5 {
                while !talk.open.contains(where: { $0.request == .queryPositions }) { try talk.pass(ms: 100) }
                let id = try talk.take { $0 == .queryPositions }.id
                talk.hear(.reply(id, .positions([report])))
                // The fills that would explain it come later.
                talk.tick()
                try talk.answerLook(positions: [report])
                looks += 1
            }
            #expect(looks == (isTold ? 2 : 3))
        }
    }
}
