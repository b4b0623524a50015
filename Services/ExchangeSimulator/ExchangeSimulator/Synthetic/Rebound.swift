import TradingPrimitives

/// After a cascade others take up what was thrown on the market: makers lean against the move and takers follow them, for
/// half a minute or so.
struct Rebound: Sendable {
    private static let lean = 1.3
    private static let takers = 1.1

    let side: Side
    let end: Timestamp

    init(against hunted: Side, at now: Timestamp, lengthMs: Int64) {
        side = hunted
        end = now + lengthMs
    }

    /// The lean after `seconds` of it.
    func pull(_ lean: Double, _ seconds: Double) -> Double {
        lean + (Self.lean * Double(side.sign) - lean) * min(1, seconds / 1.5)
    }

    /// What it adds to the takers' bias.
    var bias: Double { Self.takers * Double(side.sign) }
}
