public import TradingPrimitives

/// For how long rows are kept, in days; 0 is for ever.
public struct Retention: Sendable {
    public enum Table: String, Sendable, CaseIterable {
        /// Decisions not to trade: the bulk. The others stay with the trades that they led to.
        case decisions
        /// Plans that were refused.
        case plans
        case executions
        case signalOutcome = "signal_outcome"
        case alerts
        case trades
    }

    public var days: [Table: Int] = [.decisions: 30, .plans: 90, .signalOutcome: 365, .alerts: 365]

    public init() {}

    /// Removes the oldest rows of a table that are older than they are kept for, at most `batchMax`. Returns how many.
    public func removeOld(
        from table: Table, at now: Timestamp, batchMax: Int, in database: Database
    ) throws(DatabaseError) -> Int {
        guard let days = days[table], days > 0 else { return 0 }
        let before = "\(now - Int64(days) * 86_400_000)"
        let rows: [[String?]]
        switch table {
        case .decisions: rows = try remove("decisions", "id", "action = 'NO_TRADE' AND", before, batchMax, database)
        case .plans: rows = try remove("plans", "id", "verdict = 'REJECTED' AND", before, batchMax, database)
        case .executions: rows = try remove("executions", "ctid", "", before, batchMax, database)
        case .signalOutcome: rows = try remove("signal_outcome", "decision", "", before, batchMax, database)
        case .alerts: rows = try remove("alerts", "entry_id", "", before, batchMax, database)
        case .trades:
            rows = try database.run(
                """
                WITH old AS (SELECT id FROM trades WHERE exit_time < $1 ORDER BY exit_time LIMIT \(batchMax)),
                    judged AS (DELETE FROM engine_accuracy WHERE trade_id IN (SELECT id FROM old)),
                    gone AS (DELETE FROM trades WHERE id IN (SELECT id FROM old) RETURNING 1)
                SELECT count(*) FROM gone
                """, [before])
        }
        return rows.first?.first.flatMap { $0 }.flatMap { Int($0) } ?? 0
    }

    private func remove(
        _ table: String, _ key: String, _ condition: String, _ before: String, _ batchMax: Int, _ database: Database
    ) throws(DatabaseError) -> [[String?]] {
        try database.run(
            """
            WITH gone AS (DELETE FROM \(table) WHERE \(key) IN (
                SELECT \(key) FROM \(table) WHERE \(condition) event_time < $1 ORDER BY event_time LIMIT \(batchMax))
                RETURNING 1)
            SELECT count(*) FROM gone
            """, [before])
    }
}
