import DataHub
import ServiceKit
import SignalContracts
import TradingPrimitives

/// What the hub counts.
final class HubMetrics {
    /// By the order of `DataHub.Kind`.
    let lag: [Metrics.Histogram]
    let badFrames: Metrics.Counter
    let otherFrames: Metrics.Counter
    private let gauges: [[Metrics.Gauge]]
    private let refused: [[Metrics.Gauge]]
    private let stage: Metrics.Histogram
    /// When the last message of a symbol and kind came, microseconds since 1970.
    private var receivedUs: [[Int64]]
    /// Receipt of the oldest entry that has not been sent yet.
    private var oldestUs: Int64?
    private static let outcomes = ["accepted", "duplicate", "stale", "thinned", "missing", "absurd"]

    init(_ metrics: Metrics, _ symbols: [Symbol]) {
        receivedUs = symbols.map { _ in DataHub.Kind.allCases.map { _ in SystemClock.wallUs() } }
        stage = metrics.histogram(
            "pipeline_stage_seconds", help: "From the receipt of a message to its way to Redis.",
            labels: [("stage", "data-hub")])
        lag = DataHub.Kind.allCases.map { kind in
            metrics.histogram(
                "ws_message_lag_seconds", help: "From the venue's event time to our receipt.",
                labels: [("stream", kind.name)])
        }
        badFrames = metrics.counter("frames_unreadable_total", help: "Frames that could not be read.")
        otherFrames = metrics.counter("frames_other_total", help: "Frames that are not for us.")
        gauges = DataHub.Kind.allCases.map { kind in
            Self.outcomes.map { outcome in
                metrics.gauge(
                    "hub_messages", help: "Messages since the start, by what became of them.",
                    labels: [("kind", kind.name), ("outcome", outcome)])
            }
        }
        refused = DataHub.Kind.allCases.map { kind in
            RefusedInput.Reason.allCases.map { reason in
                metrics.gauge(
                    "hub_refused", help: "Values that can't be true or do not fit, since the start, by why.",
                    labels: [("kind", kind.name), ("reason", reason.rawValue)])
            }
        }
        showAges(metrics, symbols)
    }

    private func showAges(_ metrics: Metrics, _ symbols: [Symbol]) {
        for (index, symbol) in symbols.enumerated() {
            for kind in DataHub.Kind.allCases {
                metrics.gauge(
                    "message_age_seconds", help: "Since the last message from the venue, or since the start.",
                    labels: [("symbol", symbol.name), ("stream", kind.name)]
                ) { [unowned self] in Double(SystemClock.wallUs() - receivedUs[index][kind.rawValue]) / 1e6 }
            }
        }
    }

    func received(_ kind: DataHub.Kind, symbol: Int, at us: Int64) { receivedUs[symbol][kind.rawValue] = us }

    /// An entry waits to be sent.
    func written(_ id: StreamId) { oldestUs = min(oldestUs ?? .max, id.microseconds) }

    /// All that waited has been sent.
    func sent() {
        guard let oldestUs else { return }
        stage.observe(Double(SystemClock.wallUs() - oldestUs) / 1e6)
        self.oldestUs = nil
    }

    func show(_ counts: [DataHub.Counts]) {
        for (kind, count) in counts.enumerated() {
            let values = [count.accepted, count.duplicate, count.stale, count.thinned, count.missing, count.absurd]
            for (index, value) in values.enumerated() { gauges[kind][index].set(Double(value)) }
            for (index, value) in count.refused.enumerated() { refused[kind][index].set(Double(value)) }
        }
    }
}
