import TradingPrimitives

/// The trades of a contract for some ten minutes, or as many as there is room for. What was forgotten is remembered to have been:
/// who asks for it is told so, and gets no tape with a hole in it.
struct Tape: Sendable {
    static let keptMs: Int64 = 600_000
    /// Rows come to about 72 bytes each.
    static let rowsMax = 200_000
    /// How far beyond these the tape grows before it is cut, so that a cut is rare.
    private static let slackMs: Int64 = 60_000
    private static let slackRows = 20_000

    /// Oldest first.
    private(set) var trades: ContiguousArray<AggregateTrade> = []
    /// The newest trade that is no longer there; nil as long as all are.
    private(set) var forgotten: AggregateTrade?

    mutating func append(_ trade: AggregateTrade) {
        if let oldest = trades.first, trade.time - oldest.time > Self.keptMs + Self.slackMs {
            forget(trades.firstIndex { trade.time - $0.time <= Self.keptMs } ?? trades.count)
        }
        if trades.count >= Self.rowsMax + Self.slackRows { forget(Self.slackRows) }
        trades.append(trade)
    }

    private mutating func forget(_ count: Int) {
        guard count > 0 else { return }
        forgotten = trades[count - 1]
        trades.removeFirst(count)
    }
}
