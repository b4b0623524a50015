import Indicators
import SignalContracts
import TradingPrimitives

/// The figures of one book that stand by themselves.
struct BookView {
    /// Mean quantity over all levels shown, both sides; base units. Zero for an empty book.
    let meanLevel: Double
    /// (bids − asks)/(bids + asks) over the best levels; nil when both are empty.
    let imbalance: Double?
    /// Mid price weighted by the opposite quantities; nil without both sides.
    let microPrice: Double?

    init(_ book: BookUpdate, levels: Int) {
        let (bidVolume, allBids) = Self.volumes(book.bids, best: levels)
        let (askVolume, allAsks) = Self.volumes(book.asks, best: levels)
        let count = book.bids.count + book.asks.count
        meanLevel = count > 0 ? (allBids + allAsks).double / Double(fixedScale) / Double(count) : 0

        let sum = bidVolume + askVolume
        imbalance = sum > 0 ? (bidVolume - askVolume).double / sum.double : nil

        if let bid = book.bids.best, let ask = book.asks.best, max(bid.quantity, ask.quantity) > .zero {
            let weighted = bid.price.double * ask.quantity.double + ask.price.double * bid.quantity.double
            microPrice = weighted / (bid.quantity.double + ask.quantity.double)
        } else {
            microPrice = nil
        }
    }

    /// Of the best levels, and of all, in steps of 1e-8. Each level can be near the greatest quantity that there is.
    private static func volumes(_ side: borrowing BookSide, best count: Int) -> (best: Int128, all: Int128) {
        var best: Int128 = 0, rest: Int128 = 0
        for index in 0..<side.count {
            if index < count {
                best += Int128(side[index].quantity.raw)
            } else {
                rest += Int128(side[index].quantity.raw)
            }
        }
        return (best, best + rest)
    }
}

extension BookUpdate {
    /// What stands at a price of one side: nil where the side's shown levels do not reach, zero where they show nothing.
    borrowing func quantity(at price: Price, side: Side) -> Quantity? {
        side == .buy ? bids.quantity(at: price, side: .buy) : asks.quantity(at: price, side: .sell)
    }
}

extension BookSide {
    /// What stands at a price: nil where the side's shown levels do not reach, zero where they show nothing.
    func quantity(at price: Price, side: Side) -> Quantity? {
        guard let best, count > 0 else { return nil }
        let worst = self[count - 1]
        if side == .buy ? price > best.price : price < best.price { return .zero }
        if side == .buy ? price < worst.price : price > worst.price { return nil }
        for index in 0..<count where self[index].price == price { return self[index].quantity }
        return .zero
    }

    /// Whether the price lies between the best and the worst level shown.
    func spans(_ price: Price) -> Bool {
        guard let best, count > 0 else { return false }
        let worst = self[count - 1].price
        return price >= min(best.price, worst) && price <= max(best.price, worst)
    }
}
