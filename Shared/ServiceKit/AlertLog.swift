public import SignalContracts

/// Writes the alerts that a service raises into its log, counts them, and shows when the last one of each kind was.
///
/// The time is what rules ask for: a counter that comes into being with its first alert has nothing to grow from.
public final class AlertLog {
    private let metrics: Metrics
    private let log: Logger

    init(_ metrics: Metrics, _ log: Logger) {
        self.metrics = metrics
        self.log = log
    }

    public func add(_ alert: Alert) {
        let labels = [("event", alert.event), ("severity", alert.severity.rawValue)]
        metrics.counter("alerts_total", help: "Alerts raised.", labels: labels).add()
        metrics.gauge(
            "alert_last_timestamp_seconds", help: "When the last such alert was raised, seconds since 1970.",
            labels: labels
        ).set(Double(SystemClock.wallUs()) / 1e6)
        log.log(alert.severity.level, "alert") {
            $0.put("event", alert.event)
            if let symbol = alert.symbol { $0.put("symbol", symbol) }
            $0.put("text", alert.text)
        }
    }
}

extension Severity {
    fileprivate var level: LogLevel {
        switch self {
        case .info: .info
        case .warning: .warning
        case .critical: .error
        }
    }
}
