import Ledger
import SignalContracts

/// What the database has of decisions, and what became of them.
enum DecisionHistory {
    struct Filter {
        static let names = ["symbol", "outcome", "gate", "before"]
        fileprivate var conditions = SQL.Conditions("TRUE")

        init(_ query: Query) throws(RequestError) {
            conditions.add("d.symbol =", try query.symbol())
            switch try query.word("outcome", of: ["traded", "refused", "gated"]) {
            case "traded": conditions.add("p.verdict = 'APPROVED'")
            case "refused": conditions.add("p.verdict = 'REJECTED'")
            case "gated": conditions.add("d.failed_gates <> ''")
            default: break
            }
            if let gate = try query.word("gate", of: Gate.allCases.map(\.rawValue)) {
                conditions.add("'\(gate)' = ANY (string_to_array(d.failed_gates, ','))")
            }
            conditions.addTime("d.event_time <", try query.integer("before", in: SQL.times))
        }
    }

    static func page(_ filter: Filter, limit: Int64, _ database: Database) throws(DatabaseError) -> String {
        // Decisions of one millisecond stay on one page: the next one begins before its time.
        try database.text(
            """
            SELECT json_build_object('decisions', COALESCE(json_agg(json_build_object('id', id, 'symbol', symbol,
                'event_time', \(SQL.time("event_time")), 'action', action, 'strategy', strategy,
                'confidence', confidence, 'final_score', final_score,
                'failed_gates', string_to_array(failed_gates, ','), 'reason', reason, 'verdict', verdict, 'rule', rule,
                'detail', detail) ORDER BY event_time DESC, id), '[]'),
                'next', CASE WHEN count(*) >= \(limit) THEN \(SQL.time("min(event_time)")) END)
            FROM (SELECT d.*, p.verdict, p.rule, p.detail FROM decisions d LEFT JOIN plans p ON p.id = d.id
                WHERE \(filter.conditions.sql) ORDER BY d.event_time DESC FETCH FIRST \(limit) ROWS WITH TIES) d
            """, filter.conditions.parameters)
    }
}
