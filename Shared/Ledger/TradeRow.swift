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
                taker_fills, entry_time, exit_time, funding, entry_maker_share, maker_share, mode,
                account, version)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
                $26, $27)
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
                event.mode?.rawValue, event.account, event.program,
            ])
        try complete(event.plan, in: database)
    }

    /// Fills in what the decision knows, and how its engines did, once both trade and decision are there.
    static func complete(_ id: TradeId, in database: Database) throws(DatabaseError) {
        try database.run(
            """
            UPDATE trades SET engine_signals = d.signals, final_score = d.final_score,
                regime_at_entry = d.signals->'E5'->>'regime', vol_phase_at_entry = d.signals->'E5'->>'vol_phase',
                profile = d.profile
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
