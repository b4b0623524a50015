import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

/// When the market can't be seen, the venue is slow, the price jumps or the wallet empties.
struct EmergencyTests {
    private let symbol: Symbol

    init() throws { symbol = try #require(Symbol("BTCUSDT")) }

    @Test func `without a feed the stop is looked up, and without its answer the position is closed`() throws {
        var talk = try Conversation.ready()
        let (stop, _) = try talk.enter(try talk.plan())
        talk.tick(afterMs: 4700)
        #expect(!talk.open.contains { $0.request == .queryStop(symbol, clientOrderId: stop.clientOrderId) })
        talk.tick(afterMs: 400)
        _ = try talk.take { $0 == .queryStop(symbol, clientOrderId: stop.clientOrderId) }
        #expect(talk.alerts.contains("feed_lost"))
        talk.tick(afterMs: 2900)
        #expect(talk.orderCount == 0)
        talk.tick(afterMs: 200)
        let (_, exit) = try talk.takeOrder()
        #expect(exit.kind == .market && exit.isReduceOnly)
        #expect(talk.executor.position(of: symbol)?.exitReason == .emergency)
    }

    @Test func `a stop that the venue confirms is enough for half a minute without a feed`() throws {
        var talk = try Conversation.ready()
        let (stop, _) = try talk.enter(try talk.plan())
        talk.tick(afterMs: 5100)
        let (id, _) = try talk.take { $0 == .queryStop(symbol, clientOrderId: stop.clientOrderId) }
        talk.hear(.reply(id, .stop(talk.report(stop, .new))))
        for _ in 0..<24 { talk.tick(afterMs: 1000) }
        #expect(talk.orderCount == 0)
        talk.tick(afterMs: 1000)
        #expect(try talk.takeOrder().order.isReduceOnly)
    }

    @Test func `the literal rule closes at five seconds`() throws {
        var rules = ExecutorConfiguration()
        rules.onFeedLoss = .close
        var talk = try Conversation.ready(rules)
        _ = try talk.enter(try talk.plan())
        talk.tick(afterMs: 4700)
        #expect(talk.orderCount == 0)
        talk.tick(afterMs: 400)
        #expect(try talk.takeOrder().order.kind == .market)
    }

    @Test func `three slow answers in a row close everything and pause entries`() throws {
        var talk = try Conversation.ready()
        _ = try talk.enter(try talk.plan())
        try talk.pass(ms: 5000)
        // The look at the venue is answered 2.1 s later.
        try talk.pass(ms: 2100)
        for _ in 0..<3 {
            let (id, _) = try talk.take { if case .queryOpenOrders = $0 { true } else { !$0.isMutation } }
            talk.hear(.reply(id, .notExecuted("slow")))
        }
        #expect(try talk.takeOrder().order.isReduceOnly)
        #expect(talk.alerts.contains("emergency"))
        talk.hear(.plan(symbol, try talk.plan(number: 2)))
        #expect(talk.events.last?.detail?.contains("paused after an emergency") == true)
    }

    @Test func `what this process slept through says nothing about the venue`() throws {
        var talk = try Conversation.ready()
        _ = try talk.enter(try talk.plan())
        try talk.pass(ms: 5000)
        talk.now = talk.now + 3000
        while let place = talk.open.firstIndex(where: { !$0.request.isMutation }) {
            talk.hear(.reply(talk.open.remove(at: place).id, .notExecuted("late")))
        }
        #expect(!talk.alerts.contains("emergency"))
    }

    @Test(arguments: [("101.2", true), ("98.7", true), ("100.9", false)])
    func `a jump of more than a hundredth within a second closes everything`(bid: String, closes: Bool) throws {
        var talk = try Conversation.ready()
        _ = try talk.enter(try talk.plan())
        talk.now = talk.now + 300
        let price: Price = try talk.number(bid)
        talk.hear(.book(symbol, bid: price, ask: price + (try talk.number("0.1")), at: talk.now))
        #expect(talk.alerts.contains("emergency") == closes)
        #expect((talk.orderCount == 1) == closes)
    }

    @Test func `an entry that fills while an emergency cancels it is closed by the emergency`() throws {
        var talk = try Conversation.ready()
        talk.hear(.plan(symbol, try talk.plan()))
        let (id, entry) = try talk.takeOrder()
        talk.hear(.reply(id, .order(try talk.report(entry, .new))))
        try talk.pass(ms: 300)
        try talk.book("101.5", "101.6")
        _ = try talk.take { $0 == .cancelOrder(symbol, clientOrderId: entry.clientOrderId) }
        try talk.fill(entry.clientOrderId, .buy, "10", at: "100")
        #expect(talk.executor.position(of: symbol)?.exitReason == .emergency)
    }

    @Test func `a wallet that loses a twentieth within five minutes stops entries until a person starts them`() throws {
        var talk = try Conversation.ready()
        talk.hear(.user(.account(walletBalance: try talk.number("5000"), transferred: .zero, positions: [])))
        talk.tick(afterMs: 200_000)
        talk.hear(.user(.account(walletBalance: try talk.number("4760"), transferred: .zero, positions: [])))
        #expect(!talk.alerts.contains("emergency_stop"))
        talk.tick(afterMs: 90_000)
        talk.hear(.user(.account(walletBalance: try talk.number("4740"), transferred: .zero, positions: [])))
        #expect(talk.alerts.contains("emergency_stop") && talk.journal.contains(.entriesStopped(true)))
    }

    @Test func `a loss of a twentieth over a longer time does not`() throws {
        var talk = try Conversation.ready()
        talk.hear(.user(.account(walletBalance: try talk.number("5000"), transferred: .zero, positions: [])))
        talk.tick(afterMs: 301_000)
        talk.hear(.user(.account(walletBalance: try talk.number("4700"), transferred: .zero, positions: [])))
        #expect(!talk.alerts.contains("emergency_stop"))
    }

    @Test func `what a person moves out is no loss, also when the balance comes before its reason`() throws {
        for isToldFirst in [true, false] {
            var talk = try Conversation.ready()
            _ = try talk.enter(try talk.plan())
            talk.hear(.user(.account(walletBalance: try talk.number("5000"), transferred: .zero, positions: [])))
            talk.wallet = "4700"
            if isToldFirst { try talk.answerLook(positions: [try talk.held("10")]) }
            talk.hear(
                .user(
                    .account(
                        walletBalance: try talk.number("4700"), transferred: try talk.number("-300"), positions: [])))
            for _ in 0..<60 {
                try talk.pass(ms: 100)
                try talk.answerLook(positions: [try talk.held("10")])
            }
            #expect(!talk.alerts.contains("emergency_stop") && talk.executor.position(of: symbol) != nil)
            // A loss after it is measured by what is left.
            talk.hear(.user(.account(walletBalance: try talk.number("4440"), transferred: .zero, positions: [])))
            #expect(talk.alerts.contains("emergency_stop"))
        }
    }

    @Test func `a loss that only the look at the venue tells stops entries with the second look`() throws {
        var talk = try Conversation.ready()
        talk.hear(.user(.account(walletBalance: try talk.number("5000"), transferred: .zero, positions: [])))
        talk.wallet = "4700"
        for _ in 0..<80 {
            try talk.pass(ms: 100)
            try talk.answerLook(positions: [])
        }
        #expect(talk.alerts.contains("emergency_stop"))
    }
}
