import Ledger
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

/// Moves entries from the streams into the database: written first, acknowledged then.
///
/// Writing an entry again changes nothing, so a crash between the two loses nothing and doubles nothing. While the
/// database is away the entries wait in Redis.
final class Recorder {
    private static let turnMs: Int64 = 100
    private static let batchMax = 500
    private static let partMin = 20
    /// Parts that are read in one turn: with more of them each has its turn less often, since a read costs Redis as much when there
    /// is nothing.
    private static let partsAtOnceMax = 50

    let context: ServiceContext
    let streams: [StreamName]
    private let consumer: String
    private let metrics: RecorderMetrics
    private let upkeep: Upkeep
    private var redis: RedisClient?
    private var database: Database?
    /// What the database says that it has; nil until it has been compared with what Redis says.
    private var places: RecordedPlaces?
    private var backOff = BackOff(leastMs: 100, greatestMs: 5000)
    private var notBeforeUs: Int64 = 0
    /// What this consumer took and did not acknowledge is read again first.
    private var hasPending = true
    /// The database refused each entry of the last batch, so none of them is surely to blame: the next batch has later ones beside
    /// them, of which one may pass.
    private var isStuck = false
    private var isGoingOn = false
    private var nextPart = 0

    init(_ context: ServiceContext, _ settings: RecorderSettings) {
        self.context = context
        let kinds: [StreamKind] = [.decision, .plan, .execution, .candle, .forming]
        streams =
            context.settings.symbols.flatMap { symbol in kinds.map { StreamName($0, symbol) } } + [
                StreamName(.alert), StreamName(.risk),
            ]
        consumer = "\(context.name)-\(context.instance)"
        metrics = RecorderMetrics(context, streams)
        upkeep = Upkeep(context, settings.retention)
        if let backups = settings.backups {
            context.metrics.gauge("backup_age_seconds", help: "Since the newest backup was made.") {
                BackupShelf(folder: backups).age
            }
        }
    }

    func run() -> ExitCode {
        context.metrics.gauge("postgres_up", help: "1 while PostgreSQL can be reached.") { [unowned self] in
            database == nil ? 0 : 1
        }
        context.serveMetrics(
            isReady: { [unowned self] in redis != nil && database != nil },
            isRedisUp: { [unowned self] in redis != nil })
        context.stopOnSignals { [unowned self] in context.reactor.stop() }
        context.reactor.every(ms: Self.turnMs) { [unowned self] in turn() }
        context.reactor.run()
        context.log.info("stopped")
        return .success
    }

    private func turn() {
        guard SystemClock.monotonicUs() >= notBeforeUs else { return }
        do {
            let database = try connectDatabase(), redis = try connectRedis()
            if places == nil { places = try findPlaces(redis, database) }
            try metrics.showPositions(redis)
            if try recordBatch(redis, database) { goOn() }
            try upkeep.trim(redis)
            try upkeep.removeOldRows(database)
            backOff.reset()
        } catch let error as RedisError {
            redis = nil
            places = nil
            hasPending = true
            wait(after: error)
        } catch let error as DatabaseError {
            database = nil
            places = nil
            hasPending = true
            wait(after: error)
        } catch {
            wait(after: error)
        }
    }

    /// Takes the next batch after what else waits, such as a question for metrics.
    private func goOn() {
        guard !isGoingOn else { return }
        isGoingOn = true
        context.reactor.after(ms: 0) { [unowned self] in
            isGoingOn = false
            turn()
        }
    }

    private func wait(after error: any Error) {
        let ms = backOff.next()
        notBeforeUs = SystemClock.monotonicUs() + ms * 1000
        context.log.warning("unavailable") {
            $0.put("error", "\(error)")
            $0.put("retry_ms", ms)
        }
    }

    private func connectDatabase() throws(DatabaseError) -> Database {
        if let database { return database }
        let made = try Database(url: context.settings.postgres.url, password: context.settings.postgres.password)
        let version = try Schema.migrate(made)
        context.log.info("database_ready") { $0.put("schema", version) }
        database = made
        return made
    }

    private func connectRedis() throws(RedisError) -> RedisClient {
        if let redis { return redis }
        let made = try RedisClient(context.settings.redis, timeoutMs: 1500)
        for stream in streams { try made.makeGroup(context.name, of: stream) }
        redis = made
        return made
    }

    /// Returns whether more waits. What has come meanwhile can wait for its turn: with many contracts there is always something.
    private func recordBatch(_ redis: RedisClient, _ database: Database) throws -> Bool {
        let entries = try read(redis), hasMore = hasPending || isFull(entries)
        guard !entries.isEmpty else {
            defer { hasPending = false }
            return hasPending
        }
        var good: [(Entry, LedgerEntry)] = []
        var skipped: [Entry] = []
        for entry in entries {
            do throws(ContractError) {
                // What is not to be recorded is done with as it is read.
                if let row = try entry.ledgerEntry() { good.append((entry, row)) } else { skipped.append(entry) }
            } catch {
                try putAside(entry, error.description, redis)
            }
        }
        do throws(DatabaseError) {
            try database.transaction { database throws(DatabaseError) in
                try LedgerEntry.write(good.map(\.1), to: database)
                try notePlaces(entries, database)
            }
        } catch {
            guard case .refused = error else { throw error }
            try recordOneByOne(good, error, redis, database)
            try database.transaction { database throws(DatabaseError) in try notePlaces(entries, database) }
        }
        isStuck = false
        try acknowledge(good.map(\.0) + skipped, redis)
        metrics.recorded(good.map(\.0.id))
        return hasMore
    }

