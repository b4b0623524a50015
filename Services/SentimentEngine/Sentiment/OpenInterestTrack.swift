import Indicators
import TradingPrimitives

/// Open interest over the last minutes, with the price of each reading.
struct OpenInterestTrack {
    struct Reading: BitwiseCopyable {
        let time: Timestamp
        /// Base units.
        let quantity: Double
        /// Nil before the first mark price.
        let price: Double?
        /// Against the reading before; 0 for a fall, and for the first one and the first after a gap: nobody knows at which prices it
        /// grew meanwhile.
        let increase: Double
    }

    static let spanMs: Int64 = 300_000
    /// A reading speaks for so long: beyond it there is a gap.
    private let gapMaxMs: Int64
    private var readings = Ring<Reading>(capacity: 64)

    init(gapMaxMs: Int64) { self.gapMaxMs = gapMaxMs }

    var newest: Reading? { readings.isEmpty ? nil : readings[readings.end - 1] }

    /// Returns the increase against the reading before. A reading that is not later than the last is left out.
    mutating func add(_ quantity: Double, at time: Timestamp, price: Double?) -> Double {
        if let newest, time <= newest.time { return 0 }
        let before = newest.flatMap { time - $0.time <= gapMaxMs ? $0 : nil }
        let increase = before.map { max(0, quantity - $0.quantity) } ?? 0
        readings.append(Reading(time: time, quantity: quantity, price: price, increase: increase))
        // One reading at or before the span's beginning stays.
        while readings.count > 1, readings[readings.start + 1].time <= time - Self.spanMs {
            readings.removeAll(before: readings.start + 1)
        }
        return increase
    }

    /// Change of open interest in per cent, and of the price as a fraction, from the reading five minutes before the newest; nil
    /// when there was none then, for a change over a longer time is another one.
    var change: (percent: Double, price: Double?)? {
        guard let newest, case let old = readings[readings.start], newest.time - old.time >= Self.spanMs,
            newest.time - old.time <= Self.spanMs + gapMaxMs, old.quantity > 0
        else { return nil }
        var move: Double?
        if let before = old.price, let now = newest.price, before > 0 { move = now / before - 1 }
        return ((newest.quantity / old.quantity - 1) * 100, move)
    }

    /// Mean price of the last five minutes' increases, weighted by them; nil when there was none.
    var meanEntryPrice: Double? {
        guard let newest else { return nil }
        var weight = 0.0, sum = 0.0
        for position in readings.start..<readings.end {
            let reading = readings[position]
            guard reading.time > newest.time - Self.spanMs, let price = reading.price else { continue }
            weight += reading.increase
            sum += reading.increase * price
        }
        return weight > 0 ? sum / weight : nil
    }
}
