import Risk
import ServiceKit
import SignalContracts
import TradingPrimitives

/// What the risk manager lets trade, and the day behind it. A standby shows nothing tripped.
struct RiskMetrics {
    private let metrics: Metrics

    init(_ metrics: Metrics, _ host: ProcessorHost<RiskManager>) {
        self.metrics = metrics
        func gauge(
            _ name: String, _ help: String, _ labels: [(String, String)] = [], _ value: @escaping (RiskState) -> Double
        ) {
            metrics.gauge(name, help: help, labels: labels) { host.processor.map { value($0.state) } ?? 0 }
        }
        for breaker in Breaker.allCases {
            gauge("breaker_active", "1 while entries are stopped by it.", [("name", breaker.rawValue)]) { state in
                state.breakers.breakers.contains { $0.breaker == breaker } ? 1 : 0
            }
        }
        gauge("breaker_active", "1 while entries are stopped by it.", [("name", "halt")]) { $0.isHalted ? 1 : 0 }
        gauge("day_trades", "Trades closed since midnight UTC.") { Double($0.tradesToday) }
        gauge("day_pnl_usdt", "Result since midnight UTC, after fees.") { $0.pnlToday.double }
        gauge("day_fees_usdt", "Fees since midnight UTC.") { $0.feesToday.double }
        gauge("loss_streak", "Losses in a row.") { Double($0.lossStreak) }
        metrics.gauge("journal_writable", help: "1 while the journal takes records.") {
            host.processor?.isJournalWritable == false ? 0 : 1
        }
    }

    func count(_ output: RiskOutput) {
        guard case .plan(let symbol, let plan) = output else { return }
        let rule: String
        switch plan.verdict {
        case .approved: rule = "approved"
        case .rejected(let refusedBy, _): rule = refusedBy.rawValue
        }
        metrics.counter(
            "plans_total", help: "Decisions to trade that were judged: approved, or the rule that refused.",
            labels: [("symbol", symbol.name), ("rule", rule)]
        ).add()
    }
}
