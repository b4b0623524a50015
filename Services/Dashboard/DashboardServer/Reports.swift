import Ledger
import OperatorConsole
import SignalContracts
import TradingPrimitives

/// Figures over a window of trades, as the JSON that PostgreSQL makes of them. `now` is the venue's, in milliseconds.
enum Reports {
    private static let pointsMax = 2000

    // MARK: Performance

    static func performance(
        days: Int64, at now: Int64, account: AccountUpdate?, risk: RiskState?, _ database: Database
    ) throws(DatabaseError) -> JSONNode {
        let scope = try TradeScope(of: account, in: database)
        let window = SQL.ended(scope, days: days, before: now)
        func sums(_ condition: String) throws(DatabaseError) -> JSONNode {
            .raw(try database.text("SELECT json_build_object(\(SQL.sums)) FROM trades t WHERE \(condition)"))
        }
        let net = try database.text("SELECT COALESCE(sum(pnl_net), 0) FROM trades t WHERE \(window)")
        let start = account.flatMap { account in Notional(net).map { account.walletBalance - $0 } }
        let report = try KpiReport(
            database, days: Int(days), at: Timestamp(milliseconds: now), account: account, risk: risk)
        let midnight = now - now % 86_400_000
        let figures = try database.run(
            """
            SELECT \(SQL.decimal("max(pnl_net)")), \(SQL.decimal("min(pnl_net)")), (avg(hold_duration_sec) FILTER (WHERE is_counted))::DOUBLE PRECISION
            FROM trades t WHERE \(window)
            """
        ).first
        return .object([
            ("mode", .optional(scope.mode?.rawValue)), ("account", .optional(scope.account)),
            ("start_balance", start.map(JSONNode.value) ?? .null),
            ("equity", .raw(try equity(window, from: start, database))), ("days", .raw(try byDay(window, database))),
            (
                "today",
                try sums(
                    "\(scope.ofTrades) AND t.exit_time >= \(SQL.timestamp(midnight)) AND t.exit_time <= \(SQL.timestamp(now))"
                )
            ),
            ("week", try sums(SQL.ended(scope, days: 7, before: now))),
            ("month", try sums(SQL.ended(scope, days: 30, before: now))),
            ("total", try sums(window)), ("profit_factor", .optional(report.values[.profitFactor])),
            ("sharpe", .raw(try sharpe(window, until: now, database))),
            ("max_drawdown", .optional(report.values[.maxDrawdown])), ("best", .optional(figures?[0])),
            ("worst", .optional(figures?[1])),
            ("average_hold_seconds", .optional(figures?[2].flatMap { Double($0) })),
            ("strategies", .raw(try byStrategy(window, database))),
        ])
    }

    private static func equity(
        _ window: String, from start: Notional?, _ database: Database
    ) throws(DatabaseError) -> String {
        try database.text(
            """
            WITH curve AS (SELECT exit_time, id, \(start?.description ?? "0") + sum(pnl_net) OVER (ORDER BY exit_time, id) AS equity,
                row_number() OVER (ORDER BY exit_time DESC, id DESC) - 1 AS back, count(*) OVER () AS size
                FROM trades t WHERE \(window))
            SELECT COALESCE(json_agg(json_build_array(\(SQL.time("exit_time")), equity) ORDER BY exit_time, id), '[]')
            FROM curve WHERE back % (1 + size / \(pointsMax)) = 0
            """)
    }

    private static func byDay(_ window: String, _ database: Database) throws(DatabaseError) -> String {
        try database.text(
            """
            SELECT COALESCE(json_agg(day ORDER BY day->>'date'), '[]') FROM (
                SELECT json_build_object('date', t.exit_time::DATE, \(SQL.sums)) AS day
                FROM trades t WHERE \(window) GROUP BY t.exit_time::DATE) days
            """)
    }

    /// Mean of the daily net results over their deviation, days without a trade included, for a year of 365 days.
    private static func sharpe(
        _ window: String, until now: Int64, _ database: Database
    ) throws(DatabaseError) -> String {
        try database.text(
            """
            WITH net AS (SELECT t.exit_time::DATE AS day, sum(pnl_net) AS net FROM trades t WHERE \(window) GROUP BY 1),
            days AS (SELECT COALESCE(net.net, 0) AS net
                FROM generate_series((SELECT min(day) FROM net), \(SQL.timestamp(now))::DATE, interval '1 day') d (day)
                LEFT JOIN net ON net.day = d.day::DATE)
            SELECT CASE WHEN count(*) >= 5 THEN (avg(net) / NULLIF(stddev_samp(net), 0) * sqrt(365))::DOUBLE PRECISION END FROM days
            """)
    }

