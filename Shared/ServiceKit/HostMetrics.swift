import Hosting
import SignalContracts
import StreamBus

/// What a processor host counts.
struct HostMetrics {
    let entries: Metrics.Counter
    let outputs: Metrics.Counter
    let deadLetters: Metrics.Counter
    let reconnects: Metrics.Counter
    let refusedCommits: Metrics.Counter
    let gaps: Metrics.Counter
    let recreatedGroups: Metrics.Counter
    let claims: Metrics.Counter
    let warmUps: Metrics.Counter
    let fenced: Metrics.Counter
    let stage: Metrics.Histogram
    private var pending: [Metrics.Gauge] = []
    private var lag: [Metrics.Gauge] = []

    init(_ metrics: Metrics, service: String, reader: GroupReader) {
        entries = metrics.counter("stream_entries_total", help: "Entries processed.")
        outputs = metrics.counter("stream_outputs_total", help: "Entries written.")
        deadLetters = metrics.counter("dead_letters_total", help: "Entries that could not be understood.")
        reconnects = metrics.counter("redis_reconnects_total", help: "Connections to Redis that were lost.")
        refusedCommits = metrics.counter("commits_refused_total", help: "Batches that Redis would not take yet.")
        gaps = metrics.counter("stream_gap_entries_total", help: "Entries trimmed away before they were read.")
        recreatedGroups = metrics.counter("groups_recreated_total", help: "Consumer groups that Redis had lost.")
        claims = metrics.counter("entries_claimed_total", help: "Entries taken over from dead consumers.")
        warmUps = metrics.counter("warm_ups_total", help: "Times that state was rebuilt from the streams.")
        fenced = metrics.counter("fenced_total", help: "Times that another instance had taken over.")
        stage = metrics.histogram(
            "pipeline_stage_seconds", help: "From the market event that set an output off to its commit.",
            labels: [("stage", service)])
        show(metrics, service: service, reader: reader)
    }

    /// Shows the reader's streams, and those before it no more.
    mutating func show(_ metrics: Metrics, service: String, reader: GroupReader) {
        for gauge in pending + lag { gauge.set(0) }
        let labels = reader.streams.map { [("stream", $0.key), ("group", service)] }
        pending = labels.map {
            metrics.gauge("stream_pending", help: "Delivered entries not yet acknowledged.", labels: $0)
        }
        lag = labels.map { metrics.gauge("stream_lag", help: "Entries that the group has not read.", labels: $0) }
    }

    func show(_ position: GroupPosition, of stream: Int) {
        pending[stream].set(Double(position.pendingCount))
        lag[stream].set(Double(position.lag ?? 0))
    }
}
