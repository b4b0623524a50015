import SignalContracts
import TradingPrimitives

/// Rows of `daily_summary`, recomputed from the trades of the day. A row is of the account that closed a trade last on that day.
enum DailySummary {
    /// Trips of circuit breakers by a contract `$1` on the day `$2`.
    private static let breakerCount: String = {
        let names = Breaker.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        return "(SELECT count(*) FROM alerts WHERE service = 'risk-manager' AND event IN (\(names)) AND symbol = $1 "
            + "AND event_time >= $2::date AND event_time < $2::date + 1)"
    }()

    /// Brings a contract's count of breakers up to date in the day's row, if it stands. A breaker stops all contracts, and counts in
    /// the one whose trade or decision tripped it, so that the rows of a day add up.
    static func countBreakers(of symbol: Symbol, at time: Timestamp, in database: Database) throws(DatabaseError) {
        try database.run(
            "UPDATE daily_summary SET circuit_breaks = \(breakerCount) WHERE date = $2::date AND symbol = $1",
            [symbol.name, "\(time)"])
    }

    /// What the account began the day with, as the risk manager says it.
    static func note(_ risk: RiskState, in database: Database) throws(DatabaseError) {
        guard risk.dayStartBalance > .zero else { return }
        try database.run(
            """
            INSERT INTO day_balance VALUES ($1::date, $2) ON CONFLICT (date) DO UPDATE SET balance = EXCLUDED.balance
                WHERE day_balance.balance <> EXCLUDED.balance
            """, ["\(risk.eventTime)", "\(risk.dayStartBalance)"])
    }

    /// Equity is the day's first balance and what the contract's trades added to it; where that balance is not known there is a
    /// drawdown in money alone.
    static func refresh(
        _ symbol: Symbol, of scope: TradeScope, at time: Timestamp, in database: Database
    ) throws(DatabaseError) {
        try database.run(
            """
            INSERT INTO daily_summary
            SELECT $2::date, $1, count(*) FILTER (WHERE is_counted), count(*) FILTER (WHERE is_counted AND pnl_net > 0),
                count(*) FILTER (WHERE is_counted AND pnl_net <= 0),
                (SELECT count(*) FROM executions WHERE symbol = $1 AND event = 'NO_FILL' AND \(scope.ofExecutions)
                    AND event_time >= $2::date AND event_time < $2::date + 1) + count(*) FILTER (WHERE NOT is_counted),
                sum(pnl_gross), sum(fee_total), sum(pnl_net),
                sum(fee_total) / NULLIF(sum(pnl_gross) FILTER (WHERE pnl_gross > 0), 0),
                \(MakerRate.ofAll), max((GREATEST(peak, 0) - gained) / (balance + GREATEST(peak, 0))), max(pnl_net), min(pnl_net),
                avg(hold_duration_sec) FILTER (WHERE is_counted), avg(confidence) FILTER (WHERE is_counted),
                count(*) FILTER (WHERE is_counted AND strategy = 'A'), count(*) FILTER (WHERE is_counted AND strategy = 'B'),
                count(*) FILTER (WHERE is_counted AND strategy = 'C'), \(breakerCount), \(MakerRate.ofEntries), $3, $4,
                max(GREATEST(peak, 0) - gained)
            FROM (
                SELECT *, max(gained) OVER (ORDER BY exit_time, id) AS peak,
                    (SELECT balance FROM day_balance WHERE date = $2::date AND balance > 0) AS balance FROM (
                    SELECT *, sum(pnl_net) OVER (ORDER BY exit_time, id) AS gained FROM trades
                    WHERE symbol = $1 AND \(scope.ofTrades) AND exit_time >= $2::date AND exit_time < $2::date + 1) running) day
            ON CONFLICT (date, symbol) DO UPDATE SET total_trades = EXCLUDED.total_trades, wins = EXCLUDED.wins,
                losses = EXCLUDED.losses, no_fills = EXCLUDED.no_fills, gross_pnl = EXCLUDED.gross_pnl,
                total_fees = EXCLUDED.total_fees, net_pnl = EXCLUDED.net_pnl, fee_ratio = EXCLUDED.fee_ratio,
                maker_rate = EXCLUDED.maker_rate, max_drawdown = EXCLUDED.max_drawdown,
                best_trade_pnl = EXCLUDED.best_trade_pnl, worst_trade_pnl = EXCLUDED.worst_trade_pnl,
                avg_hold_sec = EXCLUDED.avg_hold_sec, avg_confidence = EXCLUDED.avg_confidence,
                strategy_a_count = EXCLUDED.strategy_a_count, strategy_b_count = EXCLUDED.strategy_b_count,
                strategy_c_count = EXCLUDED.strategy_c_count, circuit_breaks = EXCLUDED.circuit_breaks,
                entry_maker_rate = EXCLUDED.entry_maker_rate, mode = EXCLUDED.mode, account = EXCLUDED.account,
                max_drawdown_usdt = EXCLUDED.max_drawdown_usdt
            """, [symbol.name, "\(time)", scope.mode?.rawValue, scope.account])
    }
}
