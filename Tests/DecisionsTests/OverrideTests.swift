import Decisions
import SignalContracts
import Testing
import TradingPrimitives

/// Rules of one contract that are not those of all.
struct OverrideTests {
    @Test func `a contract's own threshold counts for it alone`() throws {
        var strict = DecisionConfiguration()
        strict.momentum.confirmationsMin = 4
        strict.scoreMin = 1
        var talk = try Talk(.momentum)
        let usual = talk.evaluate()
        #expect(usual?.action == .long)
        talk = try Talk(.momentum)
        talk.engine = DecisionEngine(symbols: [talk.symbol], own: [talk.symbol: strict])
        let refused = talk.evaluate()
        #expect(refused?.action == .noTrade)
        let other = try #require(Symbol("ETHUSDT"))
        talk = try Talk(.momentum)
        talk.engine = DecisionEngine(symbols: [talk.symbol, other], own: [other: strict])
        let others = talk.evaluate()
        #expect(others?.action == .long)
    }
}
