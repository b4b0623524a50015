import Indicators
import TradingPrimitives

/// The last imbalances, for their velocity.
struct ImbalanceHistory {
    private static let distance = 5
    private var values: InlineArray<5, (time: Timestamp, imbalance: Double)> = InlineArray(repeating: (.zero, 0))
    private var count = 0

    /// Change a second since five readings ago, 0 before there are five; then remembers this reading.
    mutating func velocity(to imbalance: Double, at time: Timestamp) -> Double {
        let slot = count % Self.distance
        defer {
            values[slot] = (time, imbalance)
            count += 1
        }
        guard count >= Self.distance else { return 0 }
        let old = values[slot]
        let seconds = Double(time - old.time) / 1000
        return seconds > 0 ? (imbalance - old.imbalance) / seconds : 0
    }
}

/// Taker buys less taker sells since the last multiple of four hours UTC, or since the first trade seen if that is later.
struct CumulativeDelta {
    private static let periodMs: Int64 = 14_400_000
    private var anchor = Timestamp(milliseconds: .min)
    private var sum: Int128 = 0

    /// At most what a quantity can be, 9.2e10.
    var value: Quantity { Quantity(raw: Int64(clamping: sum)) }

    /// Starts anew when `time` is in a later period.
    mutating func reset(before time: Timestamp) {
        let period = time.floored(to: Self.periodMs)
        guard period > anchor else { return }
        anchor = period
        sum = 0
    }

    /// Goes on from a sum that was published at `time`.
    mutating func resume(_ value: Quantity, at time: Timestamp) {
        anchor = time.floored(to: Self.periodMs)
        sum = Int128(value.raw)
    }

    mutating func add(_ entry: TradeTape.Entry) {
        if entry.time >= anchor { sum += Int128(entry.delta) }
    }
}
