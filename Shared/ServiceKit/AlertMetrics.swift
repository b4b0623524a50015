public import SignalContracts

/// Counts the alerts that a service raises, and shows when the last one of each kind was.
///
/// The time is what rules ask for: a counter that comes into being with its first alert has nothing to grow from.
public final class AlertMetrics {
    private let metrics: Metrics

    init(_ metrics: Metrics) { self.metrics = metrics }

    public func count(_ alert: Alert) { count(event: alert.event, severity: alert.severity.rawValue) }

    func count(event: String, severity: String) {
        let labels = [("event", event), ("severity", severity)]
        metrics.counter("alerts_total", help: "Alerts raised.", labels: labels).add()
        metrics.gauge(
            "alert_last_timestamp_seconds", help: "When the last such alert was raised, seconds since 1970.",
            labels: labels
        ).set(Double(SystemClock.wallUs()) / 1e6)
    }
}
