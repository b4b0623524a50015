import Risk
import SignalContracts
import Testing
import TradingPrimitives

/// Rules of one contract that are not those of all.
struct OverrideTests {
    /// A plan in one contract, where ETHUSDT has rules of its own.
    private func plan(
        in name: String, _ usual: RiskConfiguration = RiskConfiguration(), own: RiskConfiguration? = nil
    ) throws -> TradePlan.Verdict {
        var talk = try Talk(usual)
        if let own { talk.manager = RiskManager(usual, own: [talk.other: own]) }
        try talk.teach()
        try talk.account("5000")
        let symbol = try #require(Symbol(name))
        return try talk.decide(.long, of: symbol, confidence: 85).verdict
    }

    @Test func `a contract's own rules make its plans, and no other contract's`() throws {
        var wider = RiskConfiguration()
        (wider.momentum.stopAtr, wider.momentum.takeProfitAtr, wider.sizing.leverageMax) = (1.2, 3, 7)
        #expect(try plan(in: "ETHUSDT", own: wider) == plan(in: "ETHUSDT", wider))
        #expect(try plan(in: "ETHUSDT", own: wider) != plan(in: "ETHUSDT"))
        #expect(try plan(in: "BTCUSDT", own: wider) == plan(in: "BTCUSDT"))
    }

    @Test func `a contract's own least reward refuses`() throws {
        var strict = RiskConfiguration()
        strict.rewardToRiskMin = 9
        guard case .rejected(let rule, _) = try plan(in: "ETHUSDT", own: strict) else {
            Issue.record("it was approved")
            return
        }
        #expect(rule == .rewardToRisk)
    }
}
