/// What was traded and paid, payment by payment, as tables for other programs and for the tax office.
///
/// They are read off the executor's events, which are kept for ever unless `keep_days.executions` says otherwise.
public enum PaymentTable: String, Sendable, CaseIterable {
    /// Each piece of an order that was filled.
    case fills
    /// What each of them cost, in what it was paid in.
    case fees
    /// Each payment of funding: received, below zero when paid.
    case funding

    /// Lines that are read at once.
    private static let pageMax = 5000

    private var columns: [(name: String, sql: String)] {
        let whose = [("mode", "fields->>'mode'"), ("account", "fields->>'account'"), ("trade", "plan")]
        let start = [("time", Self.time), ("symbol", "symbol")]
        switch self {
        case .fills:
            return start + [
                (
                    "side",
                    "CASE WHEN (event = 'ENTRY_FILLED') = (fields->>'direction' = 'LONG') THEN 'BUY' ELSE 'SELL' END"
                ),
                ("part", "CASE WHEN event = 'ENTRY_FILLED' THEN 'ENTRY' ELSE 'EXIT' END"),
                ("price", "fields->>'price'"), ("quantity", "fields->>'quantity'"),
                ("value", "trim_scale((fields->>'price')::NUMERIC * (fields->>'quantity')::NUMERIC)"),
                ("maker", "CASE fields->>'maker' WHEN '1' THEN 'yes' WHEN '0' THEN 'no' END"),
                ("fee", Self.fee), ("fee_asset", Self.feeAsset), ("realized_pnl", "fields->>'realized_pnl'"),
                ("order", "fields->>'client_order_id'"),
            ] + whose
        case .fees: return start + [("asset", Self.feeAsset), ("amount", Self.fee)] + whose
        case .funding: return start + [("asset", "'USDT'"), ("amount", "fields->>'realized_pnl'")] + whose
        }
    }

    private static let time = "to_char(event_time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
    private static let fee = "COALESCE(fields->>'fee', fields->>'fee_amount')"
    private static let feeAsset =
        "CASE WHEN fields->>'fee' IS NOT NULL THEN 'USDT' ELSE fields->>'fee_asset' END"

    private var condition: String {
        switch self {
        case .fills: "event IN ('ENTRY_FILLED', 'TP_FILLED', 'EXIT_FILLED')"
        case .fees: "event IN ('ENTRY_FILLED', 'TP_FILLED', 'EXIT_FILLED') AND \(Self.fee) IS NOT NULL"
        case .funding: "event = 'FUNDING_PAID'"
        }
    }

    public var head: String { columns.map(\.name).joined(separator: ",") }

    /// Gives the payments of the days from `first` to `last` (`2026-11-30`, both included, UTC; nil for no bound), oldest first, a line each.
    public func forEachLine(
        from first: String?, to last: String?, in database: Database, _ body: (String) -> Void
    ) throws(DatabaseError) {
        let expressions = columns.map(\.sql).joined(separator: ", ")
        var place: [String?] = [nil, nil, nil]
        while true {
            let rows = try database.run(
                """
                SELECT event_time, symbol, entry_id, \(expressions) FROM executions WHERE \(condition)
                    AND ($1::DATE IS NULL OR event_time >= $1::DATE) AND ($2::DATE IS NULL OR event_time < $2::DATE + 1)
                    AND ($3::TIMESTAMPTZ IS NULL OR (event_time, symbol, entry_id) > ($3::TIMESTAMPTZ, $4, $5))
                ORDER BY event_time, symbol, entry_id LIMIT \(Self.pageMax)
                """, [first, last] + place)
            for row in rows { body(row.dropFirst(3).map { Self.quoted($0 ?? "") }.joined(separator: ",")) }
            guard rows.count == Self.pageMax, let end = rows.last else { return }
            place = Array(end.prefix(3))
        }
    }

    /// A value with a comma, a quote or a line end stands in quotes.
    private static func quoted(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return text }
        return "\"" + text.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
    }
}