    /// Whether a stream had as many entries as may be read at once.
    private func isFull(_ entries: [Entry]) -> Bool {
        entries.count >= countMax
            && Dictionary(grouping: entries, by: \.stream).values.contains { $0.count >= countMax }
    }

    /// Entries of one stream that are read at once: however many contracts there are, a batch is one transaction and stands in
    /// memory.
    private var countMax: Int { max(Self.batchMax / parts.count, Self.partMin) }

    private func acknowledge(_ entries: [Entry], _ redis: RedisClient) throws(RedisError) {
        var commands = CommandBuffer()
        for (stream, own) in Dictionary(grouping: entries, by: \.stream) {
            commands.command(["XACK", stream.key, context.name] + own.map(\.id.description))
        }
        for case .error(let text) in try redis.pipeline(commands) { throw .refused(text) }
    }

    private func notePlaces(_ entries: [Entry], _ database: Database) throws(DatabaseError) {
        var newest: [String: StreamId] = [:]
        for entry in entries { newest[entry.stream.key] = max(newest[entry.stream.key] ?? .zero, entry.id) }
        try places?.advance(newest, in: database)
    }

    /// One of them is to blame: finds it and keeps the others. Where none passes, the database is, and all wait.
    private func recordOneByOne(
        _ entries: [(Entry, LedgerEntry)], _ first: DatabaseError, _ redis: RedisClient, _ database: Database
    ) throws {
        var refused: [(Entry, String)] = []
        for (entry, row) in entries {
            do throws(DatabaseError) {
                try database.transaction { database throws(DatabaseError) in try row.write(to: database) }
            } catch {
                guard case .refused = error else { throw error }
                refused.append((entry, error.description))
            }
        }
        guard refused.count < entries.count else {
            isStuck = true
            throw first
        }
        for (entry, error) in refused { try putAside(entry, error, redis) }
    }

    private func read(_ redis: RedisClient) throws(RedisError) -> [Entry] {
        var commands = CommandBuffer()
        let count = countMax
        let from = isStuck ? ["0", ">"] : [hasPending ? "0" : ">"]
        for id in from {
            for streams in id == "0" || isStuck ? parts[...] : nextParts() {
                commands.command(
                    ["XREADGROUP", "GROUP", context.name, consumer, "COUNT", "\(count)", "STREAMS"]
                        + streams.map(\.key) + streams.map { _ in id })
            }
        }
        var entries: [Entry] = []
        for reply in try redis.pipeline(commands) {
            if case .error(let text) = reply { throw .refused(text) }
            for item in reply.elements {
                guard let key = item.elements.first?.text, let stream = StreamName(key: key) else { continue }
                for row in item.elements.last?.elements ?? [] {
                    if let entry = Entry(stream, row) { entries.append(entry) }
                }
            }
        }
        return entries
    }

    private func nextParts() -> ArraySlice<[StreamName]> {
        if nextPart >= parts.count { nextPart = 0 }
        defer { nextPart += Self.partsAtOnceMax }
        return parts[nextPart...].prefix(Self.partsAtOnceMax)
    }

    /// Streams that can be read with one command, also on a cluster: those of one symbol.
    private lazy var parts: [[StreamName]] =
        context.settings.symbols.map { symbol in streams.filter { $0.symbol == symbol } }
        + streams.filter { $0.symbol == nil }.map { [$0] }

    private func putAside(_ entry: Entry, _ error: String, _ redis: RedisClient) throws(RedisError) {
        try redis.putAside(entry.id, entry.fields, of: entry.stream, group: context.name, error: error)
        metrics.refused.add()
        context.log.warning("dead_letter") {
            $0.put("stream", entry.stream)
            $0.put("id", entry.id)
            $0.put("error", error)
        }
    }
}

/// One entry as it was read.
private struct Entry {
    let stream: StreamName
    let id: StreamId
    let fields: Fields

    init?(_ stream: StreamName, _ row: RedisValue) {
        guard let entry = StreamEntry(row) else { return nil }
        self.stream = stream
        id = entry.id
        fields = entry.fields
    }

    /// Nil for what is not to be recorded.
    func ledgerEntry() throws(ContractError) -> LedgerEntry? {
        switch (stream.kind, stream.symbol) {
        case (.candle, let symbol?), (.forming, let symbol?):
            let candle = try CandleUpdate(fields)
            let isPrice = candle.timeframe == .oneMinute && !candle.isBackfill
            return isPrice ? .price(symbol, candle.close, at: candle.eventTime) : nil
        case (.decision, let symbol?):
            // The others change several times a second: the table would grow by a gigabyte a day and ten contracts.
            let decision = try Decision(fields)
            return decision.isWhole || decision.action != .noTrade ? .decision(symbol, decision) : nil
        case (.plan, let symbol?): return .plan(symbol, try TradePlan(fields))
        case (.execution, let symbol?): return .execution(symbol, id, try ExecutionEvent(fields))
        case (.risk, _): return .risk(try RiskState(fields))
        case (.alert, _): return .alert(id, try Alert(fields))
        default: throw .unknownType(stream.key)
        }
    }
}
