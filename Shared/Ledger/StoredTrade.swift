public import SignalContracts

/// What the database holds of one decision and its trade, as names and values.
public struct StoredTrade {
    public typealias Pairs = [(name: String, value: String)]

    /// The contract, as its rows say.
    public let symbol: String
    /// Empty for a position that was found on the account and adopted.
    public let decision: Pairs
    public let signals: [(engine: String, fields: Pairs)]
    /// Empty when no plan was made.
    public let plan: Pairs
    /// Oldest first.
    public let events: [Pairs]

    /// Nil when neither a decision nor a trade has this id.
    public init?(_ id: TradeId, in database: Database) throws(DatabaseError) {
        let names = [
            "id", "event_time", "profile", "mode", "account", "program", "action", "strategy", "confidence",
            "final_score",
            "failed_gates", "reason",
        ]
        let columns = names.map { $0 == "program" ? "version" : $0 }.joined(separator: ", ")
        let row = try database.run("SELECT \(columns) FROM decisions WHERE id = $1", [id.text]).first
        events = try Self.events(id, in: database)
        let places =
            "SELECT symbol FROM decisions WHERE id = $1 UNION ALL SELECT symbol FROM executions WHERE plan = $1"
        guard let symbol = try database.run("\(places) LIMIT 1", [id.text]).first?[0] else { return nil }
        self.symbol = symbol
        decision = zip(names, row ?? []).compactMap { name, value in value.map { (name, $0) } }
        var signals: [(engine: String, fields: Pairs)] = []
        let values = try database.run(
            """
            SELECT e.key, f.key, f.value FROM decisions d, jsonb_each(d.signals) e, jsonb_each_text(e.value) f
            WHERE d.id = $1 ORDER BY e.key, f.key
            """, [id.text])
        for value in values {
            guard let engine = value[0], let name = value[1], let text = value[2] else { continue }
            if signals.last?.engine != engine { signals.append((engine, [])) }
            signals[signals.count - 1].fields.append((name, text))
        }
        self.signals = signals
        plan = try Self.plan(id, in: database)
    }

    private static func plan(_ id: TradeId, in database: Database) throws(DatabaseError) -> Pairs {
        guard
            let row = try database.run("SELECT verdict, rule, detail FROM plans WHERE id = $1", [id.text]).first
        else { return [] }
        let own = zip(["verdict", "rule", "detail"], row).compactMap { name, value in value.map { (name, $0) } }
        let terms = try database.run(
            "SELECT t.key, t.value FROM plans, jsonb_each_text(terms) t WHERE id = $1 AND t.key <> 'verdict'", [id.text]
        )
        return own + terms.compactMap { row in row[0].flatMap { name in row[1].map { (name, $0) } } }
    }

    private static func events(_ id: TradeId, in database: Database) throws(DatabaseError) -> [Pairs] {
        let rows = try database.run(
            """
            SELECT e.entry_id, f.key, f.value FROM executions e, jsonb_each_text(e.fields) f WHERE e.plan = $1
            ORDER BY split_part(e.entry_id, '-', 1)::BIGINT, split_part(e.entry_id, '-', 2)::BIGINT
            """, [id.text])
        var events: [(id: String, pairs: Pairs)] = []
        for row in rows {
            guard let entry = row[0], let name = row[1], let value = row[2] else { continue }
            if events.last?.id != entry { events.append((entry, [])) }
            events[events.count - 1].pairs.append((name, value))
        }
        return events.map(\.pairs)
    }
}
