import TradingPrimitives

// Own orders live on top of the market's book. A resting one waits behind what stood at its price when it came; a taking
// one eats the visible levels, and what it ate stays gone until the market changes the level.
extension Exchange {
    // MARK: Resting orders

    /// Fills own resting orders that a trade of the market reaches: all of those with a better price (the market traded
    /// through them), and those at its price once the queue ahead of them has traded.
    mutating func fillResting(_ index: Int, _ price: Price, _ quantity: Quantity, aggressor: Side) {
        let side = aggressor.opposite
        let ids = books[index].resting(side)
        if ids.isEmpty { return }
        var rest = quantity
        var marketTraded = Quantity.zero
        var fills: [(id: Int64, quantity: Quantity)] = []
        for id in ids {
            guard let at = self.index(ofOrder: id) else { continue }
            if books[index][side].isBetter(orders[at].price, than: price) {
                fills.append((id, orders[at].remaining))
                continue
            }
            guard orders[at].price == price else { break }
            let ahead = min(max(orders[at].queueAhead - marketTraded, .zero), rest)
            marketTraded += ahead
            rest -= ahead
            let filled = min(rest, orders[at].remaining)
            rest -= filled
            if filled > .zero { fills.append((id, filled)) }
            orders[at].queueAhead -= min(marketTraded, orders[at].queueAhead)
        }
        for fill in fills { fillMaker(fill.id, fill.quantity) }
    }

    /// Asked on each event, of the arrays themselves: a method of the book would be given a copy of the book.
    func hasResting(_ index: Int) -> Bool {
        !books[index].restingBuys.isEmpty || !books[index].restingSells.isEmpty
    }

    /// Fills own resting orders that the market's other side has moved through.
    mutating func fillCrossedOrders(_ index: Int) {
        guard hasResting(index) else { return }
        for side in [Side.buy, .sell] where !books[index].resting(side).isEmpty {
            guard let other = books[index][side.opposite].best else { continue }
            for id in books[index].resting(side) {
                guard let at = self.index(ofOrder: id),
                    books[index][side].isBetter(orders[at].price, than: other.price)
                else { break }
                fillMaker(id, orders[at].remaining)
            }
        }
    }

    mutating func fillMaker(_ id: Int64, _ quantity: Quantity) {
        guard let at = index(ofOrder: id), orders[at].status.isOpen else { return }
        let quantity = executable(at, faults.isEmpty ? quantity : limited(quantity, orders[at]))
        if quantity > .zero {
            books[orders[at].instrument].lastTradeId += 1
            let tradeId = books[orders[at].instrument].lastTradeId
            fill(at, quantity, at: orders[at].price, isMaker: true, tradeId: tradeId)
        }
        if orders[at].status.isOpen, executable(at, orders[at].remaining) == .zero { expire(at, .wouldReverse) }
    }

    /// The queue ahead never exceeds what the market shows at the price.
    mutating func capQueues(_ index: Int, _ side: Side, at price: Price, to visible: Quantity) {
        for id in books[index].resting(side) {
            guard let at = self.index(ofOrder: id), orders[at].price == price else { continue }
            orders[at].queueAhead = min(orders[at].queueAhead, visible)
        }
    }

    mutating func rest(_ at: Int) {
        let order = orders[at]
        let side = books[order.instrument][order.side]
        orders[at].queueAhead = side.visible(at: order.price)
        let ids = books[order.instrument].resting(order.side)
        let place = ids.firstIndex { id in
            index(ofOrder: id).map { side.isBetter(order.price, than: orders[$0].price) } ?? false
        }
        if order.side == .buy {
            books[order.instrument].restingBuys.insert(order.id, at: place ?? ids.count)
        } else {
            books[order.instrument].restingSells.insert(order.id, at: place ?? ids.count)
        }
    }

    mutating func unrest(_ order: Order) {
        if order.side == .buy {
            books[order.instrument].restingBuys.removeAll { $0 == order.id }
        } else {
            books[order.instrument].restingSells.removeAll { $0 == order.id }
        }
    }

    // MARK: Taking orders

    private enum Counterparty {
        case market(DepthLevel)
        case client(Int)
    }

