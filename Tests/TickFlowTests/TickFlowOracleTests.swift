import SignalContracts
import TestSupport
import Testing
import TickFlow
import TradingPrimitives

/// Every output of E2 beside a plain recomputation in Python.
struct TickFlowOracleTests {
    private func differences(_ story: MarketStory) throws -> String? {
        let symbol = try #require(Symbol("BTCUSDT"))
        var engine = TickFlow(), capture = CaptureFile()
        for event in story.events {
            guard case .trade(let id, let trade) = event else { continue }
            capture.append(.trade, id, trade)
            engine.process(TickFlowInput(symbol: symbol, id: id, trade: trade)) {
                capture.append(.signal, id, EngineSignal.tick($0.signal))
            }
        }
        return try capture.differences(oracle: "signal_oracle.py")
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `random markets give what a recomputation gives`(seed: UInt64) throws {
        let differences = try differences(.random(seed: seed, books: 1500))
        #expect(differences == nil, "\(differences ?? "")")
    }

    @Test(
        .enabled(if: SharedData.isPresent, "\(SharedData.skipMessage)"), arguments: ["BTCUSDT", "ETHUSDT"])
    func `recorded markets give what a recomputation gives`(symbol: String) throws {
        let differences = try differences(.recorded(symbol: symbol, span: "20240808T2354Z"))
        #expect(differences == nil, "\(differences ?? "")")
    }
}
