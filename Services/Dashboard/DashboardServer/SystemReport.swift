import Ledger
import OperatorConsole
import ServiceKit
import SignalContracts
import StreamBus

/// How the suite itself is: its streams and who is behind in them, how long a market event takes to each hop, its stores.
enum SystemReport {
    /// Symbols whose hops are looked at.
    private static let sampleMax = 8
    private static let deadMax = 50

    static func make(_ stores: Stores, _ client: RedisClient) throws(RedisError) -> JSONNode {
        .object([
            ("streams", try streams(stores.settings, client)), ("hops", try hops(stores.settings, client)),
            ("redis", try redis(client)), ("postgres", postgres(stores)),
            ("dead_letters", try deadLetters(stores.settings, client)),
        ])
    }

    private static func streams(_ settings: SuiteSettings, _ client: RedisClient) throws(RedisError) -> JSONNode {
        let names = StreamKind.allCases.flatMap(settings.streams)
        var commands = CommandBuffer()
        for name in names {
            commands.command(["XINFO", "STREAM", name.key])
            commands.command(["XINFO", "GROUPS", name.key])
        }
        let replies = try client.pipeline(commands)
        let now = SystemClock.wallUs()
        return .array(
            names.enumerated().compactMap { index, name in
                // A stream that nobody has written to is not there.
                if case .error = replies[2 * index] { return nil }
                let stream = replies[2 * index].pairs, last = stream["last-generated-id"]?.text ?? "0-0"
                let writtenUs = StreamId(last).flatMap { $0 == .zero ? nil : $0.microseconds }
                let readers = replies[2 * index + 1].elements.map(\.pairs).map { group in
                    JSONNode.object([
                        ("service", .optional(group["name"]?.text)), ("behind", .optional(group["lag"]?.integer)),
                        ("pending", .integer(group["pending"]?.integer ?? 0)),
                    ])
                }
                return .object([
                    ("name", .text(name.key)), ("length", .integer(stream["length"]?.integer ?? 0)),
                    ("last_entry", .text(last)), ("age_ms", .optional(writtenUs.map { max(0, (now - $0) / 1000) })),
                    ("readers", .array(readers)),
                ])
            })
    }

    // MARK: Hops

    private static func hops(_ settings: SuiteSettings, _ client: RedisClient) throws(RedisError) -> JSONNode {
        let kinds: [StreamKind] = [.signal, .decision, .plan, .execution]
        let symbols = settings.symbols.prefix(sampleMax)
        var commands = CommandBuffer()
        for symbol in symbols {
            for kind in kinds {
                commands.command(["XREVRANGE", StreamName(kind, symbol).key, "+", "-", "COUNT", "100"])
            }
        }
        var times: [String: [Double]] = [:]
        for (index, reply) in try client.pipeline(commands).enumerated() {
            for entry in reply.elements.compactMap({ StreamEntry($0) }) {
                guard let hop = hop(kinds[index % kinds.count], entry.fields),
                    let cause = entry.fields["cause"].flatMap({ StreamId($0) })
                else { continue }
                // Redis gives ids in whole milliseconds.
                times[hop, default: []].append(max(0, Double(entry.id.microseconds - cause.microseconds) / 1000))
            }
        }
        let order = HouseEngine.allCases.map(\.rawValue) + ["decision", "plan", "entry order"]
        return .array(
            order.map { hop in
                let sorted = (times[hop] ?? []).sorted()
                func percentile(_ share: Double) -> JSONNode {
                    .optional(sorted.isEmpty ? nil : sorted[Int(share * Double(sorted.count - 1))])
                }
                return .object([
                    ("hop", .text(hop)), ("count", .integer(Int64(sorted.count))), ("p50_ms", percentile(0.5)),
                    ("p99_ms", percentile(0.99)),
                ])
            })
    }

    private static func hop(_ kind: StreamKind, _ fields: Fields) -> String? {
        switch kind {
        case .signal: fields["engine"]
        case .execution: fields["event"] == ExecutionKind.entrySent.rawValue ? "entry order" : nil
        default: kind.rawValue
        }
    }

    // MARK: Stores

    private static func redis(_ client: RedisClient) throws(RedisError) -> JSONNode {
        var sums: [String: Int64] = [:], version = "?"
        for section in ["server", "memory", "stats", "clients"] {
            for text in try client.information(section) {
                for line in text.split(whereSeparator: \.isNewline) {
                    let pair = line.split(separator: ":", maxSplits: 1).map(String.init)
                    guard pair.count == 2 else { continue }
                    if pair[0] == "redis_version" { version = pair[1] }
                    if let number = Int64(pair[1]) { sums[pair[0], default: 0] += number }
                }
            }
        }
        return .object([
            ("version", .text(version)), ("memory_bytes", .integer(sums["used_memory"] ?? 0)),
            ("commands_per_second", .integer(sums["instantaneous_ops_per_sec"] ?? 0)),
            ("clients", .integer(sums["connected_clients"] ?? 0)),
            ("uptime_seconds", .integer(sums["uptime_in_seconds"] ?? 0)),
        ])
    }

    private static func postgres(_ stores: Stores) -> JSONNode {
        let row = try? stores.withDatabase { database throws(DatabaseError) in
            try database.run(
                """
                SELECT current_setting('server_version'), pg_database_size(current_database()),
                    (SELECT count(*) FROM trades WHERE exit_time IS NOT NULL)
                """
            ).first
        }
        return .object([
            ("up", .bool(row != nil)), ("version", .optional(row?[0])),
            ("size_bytes", .optional(row?[1].flatMap { Int64($0) })),
            ("trades", .optional(row?[2].flatMap { Int64($0) })),
        ])
    }

    private static func deadLetters(_ settings: SuiteSettings, _ client: RedisClient) throws(RedisError) -> JSONNode {
        var letters: [JSONNode] = []
        for stream in settings.streams(of: .dead) where letters.count < deadMax {
            for entry in try client.newest(of: stream, count: deadMax - letters.count) {
                letters.append(
                    .object([
                        ("stream", .text(entry.fields["stream"] ?? stream.key)), ("entry", .text(entry.id.description)),
                        ("origin", .text(entry.fields["entry_id"] ?? "")),
                        ("service", .text(entry.fields["service"] ?? "")),
                        ("error", .text(entry.fields["error"] ?? "")),
                    ]))
            }
        }
        return .array(letters)
    }
}
