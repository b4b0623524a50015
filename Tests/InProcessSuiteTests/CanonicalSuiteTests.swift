import Decisions
import FaultSimulation
import InProcessSuite
import OrderFlow
import Risk
import SignalContracts
import Testing
import TradingPrimitives

/// The suite in one thread, over a market of the simulator's.
struct CanonicalSuiteTests {
    /// What is told of a market, as text: ids, streams and fields.
    private func told(
        _ market: [MemoryBus.Entry], _ rules: CanonicalSuite.Rules, isText: Bool
    ) throws -> [String] {
        var suite = CanonicalSuite(
            symbols: Set(market.compactMap(\.stream.symbol)).sorted(), rules, isText: isText)
        var told: [String] = []
        for entry in market {
            try suite.take(entry) { word in
                var fields = Fields()
                word.message.encode(into: &fields)
                told.append("\(word.id) \(word.stream) \(fields.pairs)")
            }
        }
        return told
    }

    @Test(arguments: [Profile.phase1, .vortex7], [1, 2] as [UInt64])
    func `it says the same on typed messages and through their text`(profile: Profile, seed: UInt64) throws {
        let market = quietMarket(seed: seed, minutes: 2)
        var rules = CanonicalSuite.Rules()
        (rules.decision.profile, rules.risk.profile) = (profile, profile)
        let typed = try told(market, rules, isText: false)
        #expect(typed.count > market.count + 1000)
        #expect(try told(market, rules, isText: true) == typed)
        for kind in ["signal", "decision"] { #expect(typed.contains { $0.contains(" \(kind):{") }, "no \(kind)") }
    }

    @Test func `each entry is told before what comes of it, with increasing ids`() throws {
        let market = quietMarket(seed: 3, minutes: 1)
        var suite = CanonicalSuite(symbols: Set(market.compactMap(\.stream.symbol)).sorted())
        for entry in market {
            var ids: [StreamId] = []
            try suite.take(entry) { ids.append($0.id) }
            #expect(ids.first == entry.id && zip(ids, ids.dropFirst()).allSatisfy(<))
        }
    }

    @Test func `its signals are those of the engine alone`() throws {
        let market = quietMarket(seed: 4, minutes: 1)
        var suite = CanonicalSuite(symbols: Set(market.compactMap(\.stream.symbol)).sorted())
        var engine = PerSymbol { _ in OrderFlow(OrderFlowConfiguration()) }
        var alone: [SuiteMessage] = [], together: [SuiteMessage] = []
        for entry in market {
            try suite.take(entry) { word in
                if case .signal(.orderFlow) = word.message { together.append(word.message) }
            }
            guard entry.stream.kind == .trade || entry.stream.kind == .book,
                let input = OrderFlowInput(stream: entry.stream, id: entry.id, message: entry.message)
            else { continue }
            engine.process(input) { alone.append($0.message) }
        }
        #expect(alone == together && alone.count > 100)
    }
}
