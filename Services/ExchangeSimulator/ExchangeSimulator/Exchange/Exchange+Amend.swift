import TradingPrimitives

extension Exchange {
    static let amendmentsMax = 10_000

    /// Changes the price and whole quantity of an open limit order, which loses its place in the queue. A refused change
    /// leaves the order; one to no more than is executed, or one that would make a post-only order take, cancels it.
    mutating func amend(
        _ account: Int, _ id: Int64, quantity: Quantity, price: Price, modifyId: Int64? = nil
    ) throws(Refusal) -> Order {
        guard let at = index(ofOrder: id), orders[at].account == account, orders[at].status.isOpen
        else { throw .noSuchOrder }
        let order = orders[at]
        guard order.type == .limit else { throw .onlyLimitIsAmended }
        try admit(account, order.instrument, reduces: order.isReduceOnly)
        if !faults.isEmpty { try throttle(order.instrument, order.clientId, reduces: order.isReduceOnly) }
        if order.amendments >= Self.amendmentsMax { throw .tooManyAmendments }
        if order.quantity == quantity, order.price == price { throw .nothingToAmend }
        var request = OrderRequest(
            instrument: order.instrument, side: order.side, type: .limit, quantity: quantity, price: price)
        request.isReduceOnly = order.isReduceOnly
        do throws(Refusal) {
            try checkFilters(request, isChild: false)
        } catch {
            throw error.code == -4164 ? Refusal(-5029, error.message) : error
        }
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
        orders[at].amendments += 1
        remember(orders[at], before: order)
        tell(account, .order(orders[at], .amended(modifyId: modifyId)))
        take(at)
        if orders[at].status.isOpen { rest(at) }
        settle()
        guard let at = index(ofOrder: id) else { throw .noSuchOrder }
        return orders[at]
    }

    private mutating func remember(_ order: Order, before: Order) {
        lastIncomeId += 1
        accounts[order.account].remember(
            Amendment(
                id: lastIncomeId, instrument: order.instrument, orderId: order.id, clientId: order.clientId,
                oldPrice: before.price, newPrice: order.price, oldQuantity: before.quantity,
                newQuantity: order.quantity, count: order.amendments, time: now))
    }
}
