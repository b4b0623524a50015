import Decisions
import ServiceKit
import SignalContracts
import TradingPrimitives

/// What the decision engine says, by what it says, and whether each contract could be entered.
final class DecisionMetrics {
    private let metrics: Metrics
    private let venueTime: () -> Timestamp
    private var readiness: [Symbol: Readiness] = [:]
    /// Obstacles that have a gauge: those that were named once.
    private var named: Set<String> = []

    /// `venueTime` tells the venue's time now.
    init(_ metrics: Metrics, _ symbols: [Symbol], venueTime: @escaping () -> Timestamp) {
        self.metrics = metrics
        self.venueTime = venueTime
        for symbol in symbols {
            metrics.gauge(
                "entry_possible", help: "1 while an entry would be possible if the market offered one.",
                labels: [("symbol", symbol.name)]
            ) { [unowned self] in readiness[symbol].map { $0.obstacles.isEmpty ? 1 : 0 } ?? .nan }
            metrics.gauge(
                "entry_possible_age_seconds",
                help: "Since an entry was last possible, venue's time; NaN when it never was.",
                labels: [("symbol", symbol.name)]
            ) { [unowned self] in age(symbol) }
            metrics.gauge(
                "entry_broken", help: "1 while nothing but faults stops entries.", labels: [("symbol", symbol.name)]
            ) { [unowned self] in readiness[symbol].map { $0.isFault ? 1 : 0 } ?? .nan }
        }
    }

    private func age(_ symbol: Symbol) -> Double {
        guard let word = readiness[symbol], word.possibleAt > .zero else { return .nan }
        return max(0, Double(venueTime() - word.possibleAt) / 1000)
    }

    func count(_ output: DecisionOutput) {
        switch output {
        case .decision(let symbol, let decision, _):
            metrics.counter(
                "decisions_total", help: "Decisions published.",
                labels: [("symbol", symbol.name), ("action", decision.action.rawValue)]
            ).add()
        case .readiness(let symbol, let word):
            readiness[symbol] = word
            for name in word.obstacles.names where named.insert("\(symbol) \(name)").inserted {
                metrics.gauge(
                    "entry_stopped_by", help: "1 while this stops entries.",
                    labels: [("symbol", symbol.name), ("obstacle", name)]
                ) { [unowned self] in readiness[symbol]?.obstacles.names.contains(name) == true ? 1 : 0 }
            }
        case .alert: break
        }
    }
}
