import Testing
import TradingPrimitives
import Venue

@testable import BinanceFutures

/// A stop triggers at the simulated venue, whose words come in one burst or as far apart as the venue's.
@Suite(.serialized, .enabled(if: SimulatorHarness.program != nil, "needs exchange-simulator, built beside the tests"))
struct StopConversationTests {
    @Test(arguments: ["none", "recorded"])
    func `a triggered stop is told whole and once`(lateness: String) throws {
        let harness = try SimulatorHarness(options: ["--lateness", lateness])
        let symbol = try #require(Symbol("BTCUSDT") as Symbol?)
        let quantity = try #require(Quantity("0.01"))
        harness.client?.start()
        #expect(harness.turn { harness.connections == 1 })
        let entry = NewOrder(
            symbol: symbol, clientOrderId: "v7-9-e", side: .buy, kind: .market, quantity: quantity, isReduceOnly: false)
        guard case .order = try harness.ask(.placeOrder(entry)) else {
            Issue.record("not placed")
            return
        }
        let trigger = try harness.bestPrices().bid - Price(raw: 100 * fixedScale)
        let stop = NewStop(
            symbol: symbol, clientOrderId: "v7-9-sl1", side: .sell,
            triggerPrice: trigger.rounded(toMultipleOf: Price(raw: 10_000_000), .down), workingPrice: .last)
        guard case .stop = try harness.ask(.placeStop(stop)) else {
            Issue.record("no stop")
            return
        }
        try harness.act(#"{"act":"gap","symbol":"BTCUSDT","percent":-2}"#)
        #expect(harness.turn { isFlat(harness.events) && states(harness.events).last == .finished })
        harness.turn(withinMs: 300) { false }
        #expect(states(harness.events) == [.new, .triggering, .triggered, .finished])
        let fills = harness.events.compactMap { event in
            if case .order(let report, let fill?) = event, report.clientOrderId == stop.clientOrderId {
                fill
            } else {
                nil
            }
        }
        #expect(fills.reduce(Quantity.zero) { $0 + $1.quantity } == quantity)
        #expect(Set(fills.map(\.tradeId)).count == fills.count && fills.allSatisfy { $0.side == .sell })
        guard case .positions(let positions) = try harness.ask(.queryPositions) else {
            Issue.record("no positions")
            return
        }
        #expect(positions.allSatisfy { $0.quantity == .zero })
    }

    /// What the stream said of the stop, in order.
    private func states(_ events: [UserEvent]) -> [StopStatus] {
        events.compactMap { if case .stop(let report) = $0 { report.status } else { nil } }
    }

    /// Whether the last word on the position is that there is none.
    private func isFlat(_ events: [UserEvent]) -> Bool {
        let told = events.compactMap { event in
            if case .account(_, _, let positions) = event { positions.last?.quantity } else { nil }
        }
        return told.count > 1 && told.last == .zero
    }
}
