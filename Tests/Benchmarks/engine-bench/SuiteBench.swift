import Decisions
import FaultSimulation
import InProcessSuite
import Risk
import SignalContracts
import TradingPrimitives

/// The engines, decision and risk in one thread over a market of the simulator's, of three contracts: messages a second, typed and
/// through their text, those of the hub and those that are said together; of the second half of the market.
func measureSuite(minutes: Int64) {
    let market = quietMarket(seed: 1, minutes: minutes)
    let symbols = Set(market.compactMap(\.stream.symbol)).sorted()
    for profile in [Profile.phase1, .vortex7] {
        var rules = CanonicalSuite.Rules()
        (rules.decision.profile, rules.risk.profile) = (profile, profile)
        let typed = bestRate(market, symbols, rules, isText: false)
        let text = bestRate(market, symbols, rules, isText: true)
        func tell(_ name: String, _ rate: SuiteRate) {
            print(
                "suite \(profile.rawValue), \(name): \(rounded(rate.perSecond / 1e6, 3)) million messages a second, "
                    + "\(rounded(rate.allocations, 3)) allocations a message; \(rate.entries) entries, \(rate.words) words"
            )
        }
        tell("typed", typed)
        tell("text", text)
        print("suite \(profile.rawValue): typed \(rounded(typed.perSecond / text.perSecond, 2)) times as fast as text")
    }
}

private struct SuiteRate {
    let perSecond: Double
    let allocations: Double
    let entries: Int
    let words: Int
}

private func bestRate(
    _ market: [MemoryBus.Entry], _ symbols: [Symbol], _ rules: CanonicalSuite.Rules, isText: Bool
) -> SuiteRate {
    (0..<3).map { _ in rate(market, symbols, rules, isText: isText) }.max { $0.perSecond < $1.perSecond }
        ?? SuiteRate(perSecond: 0, allocations: 0, entries: 0, words: 0)
}

private func rate(
    _ market: [MemoryBus.Entry], _ symbols: [Symbol], _ rules: CanonicalSuite.Rules, isText: Bool
) -> SuiteRate {
    var suite = CanonicalSuite(symbols: symbols, rules, isText: isText)
    let half = market.count / 2
    var count = 0
    func take(_ entries: ArraySlice<MemoryBus.Entry>) {
        for entry in entries {
            do throws(ContractError) {
                try suite.take(entry) { _ in count += 1 }
            } catch {
                preconditionFailure("\(entry.stream): \(error)")
            }
        }
    }
    take(market[..<half])
    count = 0
    let cost = Cost.of { take(market[half...]) }
    return SuiteRate(
        perSecond: Double(count) / cost.us * 1e6, allocations: Double(cost.allocations) / Double(count),
        entries: market.count - half, words: count - (market.count - half))
}
