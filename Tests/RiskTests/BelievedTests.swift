import Risk
import SignalContracts
import Testing
import TradingPrimitives

/// What the risk manager believes, counts, and says once more.
struct BelievedTests {
    private let dayMs: Int64 = 86_400_000

    @Test func `one time from the future ends no day, and the day's loss goes on to stop entries`() throws {
        var talk = try Talk()
        try talk.trade("-60")
        let future = talk.now + 400 * dayMs
        talk.hear(
            talk.symbol,
            .metric(MarketMetric(eventTime: future, value: .openInterest(try talk.number("5")))))
        #expect(talk.manager.state.tradesToday == 1 && talk.manager.state.pnlToday.description == "-60")
        try talk.pass(ms: 1000)
        var late = try talk.closing(try talk.decide(), pnl: "-70")
        late.summary?.exitTime = future
        talk.hear(talk.symbol, .execution(late))
        #expect(talk.manager.state.pnlToday.description == "-130")
        #expect(talk.alerts.contains("daily_loss"))
        #expect(try rule(try talk.decide()) == .dailyLoss)
    }

    @Test func `a session that lived in the future counts this day's trades when it comes back`() throws {
        var ahead = try Talk()
        for pnl in ["-60", "-70"] { try ahead.trade(pnl) }
        let today = ahead.manager.state.pnlToday
        // The same trades, as a clock that ran ahead has them: its day is not this one.
        var later = ahead
        later.now = later.now + 3 * dayMs
        for _ in 0..<3 { try later.pass(ms: 1000) }
        #expect(later.manager.state.tradesToday == 0)
        var back = try Talk()
        back.manager = RiskManager(RiskConfiguration(), session: later.manager.session)
        back.now = ahead.now
        try back.pass(ms: 1000)
        #expect(back.manager.state.tradesToday == 2 && back.manager.state.pnlToday == today)
        #expect(try rule(try back.decide()) == .dailyLoss)
    }

    @Test func `the venue may begin anew, once two say so`() throws {
        var talk = try Talk()
        try talk.pass(ms: 1000)
        talk.now = talk.now + 30 * dayMs
        try talk.pass(ms: 1000)
        try talk.pass(ms: 1000)
        #expect(try rule(try talk.decide()) == nil)
    }

    @Test func `an entry that was given up is money, and no trade`() throws {
        var talk = try Talk()
        for _ in 0..<4 {
            let plan = try talk.decide()
            var closing = try talk.closing(plan, pnl: "-0.5")
            closing.summary?.exitReason = .noFill
            talk.hear(talk.symbol, .execution(closing))
            try talk.pass(ms: 2000)
        }
        let state = talk.manager.state
        #expect(state.tradesToday == 0 && state.lossStreak == 0 && state.lossesLastHour == 0)
        #expect(state.pnlToday.description == "-2" && state.feesToday.description == "4")
        #expect(talk.alerts.isEmpty)
        #expect(try rule(try talk.decide()) == nil)
    }

    @Test func `what tripped before a death is announced by the next one, when the trade comes again`() throws {
        var talk = try Talk()
        for _ in 0..<2 { try talk.trade("-10") }
        let plan = try talk.decide()
        let last = try talk.closing(plan, pnl: "-10")
        talk.hear(talk.symbol, .execution(last))
        #expect(talk.alerts.filter { $0 == "loss_streak" }.count == 1)
        // The journal has it; the words were not written.
        var fields = Fields()
        talk.manager.session.encode(into: &fields)
        var next = try Talk()
        next.now = talk.now
        next.manager = RiskManager(RiskConfiguration(), session: try RiskSession(fields))
        next.hear(next.symbol, .execution(last))
        #expect(next.alerts.filter { $0 == "loss_streak" }.count == 1)
        #expect(next.manager.state.lossStreak == 3 && next.manager.state.tradesToday == 3)
    }

    @Test func `an account whose balances are not told any more is an old account`() throws {
        var talk = try Talk()
        talk.now = talk.now + 120_000
        var update = AccountUpdate(
            eventTime: talk.now, walletBalance: try talk.number("5000"), availableBalance: try talk.number("5000"),
            unrealizedPnl: .zero, openPositions: 0, unknownOrders: 0, acceptsEntries: true, isVenueReachable: true,
            usedWeight: 0, weightLimit: 2400, roundTripMs: 1)
        update.balanceTime = talk.now - 90_000
        talk.hear(nil, .account(update))
        try talk.teach()
        #expect(try rule(try talk.decide()) == .noBalance)
        update.balanceTime = .zero
        talk.hear(nil, .account(update))
        #expect(try rule(try talk.decide()) == .noBalance)
    }

    @Test func `a plan is no greater than one market order may close`() throws {
        var talk = try Talk()
        try talk.teach(maxMarket: "3")
        let made = try terms(try talk.decide())
        #expect(made.quantity.description == "3" && made.riskBound == "market_order")
    }

    @Test func `the venue's brackets bound leverage and set the way to liquidation`() throws {
        var talk = try Talk()
        try talk.teach(brackets: [("1000", 50, "0.004", "0"), ("100000", 3, "0.25", "246")])
        #expect(try terms(try talk.decide()).leverage == 3)
        try talk.pass(ms: 1000)
        // A third, less a maintenance of 33 %: no way is left for any stop.
        try talk.teach(brackets: [("100000", 3, "0.3325", "0")])
        #expect(try rule(try talk.decide(of: talk.other)) == .liquidation)
    }

    @Test(arguments: [Double.infinity, 1e300, .nan, 0, -1])
    func `no multiplier ends the process or makes a size`(multiplier: Double) throws {
        var talk = try Talk()
        talk.regime.sizeMultiplier = multiplier
        let plan = try talk.decide()
        guard case .approved(let terms) = plan.verdict else { return }
        #expect(terms.notional <= Notional(raw: 5000 * 12 * fixedScale))
    }
}
