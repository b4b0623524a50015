public import TradingPrimitives

/// Rows of `kpi_history`: each day's last look at the week's KPIs.
public enum KpiHistory {
    public static func keep(_ report: KpiReport, at time: Timestamp, in database: Database) throws(DatabaseError) {
        for kpi in Kpi.allCases {
            let value = report.values[kpi]
            try database.run(
                """
                INSERT INTO kpi_history VALUES ($1::TIMESTAMPTZ::DATE, $2, $3, $4, $5)
                ON CONFLICT (date, kpi) DO UPDATE SET value = EXCLUDED.value, status = EXCLUDED.status, trades = EXCLUDED.trades
                """,
                [
                    time.description, kpi.rawValue, value.map { "\($0)" }, report.status(kpi).rawValue,
                    "\(report.tradeCount)",
                ])
        }
    }

    /// Those that were dangerous when they were last looked at.
    public static func dangers(in database: Database) throws(DatabaseError) -> Set<Kpi> {
        let rows = try database.run(
            "SELECT kpi FROM kpi_history WHERE date = (SELECT max(date) FROM kpi_history) AND status = 'danger'")
        return Set(rows.compactMap { $0.first.flatMap { $0 }.flatMap { Kpi(rawValue: $0) } })
    }
}
