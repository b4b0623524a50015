import DataHub
import ServiceKit

/// What the hub counts.
struct HubMetrics {
    /// By the order of `DataHub.Kind`.
    let lag: [Metrics.Histogram]
    let badFrames: Metrics.Counter
    let otherFrames: Metrics.Counter
    private let gauges: [[Metrics.Gauge]]
    private static let outcomes = ["accepted", "duplicate", "stale", "thinned", "missing", "absurd"]

    init(_ metrics: Metrics) {
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
    }

    func show(_ counts: [DataHub.Counts]) {
        for (kind, count) in counts.enumerated() {
            let values = [count.accepted, count.duplicate, count.stale, count.thinned, count.missing, count.absurd]
            for (index, value) in values.enumerated() { gauges[kind][index].set(Double(value)) }
        }
    }
}
