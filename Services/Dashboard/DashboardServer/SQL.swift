import Ledger

/// Pieces that several questions to the database are made of.
enum SQL {
    /// What a time may be: milliseconds that a browser's numbers can tell apart.
    static let times: ClosedRange<Int64> = 0...253_402_300_799_999

    /// A decimal column as exact text without trailing zeros.
    static func decimal(_ column: String) -> String { "trim_scale(\(column))::TEXT" }
    /// A sum that is 0 where there is nothing to add up.
    static func sum(_ column: String) -> String { "trim_scale(COALESCE(sum(\(column)), 0))::TEXT" }
    /// A time column in milliseconds.
    static func time(_ column: String) -> String { "(extract(epoch FROM \(column)) * 1000)::BIGINT" }
    static func timestamp(_ ms: Int64) -> String { "to_timestamp(\(ms) / 1000.0)" }
    /// Trades of an account that ended within `days` before `now`, both ends in milliseconds.
    static func ended(_ scope: TradeScope, days: Int64, before now: Int64) -> String {
        "\(scope.ofTrades) AND t.exit_time > \(timestamp(now - days * 86_400_000)) AND t.exit_time <= \(timestamp(now))"
    }
    /// What is added up of trades, as members of an object.
    static let sums = """
        'trades', count(*) FILTER (WHERE is_counted), 'wins', count(*) FILTER (WHERE is_counted AND pnl_net > 0), 'gross', \(sum("pnl_gross")),
        'fees', \(sum("fee_total")), 'net', \(sum("pnl_net"))
        """

    /// Conditions that must all hold, and their parameters.
    struct Conditions {
        private(set) var sql: String
        private(set) var parameters: [String?] = []

        init(_ sql: String) { self.sql = sql }

        mutating func add(_ condition: String) { sql += " AND \(condition)" }

        mutating func add(_ left: String, _ value: String?) {
            guard let value else { return }
            parameters.append(value)
            sql += " AND \(left) $\(parameters.count)"
        }

        mutating func addTime(_ left: String, _ ms: Int64?) {
            if let ms { sql += " AND \(left) \(timestamp(ms))" }
        }
    }
}

extension Database {
    /// The single value of a question that has one.
    func text(_ sql: String, _ parameters: [String?] = []) throws(DatabaseError) -> String {
        try run(sql, parameters).first?.first.flatMap { $0 } ?? "null"
    }
}