    /// Executes an order against the other side as far as its price allows.
    mutating func take(_ at: Int) {
        let index = orders[at].instrument
        let limit: Price? = orders[at].type == .limit ? orders[at].price : nil
        while orders[at].status.isOpen, orders[at].remaining > .zero {
            guard let next = counterparty(index, orders[at].side, limit: limit) else { return }
            let wanted = executable(at, orders[at].remaining)
            if wanted == .zero { return expire(at, .wouldReverse) }
            switch next {
            case .market(let level):
                let quantity = min(wanted, level.quantity)
                books[index][orders[at].side.opposite].consume(quantity, at: level.price)
                noteConsumption(index, orders[at].side.opposite, level.price)
                execute(at, quantity, at: level.price)
            case .client(let maker):
                if preventSelfTrade(at, maker) { continue }
                let quantity = min(wanted, executable(maker, orders[maker].remaining))
                if quantity == .zero {
                    expire(maker, .wouldReverse)
                    continue
                }
                let price = orders[maker].price
                let makerId = orders[maker].id
                execute(at, quantity, at: price)
                if let maker = self.index(ofOrder: makerId) {
                    fill(maker, quantity, at: price, isMaker: true, tradeId: books[index].lastTradeId)
                }
            }
        }
    }

    private mutating func execute(_ at: Int, _ quantity: Quantity, at price: Price) {
        let index = orders[at].instrument
        books[index].lastTradeId += 1
        let tradeId = books[index].lastTradeId
        let side = orders[at].side
        fill(at, quantity, at: price, isMaker: false, tradeId: tradeId)
        printTrade(index, price, quantity, side, firstId: tradeId, at: now)
    }

    /// What an order of `side` meets first; nil when nothing is left within `limit`.
    private mutating func counterparty(_ index: Int, _ side: Side, limit: Price?) -> Counterparty? {
        let other = books[index][side.opposite]
        let market = other.best
        var client: Int?
        if let id = books[index].resting(side.opposite).first { client = self.index(ofOrder: id) }
        func isWithin(_ price: Price) -> Bool { limit.map { !other.isBetter($0, than: price) } ?? true }
        if let client, isWithin(orders[client].price) {
            guard let market, isWithin(market.price), !other.isBetter(orders[client].price, than: market.price)
            else { return .client(client) }
            if market.price != orders[client].price { return .market(market) }
            let ahead = min(orders[client].queueAhead, market.quantity)
            if ahead == .zero { return .client(client) }
            capQueues(index, side.opposite, at: market.price, to: market.quantity)
            for id in books[index].resting(side.opposite) {
                guard let at = self.index(ofOrder: id), orders[at].price == market.price else { break }
                orders[at].queueAhead -= min(ahead, orders[at].queueAhead)
            }
            return .market(DepthLevel(price: market.price, quantity: ahead))
        }
        guard let market, isWithin(market.price) else { return nil }
        return .market(market)
    }

    /// True when an order met one of its own account and one of the two is gone.
    private mutating func preventSelfTrade(_ taker: Int, _ maker: Int) -> Bool {
        guard orders[taker].account == orders[maker].account, orders[taker].timeInForce != .fillOrKill else {
            return false
        }
        switch orders[taker].selfTrade {
        case .none: return false
        case .expireMaker: expire(maker, .selfTrade)
        case .expireTaker: expire(taker, .selfTrade)
        case .expireBoth:
            expire(maker, .selfTrade)
            expire(taker, .selfTrade)
        }
        return true
    }

    private mutating func noteConsumption(_ index: Int, _ side: Side, _ price: Price) {
        books[index].depth.noteChange(side, books[index][side].key(price))
        books[index].updateId += 1
        books[index].bookTime = now
    }

    /// Part of a quantity that an order may still trade: a reduce-only order never more than the position.
    func executable(_ at: Int, _ quantity: Quantity) -> Quantity {
        guard orders[at].isReduceOnly else { return quantity }
        let position = accounts[orders[at].account].positions[orders[at].instrument]
        if position.isFlat || position.side == orders[at].side { return .zero }
        return min(quantity, position.amount.magnitude)
    }

    /// Quantity that an order could take at once within its price.
    func takeable(_ index: Int, _ side: Side, limit: Price?, account: Int) -> Quantity {
        let other = books[index][side.opposite]
        var sum = other.visible(through: limit)
        for id in books[index].resting(side.opposite) {
            guard let at = self.index(ofOrder: id), orders[at].account != account else { continue }
            if let limit, other.isBetter(limit, than: orders[at].price) { break }
            sum += orders[at].remaining
        }
        return sum
    }

    /// Whether a limit order at this price would trade at once.
    func crosses(_ index: Int, _ side: Side, _ price: Price) -> Bool {
        let other = books[index][side.opposite]
        if let best = other.best, !other.isBetter(price, than: best.price) { return true }
        guard let id = books[index].resting(side.opposite).first, let at = self.index(ofOrder: id) else { return false }
        return !other.isBetter(price, than: orders[at].price)
    }
}
