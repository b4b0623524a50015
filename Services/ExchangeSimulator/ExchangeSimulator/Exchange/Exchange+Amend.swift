import TradingPrimitives

extension Exchange {
    /// Changes the price and whole quantity of an open limit order, which loses its place in the queue. A refused change
    /// leaves the order; one to no more than is executed, or one that would make a post-only order take, cancels it.
    mutating func amend(
        _ account: Int, _ id: Int64, quantity: Quantity, price: Price
    ) throws(Refusal) -> Order {
        guard let at = index(ofOrder: id), orders[at].account == account, orders[at].status.isOpen
        else { throw .noSuchOrder }
        let order = orders[at]
        guard order.type == .limit else { throw .onlyLimitIsAmended }
        if order.quantity == quantity, order.price == price { throw .nothingToAmend }
        var request = OrderRequest(
            instrument: order.instrument, side: order.side, type: .limit, quantity: quantity, price: price)
        request.isReduceOnly = order.isReduceOnly
        try checkFilters(request, isChild: false)
        let queues = (books[order.instrument].restingBuys, books[order.instrument].restingSells)
        unrest(order)
        do throws(Refusal) {
            if quantity > order.executed {
                request.quantity = quantity - order.executed
                try checkMargin(request, account, price: price)
            }
        } catch {
            (books[order.instrument].restingBuys, books[order.instrument].restingSells) = queues
            throw error
        }
        let wouldTake = order.timeInForce == .postOnly && crosses(order.instrument, order.side, price)
        if quantity <= order.executed || wouldTake { return try cancel(account, id) }
        orders[at].quantity = quantity
        orders[at].price = price
        orders[at].updateTime = now
        tell(account, .order(orders[at], .amended))
        take(at)
        if orders[at].status.isOpen { rest(at) }
        settle()
        guard let at = index(ofOrder: id) else { throw .noSuchOrder }
        return orders[at]
    }
}
