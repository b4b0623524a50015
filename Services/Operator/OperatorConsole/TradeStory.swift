public import Ledger
import ServiceKit
public import SignalContracts
public import StreamBus
public import TradingPrimitives

/// All that is known of one decision or trade: what it was made from, what became of it.
public struct TradeStory {
    typealias Pairs = [(name: String, value: String)]

    public let symbol: Symbol
    /// The decision's own fields; empty for a position that was found on the account and adopted.
    let decision: Pairs
    /// The fields of each engine's signal, by engine.
    let signals: [(engine: String, fields: Pairs)]
    /// Event time of the decision that they are of, where this one was published without: the last one before it with.
    let signalsTime: Timestamp?
    /// Empty when no plan was made.
    let plan: Pairs
    let events: [ExecutionEvent]

    /// A field of the decision.
    public subscript(name: String) -> String? { decision.first { $0.name == name }?.value }

    /// From the streams. Nil when the decision is not, or no longer, in its stream, and it is no position that was adopted.
    public init?(_ id: TradeId, _ symbol: Symbol, _ client: RedisClient) throws(RedisError) {
        let entry = try Self.entries(client, StreamName(.decision, symbol), of: id, field: "id").first
        let found = entry?.fields.pairs ?? []
        events = try Self.entries(client, StreamName(.execution, symbol), of: id, field: "plan")
            .compactMap { try? ExecutionEvent($0.fields) }
        guard !found.isEmpty || Self.wasAdopted(events) else { return nil }
        self.symbol = symbol
        decision = found.filter { !Self.isSignal($0.name) }
        let isWhole = found.contains { Self.isSignal($0.name) }
        var whole: Fields?
        if let entry, !isWhole { whole = try Self.whole(client, before: entry, symbol) }
        signalsTime = whole?["event_time"].flatMap { Int64($0) }.map { Timestamp(milliseconds: $0) }
        let pairs = whole?.pairs ?? found
        var signals = HouseEngine.allCases.compactMap { engine -> (engine: String, fields: Pairs)? in
            let prefix = "\(engine.scope)"
            let own = pairs.filter { $0.name.hasPrefix(prefix) }
                .map { (name: String($0.name.dropFirst(prefix.count)), value: $0.value) }
            return own.isEmpty ? nil : (engine.rawValue, own)
        }
        let votes: EngineList<EngineVote>? = try? (whole ?? entry?.fields)?.optional("votes")
        votes?.foreign.forEach { signals.append(($0.engine.name, $0.pairs)) }
        self.signals = signals
        plan = try Self.entries(client, StreamName(.plan, symbol), of: id, field: "id").first?.fields.pairs ?? []
    }

    /// From the streams of whichever contract has it: of several an id may be by its form.
    public init?(_ id: TradeId, ofOneOf symbols: [Symbol], _ client: RedisClient) throws(RedisError) {
        for symbol in symbols where id.belongs(to: symbol) {
            guard let story = try TradeStory(id, symbol, client) else { continue }
            self = story
            return
        }
        return nil
    }

    /// From the database, which keeps what the streams have let go; nil as from the streams.
    public init?(_ id: TradeId, _ database: Database) throws(DatabaseError) {
        guard let row = try StoredTrade(id, in: database), let symbol = Symbol(row.symbol) else { return nil }
        self.symbol = symbol
        decision = row.decision
        signals = row.signals
        signalsTime = nil
        plan = row.plan
        events = row.events.compactMap { pairs in
            var fields = Fields()
            for (name, value) in pairs {
                Array(name.utf8).withUnsafeBytes { name in
                    Array(value.utf8).withUnsafeBytes { fields.append(name: name, value: $0) }
                }
            }
            return try? ExecutionEvent(fields)
        }
        // A trade may be recorded a moment before its decision.
        guard !decision.isEmpty || Self.wasAdopted(events) else { return nil }
    }

    private static func wasAdopted(_ events: [ExecutionEvent]) -> Bool {
        events.contains { $0.kind == .positionAdopted }
    }

    private static func isSignal(_ name: String) -> Bool {
        HouseEngine.allCases.contains { name.hasPrefix("\($0.scope)") }
    }

    /// The last decision with its signals before one without: there is one each minute, and ten decisions a second at most. Nil
    /// where it has been let go.
    private static func whole(
        _ client: RedisClient, before entry: StreamEntry, _ symbol: Symbol
    ) throws(RedisError) -> Fields? {
        let rows = try client.command(
            "XREVRANGE", StreamName(.decision, symbol).key, "(\(entry.id)", "-", "COUNT", "1000"
        ).elements
        return rows.lazy.compactMap { StreamEntry($0)?.fields }.first { $0.pairs.contains { isSignal($0.name) } }
    }

    /// Entries whose `field` is `id`, oldest first. The id tells when they can have been written at the earliest.
    private static func entries(
        _ client: RedisClient, _ stream: StreamName, of id: TradeId, field: StaticString
    ) throws(RedisError) -> [StreamEntry] {
        var found: [StreamEntry] = []
        var from = "\(max(0, (id.causeTime?.milliseconds ?? 0) - 1000))"
        // Longer than any position is held.
        let to = id.causeTime.map { "\($0.milliseconds + 3_600_000)" } ?? "+"
        while true {
            let rows = try client.command("XRANGE", stream.key, from, to, "COUNT", "500").elements
            for row in rows {
                guard let entry = StreamEntry(row) else { continue }
                if entry.fields[field] == id.text { found.append(entry) }
                from = "(\(entry.id)"
            }
            if rows.count < 500 || (stream.kind != .execution && !found.isEmpty) { return found }
        }
    }
}
