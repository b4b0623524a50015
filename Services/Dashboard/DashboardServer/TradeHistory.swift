import Ledger
import SignalContracts
import TradingPrimitives

/// What the database has of trades, as the JSON that PostgreSQL makes of its rows.
enum TradeHistory {
    /// Name and expression over `trades t`.
    private static let columns: [(name: String, sql: String)] = [
        ("number", "t.id"), ("id", "t.plan"), ("symbol", "t.symbol"), ("side", "t.side"), ("strategy", "t.strategy"),
        ("entry_price", SQL.decimal("t.entry_price")), ("exit_price", SQL.decimal("t.exit_price")),
        ("size_usdt", SQL.decimal("t.size_usdt")), ("leverage", "t.leverage"),
        ("stop_price", SQL.decimal("t.sl_price")),
        ("take_profit_price", SQL.decimal("t.tp1_price")), ("trailing_stop_price", SQL.decimal("t.tp2_price")),
        ("gross", SQL.decimal("t.pnl_gross")), ("fees", SQL.decimal("t.fee_total")),
        ("funding", SQL.decimal("t.funding")), ("net", SQL.decimal("t.pnl_net")), ("confidence", "t.confidence"),
        ("final_score", "t.final_score"), ("hold_seconds", "t.hold_duration_sec"), ("exit_reason", "t.exit_reason"),
        ("maker_fills", "t.maker_fills"), ("taker_fills", "t.taker_fills"),
        ("entry_maker_share", "t.entry_maker_share"), ("maker_share", "t.maker_share"),
        ("entry_time", SQL.time("t.entry_time")),
        ("exit_time", SQL.time("t.exit_time")), ("regime", "t.regime_at_entry"), ("vol_phase", "t.vol_phase_at_entry"),
        ("mode", "t.mode"), ("profile", "t.profile"), ("account", "t.account"), ("version", "t.version"),
    ]
    private static let object =
        "json_build_object(" + columns.map { "'\($0.name)', \($0.sql)" }.joined(separator: ", ") + ")"
    /// Lines of one table for other programs.
    private static let tableMax = 100_000

    /// Which trades, as the parameters of a request say.
    struct Filter {
        static let names = ["symbol", "side", "strategy", "exit_reason", "result", "from", "to"]
        private static let exitReasons = ExitReason.allCases.map(\.rawValue)
        fileprivate var conditions = SQL.Conditions("t.exit_time IS NOT NULL")

        init(_ query: Query) throws(RequestError) {
            conditions.add("t.symbol =", try query.symbol())
            conditions.add("t.side =", try query.word("side", of: Direction.allCases.map(\.rawValue)))
            conditions.add("t.strategy =", try query.word("strategy", of: Strategy.allCases.map(\.rawValue)))
            conditions.add("t.exit_reason =", try query.word("exit_reason", of: Self.exitReasons))
            if let result = try query.word("result", of: ["win", "loss"]) {
                conditions.add("t.is_counted AND t.pnl_net \(result == "win" ? ">" : "<=") 0")
            }
            conditions.addTime("t.exit_time >=", try query.integer("from", in: SQL.times))
            conditions.addTime("t.exit_time <", try query.integer("to", in: SQL.times))
            if let before = try query.integer("before", in: SQL.times) { conditions.add("t.id < \(before)") }
        }
    }

    static func page(_ filter: Filter, limit: Int64, _ database: Database) throws(DatabaseError) -> String {
        try database.text(
            """
            SELECT json_build_object('trades', COALESCE(json_agg(\(object) ORDER BY t.id DESC), '[]'),
                'next', CASE WHEN count(*) = \(limit) THEN min(t.id) END)
            FROM (SELECT * FROM trades t WHERE \(filter.conditions.sql) ORDER BY t.id DESC LIMIT \(limit)) t
            """, filter.conditions.parameters)
    }

    /// The newest trades of a symbol that ended since then, oldest first.
    static func since(_ sinceMs: Int64, of symbol: String, _ database: Database) throws(DatabaseError) -> String {
        try database.text(
            """
            SELECT COALESCE(json_agg(\(object) ORDER BY t.id), '[]') FROM (SELECT * FROM trades t
                WHERE t.symbol = $1 AND t.exit_time >= \(SQL.timestamp(sinceMs)) ORDER BY t.id DESC LIMIT 500) t
            """, [symbol])
    }

    /// A head line and a line for each trade, newest first.
    static func table(_ filter: Filter, _ database: Database) throws(DatabaseError) -> String {
        let expressions = columns.map(\.sql).joined(separator: ", ")
        let rows = try database.run(
            "SELECT \(expressions) FROM trades t WHERE \(filter.conditions.sql) ORDER BY t.id DESC LIMIT \(tableMax)",
            filter.conditions.parameters)
        var text = columns.map(\.name).joined(separator: ",") + "\r\n"
        for row in rows { text += row.map { $0 ?? "" }.joined(separator: ",") + "\r\n" }
        return text
    }
}
