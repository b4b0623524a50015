import TradingPrimitives

/// Far more trades than a market makes, for a while.
struct TradeFlood: Sendable {
    let until: Timestamp
    let countPerGrid: Int
}

extension Exchange {
    /// From now on, for `forMs`, `perSecond` trades of the least quantity at both best prices in turn: each is a frame.
    public mutating func flood(_ index: Int, forMs: Int64, perSecond: Int) {
        books[index].flood = TradeFlood(
            until: now + forMs, countPerGrid: max(1, perSecond * Int(Self.gridMs) / 1000))
    }

    mutating func printFloods() {
        for index in books.indices {
            guard let flood = books[index].flood, !books[index].status.standsStill else { continue }
            guard now < flood.until, let best = books[index].best else {
                books[index].flood = nil
                continue
            }
            let quantity = instruments[index].rules.minQuantity
            for number in 0..<flood.countPerGrid {
                let isBuy = number.isMultiple(of: 2)
                marketTrade(index, isBuy ? best.ask.price : best.bid.price, quantity, isBuy ? .buy : .sell, at: now)
            }
        }
    }
}
