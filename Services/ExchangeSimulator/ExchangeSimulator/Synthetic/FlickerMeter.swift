import TradingPrimitives

/// Share of the levels that appear in great size and are gone again, untraded, within half a second.
///
/// Great is twice the mean of all levels shown, more than before, inside the range that both books show.
struct FlickerMeter: Sendable {
    private struct Growth {
        let price: Price
        let isBid: Bool
        let time: Timestamp
        let before: Quantity
        let after: Quantity
        var traded = Quantity.zero
    }

    private var last: DepthFrame?
    private var growths: [Growth] = []
    private var appeared = 0
    private var flickered = 0

    var share: Double { Double(flickered) / Double(max(appeared, 1)) }

    mutating func take(_ trade: AggregateTrade) {
        for index in growths.indices where growths[index].price == trade.price {
            growths[index].traded += trade.quantity
        }
    }

    mutating func take(_ depth: DepthFrame) {
        defer { last = depth }
        growths.removeAll { growth in
            if depth.time - growth.time > 500 { return true }
            let left = Self.quantity(at: growth.price, growth.isBid ? depth.bids : depth.asks)
            guard let left, left.raw <= growth.before.raw + (growth.after - growth.before).raw / 5 else { return false }
            if growth.traded.raw * 2 < (growth.after - left).raw { flickered += 1 }
            return true
        }
        guard let last else { return }
        let levels = depth.bids + depth.asks
        let mean = levels.reduce(0) { $0 + $1.quantity.double } / Double(max(levels.count, 1))
        find(depth.bids, after: last.bids, isBid: true, depth.time, mean)
        find(depth.asks, after: last.asks, isBid: false, depth.time, mean)
    }

    private mutating func find(
        _ levels: [DepthLevel], after previous: [DepthLevel], isBid: Bool, _ time: Timestamp, _ mean: Double
    ) {
        for level in levels where level.quantity.double >= 2 * mean {
            guard let before = Self.quantity(at: level.price, previous), (level.quantity - before).double >= 2 * mean,
                !growths.contains(where: { $0.price == level.price })
            else { continue }
            appeared += 1
            growths.append(Growth(price: level.price, isBid: isBid, time: time, before: before, after: level.quantity))
        }
    }

    /// Zero for a price without a level between the best and the last one shown; nil for a price beyond them.
    private static func quantity(at price: Price, _ levels: [DepthLevel]) -> Quantity? {
        guard let first = levels.first?.price, let last = levels.last?.price else { return nil }
        guard (min(first, last)...max(first, last)).contains(price) else { return nil }
        return levels.first { $0.price == price }?.quantity ?? .zero
    }
}
