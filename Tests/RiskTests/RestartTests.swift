import Risk
import SignalContracts
import Testing
import TradingPrimitives

/// A new risk manager reads decisions, plans and executions again: what was said then counts, not what it would say now.
struct RestartTests {
    private func command(_ name: CommandName, _ talk: Talk) -> RiskInput.Event {
        .command(Command(id: "c1", issuedAt: talk.now, author: "vortexctl:test", name: name))
    }

    /// The same conversation with a manager that knows the journal only.
    private func restarted(_ talk: Talk) throws -> Talk {
        var anew = talk
        anew.manager = RiskManager(session: talk.manager.session)
        try anew.pass(ms: 0)
        return anew
    }

    @Test func `a plan approved before a halt is held after a restart, though it would be refused now`() throws {
        var talk = try Talk()
        let before = talk
        let plan = try talk.decide()
        talk.hear(nil, command(.halt, talk))
        var anew = try restarted(before)
        anew.hear(anew.symbol, .plan(plan))
        anew.hear(nil, command(.halt, anew))
        // The same decision again: the plan stands already, and is not made anew.
        #expect(try anew.judge() == nil)
        anew.hear(nil, command(.resume, anew))
        #expect(try rule(try anew.decide()) == .symbolBusy)
        anew.hear(anew.symbol, .execution(try anew.closing(plan, pnl: "1")))
        #expect(try rule(try anew.decide()) == nil)
    }

    @Test func `a plan refused before a restart holds nothing, though it would be approved now`() throws {
        var talk = try Talk()
        let before = talk
        let plan = try talk.decide()
        #expect(try rule(try talk.decide()) == .symbolBusy)
        let refused = TradePlan(
            id: plan.id, cause: plan.cause, eventTime: plan.eventTime, direction: plan.direction,
            strategy: plan.strategy, confidence: plan.confidence, verdict: .rejected(rule: .stale, detail: "late"))
        var anew = try restarted(before)
        anew.hear(anew.symbol, .plan(refused))
        #expect(try anew.judge() == nil)
        #expect(try rule(try anew.decide()) == nil)
    }

    @Test func `a plan that is over is not held again when its decision is read again`() throws {
        var talk = try Talk()
        let before = talk
        let plan = try talk.decide()
        var anew = try restarted(before)
        anew.hear(anew.symbol, .plan(plan))
        #expect(try anew.judge() == nil)
        anew.hear(anew.symbol, .execution(try anew.closing(plan, pnl: "1")))
        #expect(try rule(try anew.decide()) == nil)
    }

    @Test func `positions that only the executor knows of count`() throws {
        var talk = try Talk()
        try talk.account("5000", openPositions: 2)
        #expect(try rule(try talk.decide()) == .maxPositions)
        try talk.account("5000", openPositions: 1)
        #expect(try rule(try talk.decide()) == nil)
    }
}
