import TradingPrimitives

/// One side of the market's book, without the orders of this venue's own clients.
struct DepthSide: Sendable {
    struct Level: Sendable, BitwiseCopyable {
        /// The price with a sign that makes a better level's key greater.
        let key: Int64
        var quantity: Quantity
        /// What own takers took; it comes back only when the market changes the level.
        var consumed: Quantity

        var visible: Quantity { max(quantity - consumed, .zero) }
    }

    /// `buy` for bids.
    let side: Side
    /// Worst first, so that the busy end is cheap to change.
    private(set) var levels: ContiguousArray<Level> = []

    init(_ side: Side) { self.side = side }

    var isEmpty: Bool { levels.isEmpty }

    func key(_ price: Price) -> Int64 { side == .buy ? price.raw : -price.raw }
    func price(_ level: Level) -> Price { Price(raw: side == .buy ? level.key : -level.key) }

    /// First index whose key is not below `key`.
    private func position(_ key: Int64) -> Int {
        var low = 0
        var high = levels.count
        while low < high {
            let middle = (low + high) / 2
            if levels[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func index(of price: Price) -> Int? {
        let key = key(price)
        let index = position(key)
        return index < levels.count && levels[index].key == key ? index : nil
    }

    /// Sets the market's quantity at a price. False when nothing changed.
    mutating func set(_ price: Price, to quantity: Quantity) -> Bool {
        let key = key(price)
        let index = position(key)
        guard index < levels.count, levels[index].key == key else {
            if quantity <= .zero { return false }
            levels.insert(Level(key: key, quantity: quantity, consumed: .zero), at: index)
            return true
        }
        if quantity <= .zero {
            levels.remove(at: index)
            return true
        }
        if levels[index].quantity == quantity { return false }
        levels[index].quantity = quantity
        levels[index].consumed = .zero
        return true
    }

    /// Replaces all levels; what was consumed of an unchanged level stays consumed.
    mutating func replace(_ new: [DepthLevel]) {
        var made: ContiguousArray<Level> = []
        made.reserveCapacity(new.count)
        for level in new where level.quantity > .zero {
            let old = index(of: level.price).map { levels[$0] }
            let consumed = old?.quantity == level.quantity ? old?.consumed ?? .zero : .zero
            made.append(Level(key: key(level.price), quantity: level.quantity, consumed: consumed))
        }
        made.sort { $0.key < $1.key }
        levels = made
    }

    /// Visible quantity at a price.
    func visible(at price: Price) -> Quantity { index(of: price).map { levels[$0].visible } ?? .zero }

    mutating func consume(_ quantity: Quantity, at price: Price) {
        guard let index = index(of: price) else { return }
        levels[index].consumed += quantity
    }

    /// Best level with something visible.
    var best: DepthLevel? {
        for level in levels.reversed() where level.visible > .zero {
            return DepthLevel(price: price(level), quantity: level.visible)
        }
        return nil
    }

    /// The best `count` visible levels, best first.
    func top(_ count: Int) -> [DepthLevel] {
        var top: [DepthLevel] = []
        top.reserveCapacity(min(count, levels.count))
        for level in levels.reversed() where level.visible > .zero {
            if top.count == count { break }
            top.append(DepthLevel(price: price(level), quantity: level.visible))
        }
        return top
    }

    /// Whether an order at `price` on this side trades before one at `other`.
    func isBetter(_ price: Price, than other: Price) -> Bool { key(price) > key(other) }

    /// Visible quantity at `limit` or better.
    func visible(through limit: Price?) -> Quantity {
        var sum = Quantity.zero
        for level in levels.reversed() {
            if let limit, level.key < key(limit) { break }
            sum += level.visible
        }
        return sum
    }
}
