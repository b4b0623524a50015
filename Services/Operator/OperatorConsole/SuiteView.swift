import Hosting
public import ServiceKit
import SignalContracts
public import StreamBus
import TradingPrimitives

/// The suite at one moment, read off its streams alone.
public struct SuiteView {
    public struct Service {
        let name: String
        /// Milliseconds since it last took (or, the hub, wrote) an entry; nil when it never did.
        let idleMs: Int64?
        let pending: Int64
        /// How long it may be silent on a quiet market.
        var silenceMaxMs: Int64 = 5000
        /// Whether the suite is whole without it.
        var isOptional = false
        /// What keeps it from its work though it runs, in words.
        var complaint: String?
        var isUp: Bool { idleMs.map { $0 < silenceMaxMs } ?? false }
        var isMissing: Bool { !isUp && !isOptional }
    }

    struct Market {
        let symbol: Symbol
        let book: BookUpdate?
        let signals: [EngineSignal]
        let decision: Decision?
        let readiness: Readiness?
        let plan: TradePlan?
        /// `position:{S}`; empty when flat.
        let position: [(String, String)]
        let lastClosed: ExecutionEvent?
    }

    let settings: SuiteSettings
    let services: [Service]
    let account: AccountUpdate?
    let risk: RiskState?
    let markets: [Market]
    let deadLetters: Int64
    /// Where services show their metrics, as far as the configuration says it.
    var metricsPorts: [(service: String, port: Int)] = []
    /// What decisions are made by; the settings of this command may be others.
    var profile: String { markets.lazy.compactMap(\.decision?.profile).first ?? settings.profile.rawValue }
    /// The newest time of the venue that any word tells.
    var now: Timestamp { max(account?.eventTime ?? .zero, markets.compactMap(\.book?.eventTime).max() ?? .zero) }

    init(_ client: RedisClient, _ settings: SuiteSettings) throws(RedisError) {
        self.settings = settings
        services = try Self.services(client, settings)
        account = try client.newest(of: StreamName(.account))
        risk = try client.newest(of: StreamName(.risk))
        var markets: [Market] = []
        for symbol in settings.symbols { markets.append(try Self.market(client, symbol)) }
        self.markets = markets
        var dead: Int64 = 0
        for stream in settings.streams(of: .dead) {
            dead += try client.command("XLEN", stream.key).integer ?? 0
        }
        deadLetters = dead
    }

    /// Each service, as far as its work can be seen from outside.
    public static func services(_ client: RedisClient, _ settings: SuiteSettings) throws(RedisError) -> [Service] {
        guard let symbol = settings.symbols.first else { return [] }
        let readers: [(String, StreamKind)] = [
            ("order-flow-engine", .book), ("tick-engine", .trade), ("technical-engine", .forming),
            ("sentiment-engine", .metric),
            ("regime-filter", .book),
            ("decision-engine", .signal),
            ("risk-manager", .metric), ("executor", .book), ("trade-recorder", .decision),
            ("notifier", .execution),
        ]
        var commands = CommandBuffer()
        commands.command(["XREVRANGE", StreamName(.book, symbol).key, "+", "-", "COUNT", "1"])
        commands.command([
            "PTTL", SymbolLeases.leaseKey("learner", "WEIGHTS", isCluster: settings.redis.cluster != nil),
        ])
        commands.command(["PTTL", NotifierState.key])
        commands.command(["GET", NotifierState.key])
        for (name, kind) in readers {
            commands.command(["XINFO", "CONSUMERS", StreamName(kind, symbol).key, name])
        }
        let replies = try client.pipeline(commands)
        var services = [hub(replies[0])]
        for ((name, _), reply) in zip(readers, replies.dropFirst(4)) {
            // Where nobody has read yet, an error.
            let rows = reply.elements
            let idle = rows.compactMap { $0.pairs["idle"]?.integer }.min()
            let pending = rows.compactMap { $0.pairs["pending"]?.integer }.reduce(0, +)
            // Hours may pass without a word to a person.
            if name == "notifier" {
                services.append(NotifierState.service(timeToLive: replies[2], text: replies[3], pending: pending))
                continue
            }
            // A decision comes once a minute at least.
            let silenceMaxMs: Int64 = name == "trade-recorder" ? 75_000 : 5000
            services.append(Service(name: name, idleMs: idle, pending: pending, silenceMaxMs: silenceMaxMs))
        }
        return services + [learner(replies[1])]
    }

    /// The learner reads the database; how long ago it renewed its lease tells that it lives.
    private static func learner(_ timeToLive: RedisValue) -> Service {
        let leftMs = timeToLive.integer ?? -2
        let idleMs = leftMs < 0 ? nil : max(0, LeaseTable.lifeMs - leftMs)
        return Service(name: "learner", idleMs: idleMs, pending: 0, isOptional: true)
    }

    /// The hub reads nothing; its newest book tells when it last wrote.
    private static func hub(_ newestBook: RedisValue) -> Service {
        let written = newestBook.elements.first.flatMap { StreamEntry($0) }?.id.microseconds
        return Service(name: "data-hub", idleMs: written.map { (SystemClock.wallUs() - $0) / 1000 }, pending: 0)
    }

    private static func newest(_ client: RedisClient, _ stream: StreamName, _ count: Int) throws(RedisError) -> [Fields]
    {
        try client.newest(of: stream, count: count).map(\.fields)
    }

    private static func market(_ client: RedisClient, _ symbol: Symbol) throws(RedisError) -> Market {
        var signals: [EngineSignal] = []
        for fields in try newest(client, StreamName(.signal, symbol), 50) {
            guard let signal = try? EngineSignal(fields), !signals.contains(where: { $0.engine == signal.engine })
            else { continue }
            signals.append(signal)
        }
        let position = try client.command("HGETALL", "position:{\(symbol.name)}").elements.map { $0.text ?? "" }
        let executions = try newest(client, StreamName(.execution, symbol), 100).compactMap { try? ExecutionEvent($0) }
        return Market(
            symbol: symbol,
            book: try newest(client, StreamName(.book, symbol), 1).first.flatMap { try? BookUpdate($0) },
            signals: signals.sorted { $0.engine.name < $1.engine.name },
            decision: try newest(client, StreamName(.decision, symbol), 1).first.flatMap { try? Decision($0) },
            readiness: try newest(client, StreamName(.readiness, symbol), 1).first.flatMap { try? Readiness($0) },
            plan: try newest(client, StreamName(.plan, symbol), 1).first.flatMap { try? TradePlan($0) },
            position: stride(from: 0, to: position.count - 1, by: 2).map { (position[$0], position[$0 + 1]) },
            lastClosed: executions.first { $0.kind == .positionClosed })
    }
}
