import SignalContracts
import TradingPrimitives

/// Rows of `signal_outcome`: what the price did after each decision that one gate alone stopped.
///
/// Accuracy that counts only executed trades knows nothing of what the gates kept out.
enum SignalOutcome {
    /// A price later than this after its moment is not taken for it: the value stays unknown.
    private static let latenessMaxSeconds = 10

    static func open(_ decision: Decision, _ symbol: Symbol, in database: Database) throws(DatabaseError) {
        guard decision.failedGates.count == 1, let gate = decision.failedGates.gates.first,
            let bid = decision.signals.orderFlow?.bestBid, let ask = decision.signals.orderFlow?.bestAsk
        else { return }
        let mid = Price.middle(of: bid, and: ask)
        let side: Direction = decision.finalScore < 0 ? .short : .long
        try database.run(
            """
            INSERT INTO signal_outcome (decision, symbol, event_time, gate, side, strategy, final_score, price)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
            """,
            [
                decision.id.text, symbol.name, decision.eventTime.description, gate.rawValue, side.rawValue,
                decision.strategy?.rawValue, "\(decision.finalScore)", "\(mid)",
            ])
    }

    /// Fills in the prices that have come due, at most one of each symbol. A move is a fraction, positive in the direction of
    /// the decision.
    static func observe(
        _ prices: [(symbol: Symbol, price: Price, time: Timestamp)], in database: Database
    ) throws(DatabaseError) {
        let parameters = [
            arrayText(prices.map(\.symbol.name)), arrayText(prices.map { "\($0.price)" }),
            arrayText(prices.map(\.time.description)),
        ]
        for minutes in [1, 5, 10] {
            try database.run(
                """
                UPDATE signal_outcome o SET price_\(minutes)m = v.price,
                    move_\(minutes)m = (v.price / o.price - 1) * CASE side WHEN 'LONG' THEN 1 ELSE -1 END
                FROM unnest($1::TEXT[], $2::DECIMAL[], $3::TIMESTAMPTZ[]) AS v (symbol, price, time)
                WHERE o.symbol = v.symbol AND price_10m IS NULL AND price_\(minutes)m IS NULL
                    AND event_time <= v.time - interval '\(minutes) minutes'
                    AND event_time > v.time - interval '\(minutes) minutes \(latenessMaxSeconds) seconds'
                """, parameters)
        }
    }
}
