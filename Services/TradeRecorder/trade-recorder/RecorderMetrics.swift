import ServiceKit
import SignalContracts
import StreamBus

/// What the recorder counts, and how far behind the streams it is.
final class RecorderMetrics {
    private static let everyUs: Int64 = 5_000_000

    let refused: Metrics.Counter
    private let entries: Metrics.Counter
    private let stage: Metrics.Histogram
    private let positions: [(stream: StreamName, pending: Metrics.Gauge, lag: Metrics.Gauge)]
    private let group: String
    private var shownUs: Int64 = 0

    init(_ context: ServiceContext, _ streams: [StreamName]) {
        let metrics = context.metrics
        group = context.name
        entries = metrics.counter("recorded_entries_total", help: "Entries written to PostgreSQL.")
        refused = metrics.counter("dead_letters_total", help: "Entries put aside as unreadable.")
        stage = metrics.histogram(
            "pipeline_stage_seconds", help: "From an entry in its stream to its row in PostgreSQL.",
            labels: [("stage", context.name)])
        positions = streams.map { stream in
            let labels = [("stream", stream.key), ("group", context.name)]
            return (
                stream,
                metrics.gauge("stream_pending", help: "Delivered entries not yet acknowledged.", labels: labels),
                metrics.gauge("stream_lag", help: "Entries that the group has not read.", labels: labels)
            )
        }
    }

    func recorded(_ ids: [StreamId]) {
        entries.add(Int64(ids.count))
        let now = SystemClock.wallUs()
        for id in ids { stage.observe(Double(now - id.microseconds) / 1e6) }
    }

    /// Asks Redis every few seconds.
    func showPositions(_ redis: RedisClient) throws(RedisError) {
        let now = SystemClock.monotonicUs()
        guard now - shownUs >= Self.everyUs else { return }
        shownUs = now
        var commands = CommandBuffer()
        for position in positions { commands.command(["XINFO", "GROUPS", position.stream.key]) }
        for (position, groups) in zip(positions, try redis.pipeline(commands)) {
            if case .error(let text) = groups { throw .refused(text) }
            guard let own = groups.elements.first(where: { $0["name"]?.text == group }) else { continue }
            position.pending.set(Double(own["pending"]?.integer ?? 0))
            position.lag.set(Double(own["lag"]?.integer ?? 0))
        }
    }
}
