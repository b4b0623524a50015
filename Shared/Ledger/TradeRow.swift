import SignalContracts
import TradingPrimitives

/// Rows of `trades` and of `engine_accuracy`.
enum TradeRow {
    static func write(
        _ event: ExecutionEvent, _ summary: TradeSummary, _ symbol: Symbol, to database: Database
    ) throws(DatabaseError) {
        try database.run(
            """
            INSERT INTO trades (plan, symbol, side, strategy, entry_price, exit_price, size_usdt, leverage, sl_price, tp1_price,
                tp2_price, pnl_gross, fee_total, pnl_net, confidence, hold_duration_sec, exit_reason, maker_fills,
                taker_fills, entry_time, exit_time, funding, entry_maker_share, maker_share)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
            ON CONFLICT (plan) DO NOTHING
            """,
            [
                event.plan.text, symbol.name, event.direction.rawValue, event.strategy?.rawValue,
                "\(summary.entryPrice)", "\(summary.exitPrice)", "\(summary.size)", "\(summary.leverage)",
                "\(summary.initialStopPrice)", "\(summary.takeProfitPrice)", summary.trailingStopPrice?.description,
                "\(summary.grossPnl)", "\(summary.fees)", "\(summary.netPnl)", "\(summary.confidence)",
                "\((summary.exitTime - summary.entryTime) / 1000)", summary.exitReason.rawValue,
                "\(summary.makerFills)",
                "\(summary.takerFills)", summary.entryTime.description, summary.exitTime.description,
                "\(summary.funding)", summary.entryMakerShare.map { "\($0)" }, summary.makerShare.map { "\($0)" },
            ])
        try complete(event.plan, in: database)
    }

    /// Fills in what the decision knows, and how its engines did, once both trade and decision are there.
    static func complete(_ id: TradeId, in database: Database) throws(DatabaseError) {
        try database.run(
            """
            UPDATE trades SET engine_signals = d.signals, final_score = d.final_score,
                regime_at_entry = d.signals->'E5'->>'regime', vol_phase_at_entry = d.signals->'E5'->>'vol_phase'
            FROM decisions d WHERE d.id = trades.plan AND trades.plan = $1 AND trades.engine_signals IS NULL
            """, [id.text])
        try database.run(
            """
            INSERT INTO engine_accuracy (trade_id, engine, signal_dir, signal_strength, trade_result)
            SELECT t.id, e.key, e.value->>'direction', (e.value->>'strength')::DECIMAL(4,3),
                CASE WHEN t.pnl_net > 0 THEN 'WIN' ELSE 'LOSS' END
            FROM trades t, jsonb_each(t.engine_signals) e
            WHERE t.plan = $1 AND t.is_counted AND e.key <> 'E5'
            ON CONFLICT (trade_id, engine) DO NOTHING
            """, [id.text])
    }
}

/// Rows of `daily_summary`, recomputed from the trades of the day.
enum DailySummary {
    /// Trips of circuit breakers on the day `$2`; they stop all symbols.
    private static let breakerCount: String = {
        let names = Breaker.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        return "(SELECT count(*) FROM alerts WHERE service = 'risk-manager' AND event IN (\(names)) "
            + "AND event_time >= $2::date AND event_time < $2::date + 1)"
    }()

    /// Brings the day's count of breakers up to date in the rows that stand.
    static func countBreakers(at time: Timestamp, in database: Database) throws(DatabaseError) {
        try database.run(
            "UPDATE daily_summary SET circuit_breaks = \(breakerCount) WHERE date = $2::date AND $1 = ''",
            ["", "\(time)"])
    }

    static func refresh(_ symbol: Symbol, at time: Timestamp, in database: Database) throws(DatabaseError) {
        try database.run(
            """
            INSERT INTO daily_summary
            SELECT $2::date, $1, count(*) FILTER (WHERE is_counted), count(*) FILTER (WHERE is_counted AND pnl_net > 0),
                count(*) FILTER (WHERE is_counted AND pnl_net <= 0),
                (SELECT count(*) FROM executions WHERE symbol = $1 AND event = 'NO_FILL'
                    AND event_time >= $2::date AND event_time < $2::date + 1) + count(*) FILTER (WHERE NOT is_counted),
                sum(pnl_gross), sum(fee_total), sum(pnl_net),
                sum(fee_total) / NULLIF(sum(pnl_gross) FILTER (WHERE pnl_gross > 0), 0),
                \(MakerRate.ofAll), max(GREATEST(peak, 0) - equity), max(pnl_net), min(pnl_net),
                avg(hold_duration_sec) FILTER (WHERE is_counted), avg(confidence) FILTER (WHERE is_counted),
                count(*) FILTER (WHERE is_counted AND strategy = 'A'), count(*) FILTER (WHERE is_counted AND strategy = 'B'),
                count(*) FILTER (WHERE is_counted AND strategy = 'C'), \(breakerCount), \(MakerRate.ofEntries)
            FROM (
                SELECT *, max(equity) OVER (ORDER BY exit_time, id) AS peak FROM (
                    SELECT *, sum(pnl_net) OVER (ORDER BY exit_time, id) AS equity FROM trades
                    WHERE symbol = $1 AND exit_time >= $2::date AND exit_time < $2::date + 1) running) day
            ON CONFLICT (date, symbol) DO UPDATE SET total_trades = EXCLUDED.total_trades, wins = EXCLUDED.wins,
                losses = EXCLUDED.losses, no_fills = EXCLUDED.no_fills, gross_pnl = EXCLUDED.gross_pnl,
                total_fees = EXCLUDED.total_fees, net_pnl = EXCLUDED.net_pnl, fee_ratio = EXCLUDED.fee_ratio,
                maker_rate = EXCLUDED.maker_rate, max_drawdown = EXCLUDED.max_drawdown,
                best_trade_pnl = EXCLUDED.best_trade_pnl, worst_trade_pnl = EXCLUDED.worst_trade_pnl,
                avg_hold_sec = EXCLUDED.avg_hold_sec, avg_confidence = EXCLUDED.avg_confidence,
                strategy_a_count = EXCLUDED.strategy_a_count, strategy_b_count = EXCLUDED.strategy_b_count,
                strategy_c_count = EXCLUDED.strategy_c_count, circuit_breaks = EXCLUDED.circuit_breaks,
                entry_maker_rate = EXCLUDED.entry_maker_rate
            """, [symbol.name, "\(time)"])
    }
}
