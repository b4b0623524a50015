import Ledger
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

/// Lets go of what is old and nobody else lets go of: rows, and entries of streams that several services write, or people.
final class Upkeep {
    private static let trimEveryUs: Int64 = 10_000_000
    private static let removeEveryUs: Int64 = 60_000_000
    /// Rows of one statement: few enough that what is new never waits for long.
    private static let batchMax = 1000

    private let context: ServiceContext
    private let retention: Retention
    private let streams: [StreamName]
    private let removed: [Retention.Table: Metrics.Counter]
    private var trimAtUs: Int64 = 0
    private var removeAtUs: Int64 = 0

    init(_ context: ServiceContext, _ retention: Retention) {
        self.context = context
        self.retention = retention
        let shared: [StreamKind] = [.alert, .command, .reply, .notice, .dead]
        streams = shared.map { StreamName($0) } + context.settings.symbols.map { StreamName(.dead, $0) }
        var removed: [Retention.Table: Metrics.Counter] = [:]
        for table in Retention.Table.allCases {
            removed[table] = context.metrics.counter(
                "rows_removed_total", help: "Rows that were older than they are kept for.",
                labels: [("table", table.rawValue)])
        }
        self.removed = removed
    }

    func trim(_ redis: RedisClient) throws(RedisError) {
        guard SystemClock.monotonicUs() >= trimAtUs else { return }
        trimAtUs = SystemClock.monotonicUs() + Self.trimEveryUs
        let now = SystemClock.now().milliseconds
        for stream in streams {
            let oldest = now - (context.settings.streams.retentionMs[stream.kind] ?? 86_400_000)
            do throws(RedisError) {
                _ = try redis.command("XTRIM", stream.key, "MINID", "~", "\(oldest)")
            } catch {
                // A user that may not is no reason to stop recording.
                guard case .refused(let text) = error else { throw error }
                context.log.warning("trim_refused") { $0.put("error", text) }
            }
        }
    }

    /// One batch of each table a minute; more of them in a row while there are more.
    func removeOldRows(_ database: Database) throws(DatabaseError) {
        guard SystemClock.monotonicUs() >= removeAtUs else { return }
        var isDone = true
        for table in Retention.Table.allCases {
            let count = try retention.removeOld(
                from: table, at: SystemClock.now(), batchMax: Self.batchMax, in: database)
            removed[table]?.add(Int64(count))
            if count == Self.batchMax { isDone = false }
        }
        if isDone { removeAtUs = SystemClock.monotonicUs() + Self.removeEveryUs }
    }
}