    private static func byStrategy(_ window: String, _ database: Database) throws(DatabaseError) -> String {
        try database.text(
            """
            SELECT COALESCE(json_agg(row ORDER BY row->>'strategy', row->>'side'), '[]') FROM (
                SELECT json_build_object('strategy', strategy, 'side', side, \(SQL.sums)) AS row
                FROM trades t WHERE \(window) GROUP BY strategy, side) rows
            """)
    }

    // MARK: Engines and gates

    static func accuracy(
        days: Int64, at now: Int64, account: AccountUpdate?, _ database: Database
    ) throws(DatabaseError) -> JSONNode {
        let window = SQL.ended(try TradeScope(of: account, in: database), days: days, before: now)
        let votes = HouseEngine.words.map { "('\($0.word)', '\($0.sign > 0 ? "LONG" : "SHORT")')" }
            .joined(separator: ", ")
        let engines = try database.text(
            """
            WITH votes (word, side) AS (VALUES \(votes)),
            heard AS (SELECT a.engine, v.side IS NOT NULL AS voted, v.side = t.side AND a.trade_result = 'WIN' AS hit,
                LEAST(floor(a.signal_strength * 5), 4) / 5 AS band
                FROM engine_accuracy a JOIN trades t ON t.id = a.trade_id
                LEFT JOIN votes v ON v.word = a.signal_dir
                WHERE \(window)),
            bands AS (SELECT engine, json_agg(json_build_object('from', band, 'to', band + 0.2, 'voted', voted, 'right', hit)
                ORDER BY band) AS bands
                FROM (SELECT engine, band, count(*) AS voted, count(*) FILTER (WHERE hit) AS hit FROM heard WHERE voted
                    GROUP BY engine, band) b GROUP BY engine)
            SELECT COALESCE(json_agg(json_build_object('engine', h.engine, 'trades', trades, 'voted', voted, 'right', hit,
                'accuracy', hit::DOUBLE PRECISION / NULLIF(voted, 0), 'bands', COALESCE(bands, '[]')) ORDER BY h.engine), '[]')
            FROM (SELECT engine, count(*) AS trades, count(*) FILTER (WHERE voted) AS voted, count(*) FILTER (WHERE hit) AS hit
                FROM heard GROUP BY engine) h LEFT JOIN bands b ON b.engine = h.engine
            """)
        let gates = try database.text(
            """
            SELECT COALESCE(json_agg(row ORDER BY (row->>'count')::INTEGER DESC), '[]') FROM (
                SELECT json_build_object('gate', gate, 'count', count(*), 'move_1m', avg(move_1m), 'move_5m', avg(move_5m),
                    'move_10m', avg(move_10m), 'favourable_5m',
                    (count(*) FILTER (WHERE move_5m > 0))::DOUBLE PRECISION / NULLIF(count(move_5m), 0)) AS row
                FROM signal_outcome WHERE event_time > \(SQL.timestamp(now - days * 86_400_000))
                    AND event_time <= \(SQL.timestamp(now)) GROUP BY gate) rows
            """)
        return .object([("engines", .raw(engines)), ("gates", .raw(gates))])
    }

    // MARK: Fees and regimes

    static func fees(
        days: Int64, at now: Int64, account: AccountUpdate?, _ database: Database
    ) throws(DatabaseError) -> JSONNode {
        let window = SQL.ended(try TradeScope(of: account, in: database), days: days, before: now)
        let ratio = "(sum(fee_total) / NULLIF(sum(pnl_gross) FILTER (WHERE pnl_gross > 0), 0))::DOUBLE PRECISION"
        let rates = """
            'entry_maker_rate', \(MakerRate.ofEntries), 'maker_rate', \(MakerRate.ofAll), 'fee_ratio', \(ratio)
            """
        func rows(by name: String) throws(DatabaseError) -> JSONNode {
            .raw(
                try database.text(
                    """
                    SELECT COALESCE(json_agg(row ORDER BY row->>'name'), '[]') FROM (
                        SELECT json_build_object('name', \(name), 'trades', count(*) FILTER (WHERE is_counted), 'fees', \(SQL.sum("fee_total")),
                            'gross', \(SQL.sum("pnl_gross")), 'net', \(SQL.sum("pnl_net")), \(rates)) AS row
                        FROM trades t WHERE \(window) GROUP BY \(name)) rows
                    """))
        }
        let total = try database.run(
            """
            SELECT \(SQL.sum("fee_total")), \(ratio), \(MakerRate.ofEntries), \(MakerRate.ofAll) FROM trades t WHERE \(window)
            """
        ).first
        let numbers = total?.map { $0.flatMap { Double($0) } } ?? []
        return .object([
            ("total", .text(total?[0] ?? "0")), ("fee_ratio", .optional(numbers[1])),
            ("entry_maker_rate", .optional(numbers[2])), ("maker_rate", .optional(numbers[3])),
            ("symbols", try rows(by: "t.symbol")),
            ("days", try rows(by: "t.exit_time::DATE")),
        ])
    }

