import Risk
import SignalContracts
import Testing
import TradingPrimitives

/// A part of the wallet alone is seen.
struct CapitalLimitTests {
    private var rules: RiskConfiguration {
        var rules = RiskConfiguration()
        rules.sizing.capitalLimit = Notional(raw: 500 * fixedScale)
        return rules
    }

    @Test func `sizes and margins are parts of the limit`() throws {
        var talk = try Talk(rules)
        let first = try terms(try talk.decide(.long, confidence: 85))
        // 1.5 % of 500 is 7.5; 7.5/0.0016 = 4687.5; 40 % of 500 = 200 of margin at 12× carries 2400: cut.
        #expect(first.balance?.description == "500" && first.riskBound == "margin_cap")
        #expect(first.quantity.description == "24" && first.margin.description == "200")
        // 80 % of 500 in all: another 200 fit, and then nothing.
        let second = try terms(try talk.decide(of: talk.other))
        #expect(second.margin.double <= 200)
    }

    @Test func `a wallet below the limit is seen whole`() throws {
        var talk = try Talk(balance: "300", rules)
        #expect(try terms(try talk.decide(.long, confidence: 85)).balance?.description == "300")
        #expect(talk.manager.state.dayStartBalance.description == "300")
    }

    @Test func `the day's loss is a part of the limit, and what is said of the day names it`() throws {
        for (rules, isStopped) in [(rules, true), (RiskConfiguration(), false)] {
            var talk = try Talk(rules)
            // 2.6 % of 500, 0.26 % of 5000.
            try talk.trade("-13")
            #expect(try rule(try talk.decide()) == (isStopped ? .dailyLoss : nil))
            let state = try #require(talk.states.last)
            #expect(state.dayStartBalance.description == (isStopped ? "500" : "5000"))
            #expect(state.capitalLimit?.description == (isStopped ? "500" : nil))
        }
    }

    @Test func `a limit that is set during the day holds for the whole of it`() throws {
        var talk = try Talk()
        try talk.trade("-13")
        let session = talk.manager.session
        talk.manager = RiskManager(rules, session: session)
        try talk.teach()
        try talk.pass(ms: 1000)
        #expect(try rule(try talk.decide()) == .dailyLoss)
        #expect(talk.manager.state.dayStartBalance.description == "500")
    }
}
