import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

/// What is said of a trade names the account that it was made with.
struct AccountNameTests {
    private func named(_ talk: Conversation) -> [String?] { talk.events.map(\.account) }

    @Test func `events name the account once the venue has told it, and another one that of the position stays`() throws
    {
        var talk = try Conversation.ready()
        talk.hear(.plan(talk.symbol, try talk.plan()))
        let (_, entry) = try talk.takeOrder()
        #expect(named(talk) == [nil], "\(named(talk))")
        talk.hear(.accountNamed("P1"))
        try talk.fill(entry.clientOrderId, .buy, "10", at: "100.0")
        let (stopId, stop) = try talk.takeStop()
        talk.hear(.reply(stopId, .stop(talk.report(stop, .new))))
        #expect(named(talk).dropFirst().allSatisfy { $0 == "P1" } && talk.events.count > 2)
        talk.hear(.accountNamed("P2"))
        try talk.fill(stop.clientOrderId, .sell, "10", at: "99.8", maker: false, pnl: "-2")
        let closed = try #require(talk.events.last { $0.kind == .positionClosed })
        #expect(closed.account == "P1", "the venue that began anew never had it")
        let next = try talk.plan(number: 2)
        talk.hear(.plan(talk.symbol, next))
        talk.tick()
        #expect(talk.events.last { $0.plan == next.id }?.account == "P2", "\(talk.events.suffix(2))")
    }
}
