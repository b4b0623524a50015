import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

/// The venue says that a contract will be no more.
struct DelistingTests {
    private let symbol: Symbol

    init() throws { symbol = try #require(Symbol("BTCUSDT")) }

    @Test func `a delisting notice stops entries, and the position is closed before the end`() throws {
        var talk = try Conversation.ready()
        _ = try talk.enter(try talk.plan())
        let end = talk.now + 1_860_000
        talk.hear(.ending(symbol, at: end))
        talk.hear(.ending(symbol, at: end))
        #expect(talk.messages.count { $0.isAlert("delisting", .warning) } == 1)
        try talk.pass(ms: 59_000)
        #expect(talk.orderCount == 0)
        try talk.pass(ms: 1500)
        let (_, exit) = try talk.takeOrder()
        #expect(exit.kind == .market && exit.isReduceOnly)
        #expect(talk.messages.count { $0.isAlert("delisting_close", .warning) } == 1)
        try talk.fill(exit.clientOrderId, .sell, "10", at: "100.0", maker: false)
        #expect(talk.events.contains { $0.kind == .positionClosed })
    }

    @Test func `what a person opens in a contract that ends is closed too`() throws {
        var talk = try Conversation.ready()
        talk.hear(.ending(symbol, at: talk.now + 600_000))
        for round in 1...2 {
            for _ in 0..<20 where talk.orderCount == 0 {
                talk.tick(afterMs: 600)
                try talk.book("100.0", "100.1")
                try talk.answerLook(positions: [try talk.held("4")])
            }
            let (id, exit) = try talk.takeOrder()
            #expect(exit.isReduceOnly && exit.quantity.description == "4")
            talk.hear(.reply(id, .order(try talk.report(exit, .new))))
            try talk.fill(exit.clientOrderId, .sell, "4", at: "100.0", maker: false)
            talk.hear(.user(.order(try talk.report(exit, .filled, executed: "4"), fill: nil)))
            while let place = talk.open.firstIndex(where: { if case .placeStop = $0.request { true } else { false } }) {
                talk.hear(.reply(talk.open.remove(at: place).id, .notExecuted("it is over")))
            }
            talk.tick()
            #expect(talk.messages.count { $0.isAlert("delisting_close", .warning) } == round)
        }
    }

    @Test func `of a contract that ends no position is opened, and of one that does not after all it is`() throws {
        var talk = try Conversation.ready()
        talk.hear(.ending(symbol, at: talk.now + 86_400_000))
        talk.hear(.plan(symbol, try talk.plan()))
        #expect(talk.orderCount == 0 && talk.events.last?.detail?.contains("the venue ends it at") == true)
        talk.hear(.ending(symbol, at: nil))
        talk.hear(.plan(symbol, try talk.plan(number: 2)))
        #expect(talk.orderCount == 1)
    }

    @Test func `an entry that rests when the end is near is cancelled`() throws {
        var talk = try Conversation.ready()
        talk.hear(.plan(symbol, try talk.plan()))
        let (id, entry) = try talk.takeOrder()
        talk.hear(.reply(id, .order(try talk.report(entry, .new))))
        talk.hear(.ending(symbol, at: talk.now + 600_000))
        talk.tick()
        _ = try talk.take { $0 == .cancelOrder(symbol, clientOrderId: entry.clientOrderId) }
    }

    @Test(arguments: [("PRE_SETTLE", true), ("PRE_DELIVERING", true), ("HALT", false), ("PENDING_TRADING", false)])
    func `a state without return closes what is held, a halt does not`(status: String, closes: Bool) throws {
        var talk = try Conversation.ready()
        _ = try talk.enter(try talk.plan())
        talk.hear(.status(symbol, status))
        try talk.pass(ms: 500)
        #expect((talk.orderCount == 1) == closes)
        #expect(talk.messages.contains { $0.isAlert("symbol_status", .warning) })
    }
}