    static func regimes(
        days: Int64, at now: Int64, account: AccountUpdate?, _ database: Database
    ) throws(DatabaseError) -> JSONNode {
        let window = SQL.ended(try TradeScope(of: account, in: database), days: days, before: now)
        let rows = try database.text(
            """
            SELECT COALESCE(json_agg(row ORDER BY row->>'regime', row->>'vol_phase'), '[]') FROM (
                SELECT json_build_object('regime', regime_at_entry, 'vol_phase', vol_phase_at_entry, \(SQL.sums)) AS row
                FROM trades t WHERE \(window) GROUP BY regime_at_entry, vol_phase_at_entry) rows
            """)
        return .object([("regimes", .raw(rows))])
    }

    // MARK: KPIs, learner, alerts

    static func kpis(
        account: AccountUpdate?, risk: RiskState?, _ database: Database
    ) throws(DatabaseError) -> JSONNode {
        let board = try KpiBoard(database, account: account, risk: risk)
        let reports = Array(zip(["day", "week", "month"], board.reports.map(\.report)))
        var kpis: [JSONNode] = []
        for kpi in Kpi.allCases {
            let history = try database.text(
                """
                SELECT COALESCE(json_agg(json_build_object('date', date, 'value', value, 'status', status) ORDER BY date), '[]')
                FROM (SELECT * FROM kpi_history WHERE kpi = $1 ORDER BY date DESC LIMIT 90) h
                """, [kpi.rawValue])
            kpis.append(
                .object(
                    [
                        ("kpi", .text(kpi.rawValue)), ("title", .text(kpi.title)), ("unit", .text(kpi.unit.rawValue)),
                        ("target", .text(kpi.bounds.target)), ("danger", .text(kpi.bounds.danger)),
                        ("status", .text(board.status(kpi).rawValue)),
                    ] + reports.map { ($0.0, .optional($0.1.values[kpi])) }
                        + [("remedy", .optional(kpi.remedy)), ("history", .raw(history))]))
        }
        return .object([
            ("kpis", .array(kpis)),
            ("trades", .object(reports.map { ($0.0, .integer(Int64($0.1.tradeCount))) })),
        ])
    }

    static func learned(_ database: Database) throws(DatabaseError) -> JSONNode {
        .raw(
            try database.text(
                """
                SELECT json_build_object('current', max(number) FILTER (WHERE state = 'APPLIED'),
                    'sets', COALESCE(json_agg(json_build_object('number', number, 'state', state, 'round', round,
                        'trades', trade_count, 'weights', json_build_array(e1 / 1000.0, e2 / 1000.0, e3 / 1000.0, e4 / 1000.0),
                        'score_threshold', score_threshold, 'min_tp_multiplier', min_tp_multiplier,
                        'tp_multiplier', tp_multiplier, 'entry_offset_ticks', entry_offset_ticks, 'reason', reason,
                        'made_at', \(SQL.time("made_at"))) ORDER BY number DESC), '[]')) FROM learned_set
                """))
    }

    static func alerts(severity: String?, limit: Int64, _ database: Database) throws(DatabaseError) -> JSONNode {
        var conditions = SQL.Conditions("TRUE")
        conditions.add("severity =", severity)
        return .raw(
            try database.text(
                """
                SELECT json_build_object('alerts', COALESCE(json_agg(json_build_object('entry', entry_id,
                    'event_time', \(SQL.time("event_time")), 'severity', severity, 'service', service, 'event', event,
                    'symbol', symbol, 'text', text) ORDER BY event_time DESC, entry_id DESC), '[]'))
                FROM (SELECT * FROM alerts WHERE \(conditions.sql) ORDER BY event_time DESC, entry_id DESC LIMIT \(limit)) a
                """, conditions.parameters))
    }
}
