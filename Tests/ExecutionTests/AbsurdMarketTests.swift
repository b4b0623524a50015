import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

/// Books that can't be true: they open nothing, close nothing and move nothing.
struct AbsurdMarketTests {
    private let symbol: Symbol

    init() throws { symbol = try #require(Symbol("BTCUSDT")) }

    /// The market is at 100; the band around the mark price is two hundredths.
    private static let absurd = [
        ("100.1", "100.0"), ("100.0", "100.0"), ("1000.0", "1000.1"), ("10.0", "10.1"), ("102.6", "102.7"),
        ("97.6", "97.7"), ("0", "0.1"),
    ]

    private func hear(_ bid: String, _ ask: String, _ talk: inout Conversation) throws {
        talk.hear(.book(symbol, bid: try talk.number(bid), ask: try talk.number(ask), at: talk.now))
    }

    @Test(arguments: absurd)
    func `a crossed or absurd book opens nothing, until a good one comes`(bid: String, ask: String) throws {
        var talk = try Conversation.ready()
        talk.tick()
        try hear(bid, ask, &talk)
        talk.hear(.plan(symbol, try talk.plan()))
        let denial = try #require(talk.events.last)
        #expect(denial.kind == .planDenied && denial.detail?.hasPrefix("the book is") == true, "\(denial)")
        #expect(talk.orderCount == 0 && talk.alerts.contains("absurd_book"))
        try talk.book("100.0", "100.1")
        talk.hear(.plan(symbol, try talk.plan(number: 2)))
        #expect(talk.orderCount == 1)
    }

    @Test(arguments: absurd)
    func `a crossed or absurd book closes no position and moves no stop`(bid: String, ask: String) throws {
        for isTrailing in [false, true] {
            var talk = try Conversation.ready()
            let (_, target) = try talk.enter(try talk.plan())
            if isTrailing {
                try talk.book("100.4", "100.5")
                try talk.fill(target.clientOrderId, .sell, "6", at: "100.4", pnl: "2.4")
                let (id, moved) = try talk.takeStop()
                talk.hear(.reply(id, .stop(talk.report(moved, .new))))
            }
            for _ in 0..<15 {
                talk.tick()
                try hear(bid, ask, &talk)
            }
            #expect(talk.orderCount == 0 && talk.stopCount == 0 && !talk.alerts.contains("emergency"))
            // Back to what was: no jump either.
            try talk.book("100.4", "100.5")
            #expect(talk.orderCount == 0 && !talk.alerts.contains("emergency"))
        }
    }

    @Test func `absurd books are no feed: the stop is asked for`() throws {
        var talk = try Conversation.ready()
        let (stop, _) = try talk.enter(try talk.plan())
        for _ in 0..<51 {
            talk.tick()
            try hear("1000.0", "1000.1", &talk)
        }
        _ = try talk.take { $0 == .queryStop(symbol, clientOrderId: stop.clientOrderId) }
        #expect(talk.alerts.contains("feed_lost") && talk.orderCount == 0)
    }

    @Test func `without a young mark price a book can't be judged, and nothing is opened`() throws {
        var talk = try Conversation.ready()
        for _ in 0..<101 {
            talk.tick()
            try hear("100.0", "100.1", &talk)
        }
        talk.hear(.plan(symbol, try talk.plan()))
        #expect(talk.events.last?.detail == "the mark price is old" && talk.orderCount == 0)
    }

    @Test func `a plan whose price is far from the mark price opens nothing`() throws {
        var talk = try Conversation.ready()
        talk.tick(afterMs: 1500)
        try talk.book("103.0", "103.1")
        talk.hear(.plan(symbol, try talk.plan()))
        #expect(talk.orderCount == 0 && talk.events.last?.detail?.hasPrefix("the plan's price 100") == true)
    }

    @Test func `many absurd books are told of once a minute`() throws {
        var talk = try Conversation.ready()
        for _ in 0..<611 {
            talk.tick()
            try talk.book("100.0", "100.1")
            try hear("100.1", "100.0", &talk)
        }
        #expect(talk.messages.count { $0.isAlert("absurd_book", .warning) } == 2)
    }
}
