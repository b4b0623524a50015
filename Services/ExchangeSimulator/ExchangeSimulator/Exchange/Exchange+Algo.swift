import TradingPrimitives

// The conditional order service: orders outside the book that become a market or limit order at their trigger.
extension Exchange {
    static let openAlgosMax = 200

    public mutating func placeAlgo(_ request: AlgoRequest, account: Int) throws(Refusal) -> AlgoOrder {
        try admit(account, request.instrument, reduces: request.isReduceOnly || request.isClosePosition)
        if !faults.isEmpty { try fail(request) }
        try check(request, account)
        lastAlgoId += 1
        var order = AlgoOrder(
            id: lastAlgoId, clientId: request.clientId ?? Self.madeClientId(lastAlgoId), account: account,
            request: request, createTime: now, updateTime: now)
        if !faults.isEmpty { hide(&order) }
        algoOrders.append(order)
        algoIdByClient[account][order.clientId] = order.id
        books[request.instrument].openAlgos.append(order.id)
        if request.type == .trailingStopMarket, request.activation == .zero { startTrailing(algoOrders.count - 1) }
        tell(account, .algo(algoOrders[algoOrders.count - 1]))
        settle()
        return algoOrders[index(ofAlgo: order.id) ?? algoOrders.count - 1]
    }

    private func check(_ request: AlgoRequest, _ account: Int) throws(Refusal) {
        let instrument = instruments[request.instrument]
        if let clientId = request.clientId {
            guard Self.isValidClientId(clientId) else { throw .badClientId }
            if let id = algoIdByClient[account][clientId], let at = index(ofAlgo: id), algoOrders[at].status.isOpen {
                throw .duplicateClientId
            }
        }
        if request.isClosePosition {
            if request.quantity != .zero { throw .closePositionNeedsNoQuantity }
            if request.isReduceOnly { throw .notRequired("reduceonly") }
            for id in books[request.instrument].openAlgos {
                guard let at = index(ofAlgo: id), algoOrders[at].account == account else { continue }
                let other = algoOrders[at].request
                if other.isClosePosition, other.side == request.side, other.type.isStop == request.type.isStop {
                    throw .duplicateClosePosition
                }
            }
        } else {
            try checkQuantity(request.quantity, instrument, isMarket: request.type.isMarket)
        }
        if request.type == .trailingStopMarket {
            if !(100_000...20_000_000).contains(request.callback.raw) { throw .invalid("callbackRate") }
        } else {
            try checkPrice(request.trigger, instrument)
        }
        if !request.type.isMarket { try checkPrice(request.price, instrument) }
        if request.timeInForce == .goodTillPosition, accounts[account].positions[request.instrument].isFlat {
            throw .gteNeedsPosition
        }
        let open = books.reduce(0) { sum, book in
            sum + book.openAlgos.count { id in index(ofAlgo: id).map { algoOrders[$0].account == account } ?? false }
        }
        if open >= Self.openAlgosMax { throw .tooManyStops }
        let price = workingPrice(request)
        // A trailing stop begins where the market has still to go: above it for a sale.
        let activation = request.activation
        if activation > .zero, price > .zero, request.side == .sell ? activation <= price : activation >= price {
            throw .wouldTrigger
        }
        if request.type != .trailingStopMarket, price > .zero, Self.isReached(request, by: price) {
            throw .wouldTrigger
        }
    }

    private func workingPrice(_ request: AlgoRequest) -> Price {
        let book = books[request.instrument]
        return request.workingType == .markPrice ? book.markPrice : book.lastPrice
    }

    /// Stops trigger when the price comes against the position, take-profits when it goes with it.
    static func isReached(_ request: AlgoRequest, by price: Price) -> Bool {
        let waitsForRise = (request.side == .buy) == request.type.isStop
        return waitsForRise ? price >= request.trigger : price <= request.trigger
    }

    public mutating func cancelAlgo(_ account: Int, _ id: Int64) throws(Refusal) -> AlgoOrder {
        guard let at = index(ofAlgo: id), algoOrders[at].account == account, algoOrders[at].status.isOpen
        else { throw .unknownOrder }
        endAlgo(at, .canceled)
        return algoOrders[at]
    }

    public mutating func cancelAllAlgos(_ account: Int, _ index: Int) {
        for id in books[index].openAlgos {
            if let at = self.index(ofAlgo: id), algoOrders[at].account == account { endAlgo(at, .canceled) }
        }
    }

