import Decisions
import ServiceKit
import SignalContracts
import TradingPrimitives

/// What the decision engine says, by what it says.
struct DecisionMetrics {
    private let metrics: Metrics

    init(_ metrics: Metrics) { self.metrics = metrics }

    func count(_ output: DecisionOutput) {
        metrics.counter(
            "decisions_total", help: "Decisions published.",
            labels: [("symbol", output.symbol.name), ("action", output.decision.action.rawValue)]
        ).add()
    }
}
