import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

extension Console {
    private struct Lag {
        let service: String
        let stream: StreamName
        let entries: Int64?
        let seconds: Double
        let pending: Int64
    }

    private static let secondsMax = 5.0

    /// For each service the stream that it is furthest behind in.
    func lag() throws(RedisError) -> ExitCode {
        let client = try RedisClient(settings.redis)
        var worst: [String: Lag] = [:]
        for kind in StreamKind.allCases where kind != .dead {
            for name in settings.streams(of: kind) {
                for lag in try lags(client, name) where lag.seconds >= worst[lag.service]?.seconds ?? 0 {
                    worst[lag.service] = lag
                }
            }
        }
        var table = Table()
        table.add("SERVICE", "STREAM", "BEHIND", "SECONDS", "PENDING")
        for lag in worst.values.sorted(by: { $0.service < $1.service }) {
            let seconds = String(Int(lag.seconds * 1000)) + " ms"
            table.add(lag.service, lag.stream.key, lag.entries.map { "\($0)" } ?? "?", seconds, "\(lag.pending)")
            guard invocation.isJSON else { continue }
            print(
                JSONNode.object([
                    ("service", .text(lag.service)), ("stream", .text(lag.stream.key)),
                    ("entries", .optional(lag.entries)), ("seconds", .number(lag.seconds)),
                    ("pending", .integer(lag.pending)),
                ]).line)
        }
        if !invocation.isJSON { print(table.text) }
        return worst.values.contains { $0.seconds > Self.secondsMax } ? .failure : .success
    }

    private func lags(_ client: RedisClient, _ name: StreamName) throws(RedisError) -> [Lag] {
        guard let info = try? client.command("XINFO", "STREAM", name.key).pairs,
            let newest = StreamId(info["last-generated-id"]?.text ?? "")
        else { return [] }
        var lags: [Lag] = []
        for group in try client.command("XINFO", "GROUPS", name.key).elements.map(\.pairs) {
            guard let service = group["name"]?.text, let read = StreamId(group["last-delivered-id"]?.text ?? "")
            else { continue }
            let pending = group["pending"]?.integer ?? 0
            // Read and not done counts as not read, from the oldest such entry on.
            var reached = read
            if pending > 0, let oldest = StreamId(try oldestPending(client, name, service) ?? "") {
                reached = min(reached, oldest)
            }
            // A service that is no longer there does not read at all; who never read from the beginning has no lag yet.
            let isBehind = newest > reached && read > .zero
            let next = isBehind ? try firstEntry(client, name, after: reached) : nil
            let since = next.map { max(0, SystemClock.wallUs() - $0.microseconds) } ?? 0
            lags.append(
                Lag(
                    service: service, stream: name, entries: group["lag"]?.integer, seconds: Double(since) / 1e6,
                    pending: pending))
        }
        return lags
    }

    private func oldestPending(
        _ client: RedisClient, _ name: StreamName, _ service: String
    ) throws(RedisError) -> String? {
        try client.command("XPENDING", name.key, service).elements.dropFirst().first?.text
    }

    private func firstEntry(
        _ client: RedisClient, _ name: StreamName, after id: StreamId
    ) throws(RedisError) -> StreamId? {
        try client.command("XRANGE", name.key, id.description, "+", "COUNT", "1").elements.first
            .flatMap { StreamEntry($0)?.id }
    }
}
