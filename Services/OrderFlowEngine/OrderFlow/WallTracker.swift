import Indicators
import SignalContracts
import TradingPrimitives

/// Follows walls: levels that hold many times the mean, from the first book that shows one until it is absorbed,
/// withdrawn, or long out of sight.
struct WallTracker {
    struct Wall: BitwiseCopyable {
        let price: Price
        let side: Side
        let firstSeen: Timestamp
        /// Last book whose shown levels reached the price.
        var lastInSight: Timestamp
        var greatest: Quantity
        /// Traded at or through the price since it was first seen, steps of 1e-8.
        var traded: Int128
        /// Whether the newest book shows it as a wall.
        var isShown: Bool
    }

    struct Absorption {
        let time: Timestamp
        /// Up for an ask wall, down for a bid wall.
        let direction: Direction
        /// In [0, 1].
        let strength: Double
    }

    private static let lossShare = 0.8
    private static let tradedShare = 0.5
    private static let ageMinMs: Int64 = 1000
    private static let outOfSightMs: Int64 = 60_000
    private static let recentMs: Int64 = 3000
    /// A book of forty levels shows at most seven walls at a time; the oldest gives way beyond this.
    private static let wallsMax = 256

    private let multiple: Double
    private var walls: [Wall] = []
    private var absorption: Absorption?

    init(multiple: Double) {
        self.multiple = multiple
        walls.reserveCapacity(Self.wallsMax)
    }

    mutating func trade(_ entry: TradeTape.Entry) {
        for index in walls.indices where entry.time > walls[index].firstSeen {
            let price = walls[index].price
            if walls[index].side == .sell ? entry.price >= price : entry.price <= price {
                walls[index].traded += Int128(entry.quantity.raw)
            }
        }
    }

    mutating func observe(_ book: borrowing BookUpdate, meanLevel: Double, flicker: FlickerWatch) {
        var kept = 0
        for index in walls.indices {
            var wall = walls[index]
            if follow(&wall, in: book, meanLevel: meanLevel) {
                walls[kept] = wall
                kept += 1
            }
        }
        walls.removeLast(walls.count - kept)
        find(in: book.bids, side: .buy, at: book.eventTime, meanLevel: meanLevel, flicker: flicker)
        find(in: book.asks, side: .sell, at: book.eventTime, meanLevel: meanLevel, flicker: flicker)
    }

    /// False once the wall is no more.
    private mutating func follow(_ wall: inout Wall, in book: borrowing BookUpdate, meanLevel: Double) -> Bool {
        wall.isShown = false
        guard let quantity = book.quantity(at: wall.price, side: wall.side) else {
            return book.eventTime - wall.lastInSight < Self.outOfSightMs
        }
        wall.lastInSight = book.eventTime
        wall.greatest = max(wall.greatest, quantity)
        let loss = wall.greatest - quantity
        guard loss.double > Self.lossShare * wall.greatest.double else { return true }
        let isThrough =
            wall.side == .buy
            ? book.bids.best.map { $0.price < wall.price } ?? true
            : book.asks.best.map { $0.price > wall.price } ?? true
        if book.eventTime - wall.firstSeen >= Self.ageMinMs, isThrough,
            wall.traded.double / Double(fixedScale) >= Self.tradedShare * loss.double
        {
            let strength = meanLevel > 0 ? min(1, wall.greatest.double / meanLevel / 10) : 1
            absorption = Absorption(
                time: book.eventTime, direction: wall.side == .sell ? .long : .short, strength: strength)
        }
        return false
    }

    private mutating func find(
        in levels: borrowing BookSide, side: Side, at time: Timestamp, meanLevel: Double, flicker: FlickerWatch
    ) {
        for index in 0..<levels.count where levels[index].quantity.double > multiple * meanLevel {
            let level = levels[index]
            if flicker.isMarked(level.price, at: time) { continue }
            if let known = walls.firstIndex(where: { $0.price == level.price && $0.side == side }) {
                walls[known].isShown = true
                continue
            }
            if walls.count == Self.wallsMax { walls.removeFirst() }
            walls.append(
                Wall(
                    price: level.price, side: side, firstSeen: time, lastInSight: time, greatest: level.quantity,
                    traded: 0, isShown: true))
        }
    }

    /// The wall of the newest book that is nearest to `price`, if within the relative `distance`.
    func nearest(to price: Double, within distance: Double) -> (price: Price, side: Side)? {
        var nearest: (price: Price, side: Side)?
        var least = distance * price
        for wall in walls where wall.isShown {
            let away = abs(wall.price.double - price)
            if away <= least, nearest == nil || away < least {
                least = away
                nearest = (wall.price, wall.side)
            }
        }
        return nearest
    }

    func recentAbsorption(at time: Timestamp) -> Absorption? {
        absorption.flatMap { $0.time > time - Self.recentMs ? $0 : nil }
    }
}
