import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

/// What differs from strategy to strategy: the level of the entry, how much the first target takes, what trails.
struct StrategyExitTests {
    private func plan(
        _ talk: Conversation, _ strategy: Strategy, _ direction: Direction = .long, level: String? = nil,
        fraction: String = "0.6"
    ) throws -> TradePlan {
        var plan = try talk.plan(direction)
        guard case .approved(var terms) = plan.verdict else { return plan }
        terms.entryLevel = try level.map { try talk.number($0) }
        terms.takeProfitFraction = try talk.number(fraction)
        plan.strategy = strategy
        plan.verdict = .approved(terms)
        return plan
    }

    @Test func `an entry waits at its level when the market is dearer, and at the best price when it is cheaper`()
        throws
    {
        for (level, expected) in [("99.5", "99.5"), ("100.7", "100")] {
            var talk = try Conversation.ready()
            let wanted = try plan(talk, .reversion, level: level)
            talk.hear(.plan(talk.symbol, wanted))
            let (_, entry) = try talk.takeOrder()
            #expect(entry.kind == .limit(try talk.number(expected), .postOnly))
        }
        var short = try Conversation.ready()
        let wanted = try plan(short, .cascade, .short, level: "100.4")
        short.hear(.plan(short.symbol, wanted))
        let (_, entry) = try short.takeOrder()
        #expect(entry.kind == .limit(try short.number("100.4"), .postOnly))
    }

    @Test func `reversion closes all of it at its target`() throws {
        var talk = try Conversation.ready()
        let wanted = try plan(talk, .reversion, fraction: "1")
        let (stop, target) = try talk.enter(wanted)
        #expect(target.quantity.description == "10")
        try talk.fill(target.clientOrderId, .sell, "10", at: "100.4", pnl: "4")
        let summary = try #require(talk.events.last?.summary)
        #expect(summary.exitReason == .takeProfit1 && summary.trailingStopPrice == nil)
        let symbol = talk.symbol
        _ = try talk.take { $0 == .cancelStop(symbol, clientOrderId: stop.clientOrderId) }
    }

    @Test func `a short trails downwards only`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        let wanted = try plan(talk, .momentum, .short)
        talk.hear(.plan(symbol, wanted))
        let (entryId, entry) = try talk.takeOrder()
        talk.hear(.reply(entryId, .order(try talk.report(entry, .new))))
        try talk.fill(entry.clientOrderId, .sell, "10", at: "100.1")
        let (stopId, stop) = try talk.takeStop()
        talk.hear(.reply(stopId, .stop(talk.report(stop, .new))))
        let (targetId, target) = try talk.takeOrder()
        talk.hear(.reply(targetId, .order(try talk.report(target, .new))))
        try talk.book("99.6", "99.7")
        try talk.fill(target.clientOrderId, .buy, "6", at: "99.7", pnl: "2.4")
        // Break-even: 100.1 × (1 − 0.0007) = 100.02993, on the tick above 100.1; behind: 99.7 + 0.3 = 100.
        let (firstId, first) = try talk.takeStop()
        #expect(first.triggerPrice.description == "100" && first.side == .buy)
        talk.hear(.reply(firstId, .stop(talk.report(first, .new))))
        let (cancelId, _) = try talk.take { $0 == .cancelStop(symbol, clientOrderId: stop.clientOrderId) }
        talk.hear(.reply(cancelId, .done))
        talk.now = talk.now + 11_000
        try talk.book("99.1", "99.2")
        let (secondId, second) = try talk.takeStop()
        #expect(second.triggerPrice.description == "99.5")
        talk.hear(.reply(secondId, .stop(talk.report(second, .new))))
        talk.now = talk.now + 11_000
        try talk.book("99.3", "99.4")
        #expect(talk.stopCount == 0, "it never gives back")
    }

    @Test func `funding counts in the trade, once`() throws {
        var talk = try Conversation.ready()
        let symbol = talk.symbol
        let (stop, _) = try talk.enter(try talk.plan())
        let paid = UserEvent.funding(
            symbol, amount: try talk.number("-0.123"), time: talk.now, walletBalance: try talk.number("4999"))
        talk.hear(.user(paid))
        talk.hear(.user(paid))
        #expect(talk.events.filter { $0.kind == .fundingPaid }.count == 1)
        try talk.fill(stop.clientOrderId, .sell, "10", at: "99.8", maker: false, pnl: "-2", fee: "0.5")
        let summary = try #require(talk.events.last?.summary)
        #expect(summary.exitReason == .stopLoss && summary.funding.description == "-0.123")
        // −2 gross − 0.52 fees − 0.123.
        #expect(summary.netPnl.description == "-2.643")
    }
}