    mutating func endAlgo(_ at: Int, _ status: AlgoStatus, failure: String? = nil) {
        change(at, to: status, failure: failure)
        let id = algoOrders[at].id
        books[algoOrders[at].instrument].openAlgos.removeAll { $0 == id }
    }

    private mutating func change(_ at: Int, to status: AlgoStatus, failure: String? = nil) {
        algoOrders[at].status = status
        algoOrders[at].failure = failure
        algoOrders[at].updateTime = now
        tell(algoOrders[at].account, .algo(algoOrders[at]))
    }

    // MARK: Triggers

    mutating func checkTriggers(_ index: Int) {
        for id in books[index].openAlgos {
            guard let at = self.index(ofAlgo: id), algoOrders[at].status.isOpen else { continue }
            let request = algoOrders[at].request
            let price = workingPrice(request)
            if price == .zero { continue }
            if request.type == .trailingStopMarket {
                if trails(at, price) { trigger(at) }
            } else if Self.isReached(request, by: price) {
                if isProtected(request, index) { trigger(at) }
            }
        }
    }

    /// Price protection: the trigger waits while mark and last price are far apart.
    private func isProtected(_ request: AlgoRequest, _ index: Int) -> Bool {
        guard request.isPriceProtected else { return true }
        let apart = (books[index].markPrice - books[index].lastPrice).magnitude
        return apart <= books[index].markPrice * Ratio(raw: 5_000_000)
    }

    private mutating func startTrailing(_ at: Int) {
        algoOrders[at].isActivated = true
        algoOrders[at].extreme = workingPrice(algoOrders[at].request)
    }

    /// Follows the best price; true when the price came back by the callback rate.
    private mutating func trails(_ at: Int, _ price: Price) -> Bool {
        let request = algoOrders[at].request
        let isBuy = request.side == .buy
        if !algoOrders[at].isActivated {
            guard isBuy ? price <= request.activation : price >= request.activation else { return false }
            startTrailing(at)
            change(at, to: .new)
        }
        let extreme = isBuy ? min(algoOrders[at].extreme, price) : max(algoOrders[at].extreme, price)
        algoOrders[at].extreme = extreme
        let distance = extreme * request.callback
        return isBuy ? price >= extreme + distance : price <= extreme - distance
    }

    /// The order that was waiting goes to the matching engine. As at the venue, the fills of a market order are told
    /// before TRIGGERED, and FINISHED comes last.
    private mutating func trigger(_ at: Int) {
        let algo = algoOrders[at]
        let id = algo.id
        books[algo.instrument].openAlgos.removeAll { $0 == id }
        algoOrders[at].triggerTime = now
        change(at, to: .triggering)
        let position = accounts[algo.account].positions[algo.instrument]
        if algo.request.isClosePosition, position.isFlat || position.side == algo.request.side {
            return change(at, to: .expired)
        }
        if let fault = faults.take(.rejectTrigger, subject(algo.instrument, algo.clientId), now: now) {
            return change(at, to: .rejected, failure: fault.message)
        }
        var request = OrderRequest(
            instrument: algo.instrument, side: algo.request.side, type: algo.request.type.isMarket ? .market : .limit,
            quantity: algo.request.isClosePosition ? position.amount.magnitude : algo.request.quantity,
            price: algo.request.price)
        if !algo.request.type.isMarket, algo.request.timeInForce != .goodTillPosition {
            request.timeInForce = algo.request.timeInForce
        }
        request.isReduceOnly = algo.request.isReduceOnly || algo.request.isClosePosition
        request.isClosePosition = algo.request.isClosePosition
        request.clientId = algo.clientId
        request.selfTrade = algo.request.selfTrade
        do throws(Refusal) {
            let order = try enter(request, algo.account, algo: algoOrders[at])
            guard let at = index(ofAlgo: id) else { return }
            algoOrders[at].orderId = orders[order].id
            algoOrders[at].executed = orders[order].executed
            algoOrders[at].averagePrice = orders[order].averagePrice
            change(at, to: .triggered)
            if !orders[order].status.isOpen { change(at, to: .finished) }
        } catch {
            change(at, to: .rejected, failure: error.message)
        }
    }

    /// The order of a triggered conditional order has ended.
    mutating func childFinished(_ algoId: Int64, _ order: Order) {
        guard let at = index(ofAlgo: algoId), algoOrders[at].status == .triggered else { return }
        algoOrders[at].executed = order.executed
        algoOrders[at].averagePrice = order.averagePrice
        change(at, to: .finished)
    }
}
