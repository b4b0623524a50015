import TradingPrimitives

extension Exchange {
    /// Places an order: checks it, matches it, and rests what is left of a good-till-cancel one.
    public mutating func place(_ request: OrderRequest, account: Int) throws(Refusal) -> Order {
        try admit(account, request.instrument, reduces: request.isReduceOnly)
        if !faults.isEmpty { try fail(request) }
        let at = try enter(request, account, algo: nil)
        let id = orders[at].id
        settle()
        guard let at = index(ofOrder: id) else { throw .noSuchOrder }
        return orders[at]
    }

    /// As `place`, without the bookkeeping that ends a step. `algo`: the conditional order that becomes this one.
    mutating func enter(_ request: OrderRequest, _ account: Int, algo: AlgoOrder?) throws(Refusal) -> Int {
        try checkFilters(request, isChild: algo != nil)
        let isChild = algo != nil
        if !isChild, let clientId = request.clientId {
            guard Self.isValidClientId(clientId) else { throw .badClientId }
            if let id = orderIdByClient[account][clientId], let at = index(ofOrder: id), orders[at].status.isOpen {
                throw .duplicateClientId
            }
        }
        try checkReduceOnly(request, account)
        let best = books[request.instrument][request.side.opposite].best
        if request.type == .market, best == nil { throw .noLiquidity }
        let price = request.type == .limit ? request.price : best?.price ?? books[request.instrument].markPrice
        try checkMargin(request, account, price: price)
        if request.timeInForce == .postOnly, crosses(request.instrument, request.side, request.price) {
            throw .postOnlyRejected
        }
        if request.timeInForce == .fillOrKill {
            let limit = request.type == .limit ? request.price : nil
            guard takeable(request.instrument, request.side, limit: limit, account: account) >= request.quantity
            else { throw .fillOrKillRejected }
        }
        let at = record(request, account, algo: algo, isLiquidation: false)
        take(at)
        if orders[at].status.isOpen {
            if request.type == .market {
                expire(at, .marketRemainder)
            } else if request.timeInForce == .immediateOrCancel {
                expire(at, .immediateRemainder)
            } else {
                rest(at)
            }
        }
        return at
    }

    /// Enters an order into the books of the venue and tells its owner.
    mutating func record(_ request: OrderRequest, _ account: Int, algo: AlgoOrder?, isLiquidation: Bool) -> Int {
        lastOrderId += 1
        let order = Order(
            id: lastOrderId, clientId: request.clientId ?? Self.madeClientId(lastOrderId), account: account,
            instrument: request.instrument, side: request.side, type: request.type,
            originalType: algo?.request.type.rawValue ?? request.type.rawValue, timeInForce: request.timeInForce,
            quantity: request.quantity, price: request.type == .limit ? request.price : .zero,
            stopPrice: algo?.request.trigger ?? .zero, isReduceOnly: request.isReduceOnly,
            isClosePosition: request.isClosePosition, isLiquidation: isLiquidation, selfTrade: request.selfTrade,
            goodTill: request.goodTill, priceMatch: request.priceMatch, time: now, algoId: algo?.id, updateTime: now)
        orders.append(order)
        orderIdByClient[account][order.clientId] = order.id
        tell(account, .order(order, .new))
        return orders.count - 1
    }

    private func checkReduceOnly(_ request: OrderRequest, _ account: Int) throws(Refusal) {
        guard request.isReduceOnly else { return }
        let position = accounts[account].positions[request.instrument]
        if position.isFlat || position.side == request.side { throw .reduceOnlyRejected }
    }

    // MARK: Endings

    public mutating func cancel(_ account: Int, _ id: Int64) throws(Refusal) -> Order {
        guard let at = index(ofOrder: id), orders[at].account == account, orders[at].status.isOpen
        else { throw .unknownOrder }
        if !faults.isEmpty { try fillInstead(of: orders[at]) }
        guard let at = index(ofOrder: id), orders[at].status.isOpen else { throw .unknownOrder }
        orders[at].status = .canceled
        orders[at].updateTime = now
        unrest(orders[at])
        tell(account, .order(orders[at], .canceled))
        finish(at)
        settle()
        guard let at = index(ofOrder: id) else { throw .unknownOrder }
        return orders[at]
    }

    /// Cancels an account's open orders in one contract.
    public mutating func cancelAll(_ account: Int, _ index: Int) {
        for id in books[index].restingBuys + books[index].restingSells {
            guard let at = self.index(ofOrder: id), orders[at].account == account else { continue }
            _ = try? cancel(account, id)
        }
    }

    mutating func expire(_ at: Int, _ reason: ExpiryReason) {
        guard orders[at].status.isOpen else { return }
        orders[at].status = reason == .selfTrade ? .expiredInMatch : .expired
        orders[at].expiry = reason
        orders[at].updateTime = now
        unrest(orders[at])
        tell(orders[at].account, .order(orders[at], .expired))
        finish(at)
    }

    /// After an order's last event: it leaves the book, and the conditional order behind it ends.
    mutating func finish(_ at: Int) {
        unrest(orders[at])
        if let algoId = orders[at].algoId { childFinished(algoId, orders[at]) }
    }

    mutating func expireDatedOrders() {
        for index in books.indices {
            for id in books[index].restingBuys + books[index].restingSells {
                guard let at = self.index(ofOrder: id), orders[at].timeInForce == .goodTillDate,
                    orders[at].goodTill <= now
                else { continue }
                expire(at, .none)
            }
        }
    }

    /// Reduce-only orders without anything to reduce expire; so do conditional orders that live as long as the position.
    mutating func expireOrders(ofEndedPosition account: Int, _ index: Int, _ side: Side) {
        for id in books[index].resting(side.opposite) {
            guard let at = self.index(ofOrder: id), orders[at].account == account, orders[at].isReduceOnly
            else { continue }
            expire(at, .wouldReverse)
        }
        for id in books[index].openAlgos {
            guard let at = self.index(ofAlgo: id), algoOrders[at].account == account,
                algoOrders[at].request.timeInForce == .goodTillPosition, algoOrders[at].request.side != side
            else { continue }
            endAlgo(at, .expired)
        }
    }

    // MARK: Client ids

    /// `^[\.A-Z\:/a-z0-9_-]{1,36}$`
    static func isValidClientId(_ id: String) -> Bool {
        1...36 ~= id.utf8.count
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "/"),
                    UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// 22 letters and digits, as the venue makes for those who send none.
    static func madeClientId(_ id: Int64) -> String {
        let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        var generator = SplitMix64(seed: UInt64(bitPattern: id))
        let bytes = (0..<22).map { _ in letters[Int(generator.next() % 62)] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
