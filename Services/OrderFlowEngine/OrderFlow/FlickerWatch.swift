import Indicators
import SignalContracts
import TradingPrimitives

/// Watches liquidity that appears and is withdrawn at once, untraded.
///
/// A feed of twenty levels every 100 ms can't see single orders, so this is a flicker score of price levels, not a proof.
struct FlickerWatch {
    private struct Growth: BitwiseCopyable {
        let price: Price
        let side: Side
        let time: Timestamp
        let before: Quantity
        let after: Quantity
        /// Traded at the price since, steps of 1e-8.
        var traded: Int128
    }

    private struct Mark: BitwiseCopyable {
        let price: Price
        let time: Timestamp
    }

    private static let withdrawnWithinMs: Int64 = 500
    private static let remainingShare = 0.2
    private static let tradedShareMax = 0.5
    private static let memoryMs: Int64 = 60_000
    private static let eventsMin = 5

    private let growthMultiple: Double
    private var growths: [Growth] = []
    /// Times of new liquidity, and prices of spoofs, of the last minute.
    private var appearances = Ring<Timestamp>(capacity: 1024)
    private var marks = Ring<Mark>(capacity: 256)

    init(growthMultiple: Double) {
        self.growthMultiple = growthMultiple
        growths.reserveCapacity(256)
    }

    /// Spoofs' share of the new liquidity of the last minute; 0 below five of it.
    var ratio: Double { appearances.count < Self.eventsMin ? 0 : Double(marks.count) / Double(appearances.count) }

    func isMarked(_ price: Price, at time: Timestamp) -> Bool {
        var position = marks.end
        while position > marks.start {
            position -= 1
            if marks[position].price == price { return marks[position].time > time - Self.memoryMs }
        }
        return false
    }

    mutating func trade(_ entry: TradeTape.Entry) {
        for index in growths.indices where growths[index].price == entry.price && entry.time > growths[index].time {
            growths[index].traded += Int128(entry.quantity.raw)
        }
    }

    /// `previous`: the book before this one, if there was one.
    mutating func observe(_ book: borrowing BookUpdate, after previous: borrowing BookUpdate?, meanLevel: Double) {
        let time = book.eventTime
        forget(before: time - Self.memoryMs)
        settle(book)
        guard meanLevel > 0 else { return }
        switch previous {
        case .none: return
        case .some(let previous):
            find(in: book.bids, after: previous.bids, side: .buy, at: time, meanLevel: meanLevel)
            find(in: book.asks, after: previous.asks, side: .sell, at: time, meanLevel: meanLevel)
        }
    }

    private mutating func forget(before time: Timestamp) {
        while !appearances.isEmpty, appearances[appearances.start] <= time {
            appearances.removeAll(before: appearances.start + 1)
        }
        while !marks.isEmpty, marks[marks.start].time <= time { marks.removeAll(before: marks.start + 1) }
    }

    /// Ends the watches that this book decides.
    private mutating func settle(_ book: borrowing BookUpdate) {
        var kept = 0
        for index in growths.indices {
            let growth = growths[index]
            if book.eventTime - growth.time > Self.withdrawnWithinMs { continue }
            let quantity = book.quantity(at: growth.price, side: growth.side)
            let limit = growth.before.double + Self.remainingShare * (growth.after - growth.before).double
            guard let quantity, quantity.double <= limit else {
                growths[kept] = growth
                kept += 1
                continue
            }
            if growth.traded.double / Double(fixedScale) < Self.tradedShareMax * (growth.after - quantity).double {
                marks.append(Mark(price: growth.price, time: book.eventTime))
            }
        }
        growths.removeLast(growths.count - kept)
    }

    private mutating func find(
        in levels: borrowing BookSide, after previous: borrowing BookSide, side: Side, at time: Timestamp,
        meanLevel: Double
    ) {
        // Both sides stand best first, so they are walked through together.
        var place = 0
        for index in 0..<levels.count {
            let level = levels[index]
            // Less than the least growth can't have grown by it: most levels end here.
            guard level.quantity.double >= growthMultiple * meanLevel, previous.spans(level.price) else { continue }
            while place + 1 < previous.count,
                side == .buy ? previous[place].price > level.price : previous[place].price < level.price
            {
                place += 1
            }
            let before = previous[place].price == level.price ? previous[place].quantity : .zero
            guard (level.quantity - before).double >= growthMultiple * meanLevel,
                !growths.contains(where: { $0.price == level.price })
            else { continue }
            appearances.append(time)
            growths.append(
                Growth(
                    price: level.price, side: side, time: time, before: before, after: level.quantity, traded: 0))
        }
    }
}
