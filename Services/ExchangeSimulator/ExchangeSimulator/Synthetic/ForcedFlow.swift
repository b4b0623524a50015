import TradingPrimitives

/// Liquidated positions on their way through the book: in slices, and told once a second.
struct ForcedFlow: Sendable {
    /// Base units still to be traded; sells close longs.
    private var waiting = (sell: 0.0, buy: 0.0)
    /// What was traded since it was last told: base units and their value.
    private var done: [(quantity: Double, value: Double)] = [(0, 0), (0, 0)]
    private var nextSlice: Timestamp
    /// Log return that forced orders made of late; bargain hunters wait for it.
    private(set) var pressure = 0.0

    private static let sliceMs: Int64 = 40

    init(start: Timestamp) { nextSlice = start }

    var isIdle: Bool { waiting.sell <= 0 && waiting.buy <= 0 }

    mutating func add(sell: Double, buy: Double) {
        waiting.sell += sell
        waiting.buy += buy
    }

    /// The next order to go out, base units; nil while none is due. At least `least`, as long as so much waits.
    mutating func slice(at now: Timestamp, least: Double) -> (side: Side, quantity: Double)? {
        guard !isIdle, now >= nextSlice else { return nil }
        nextSlice = now + Self.sliceMs
        let side: Side = waiting.sell >= waiting.buy ? .sell : .buy
        let rest = side == .sell ? waiting.sell : waiting.buy
        return (side, min(rest, max(least, rest * 0.05)))
    }

    /// Part of a forced order that is met by those who waited for it: the more, the further it has gone.
    var absorbed: Double { min(0.4 + abs(pressure) * 50, 0.92) }

    /// What came of a slice. `move`: log return from its first price to its last.
    mutating func traded(_ side: Side, quantity: Double, price: Double, move: Double) {
        if side == .sell {
            waiting.sell = max(0, waiting.sell - quantity)
        } else {
            waiting.buy = max(0, waiting.buy - quantity)
        }
        let at = side == .sell ? 0 : 1
        done[at].quantity += quantity
        done[at].value += quantity * price
        pressure += move
    }

    /// Gives up what is less than a step.
    mutating func drop(_ side: Side) { if side == .sell { waiting.sell = 0 } else { waiting.buy = 0 } }

    mutating func pass(_ seconds: Double) { pressure *= exponential(-seconds / 150) }

    /// Quantity in base units and mean price of what was traded since the last call, by side.
    mutating func takeDone() -> [(side: Side, quantity: Double, price: Double)] {
        var taken: [(Side, Double, Double)] = []
        for (at, side) in [Side.sell, .buy].enumerated() where done[at].quantity > 0 {
            taken.append((side, done[at].quantity, done[at].value / done[at].quantity))
            done[at] = (0, 0)
        }
        return taken
    }
}
