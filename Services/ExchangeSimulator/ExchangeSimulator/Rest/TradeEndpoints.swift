import TradingPrimitives

extension Endpoint {
    static let tradeEndpoints: [Endpoint] = [
        Endpoint("POST", "/fapi/v1/order", .signed, weight: 0, orderCost: 1) { (venue, call) throws(Refusal) in
            try venue.postOrder(call)
        },
        Endpoint("PUT", "/fapi/v1/order", .signed, weight: 0, orderCost: 1) { (venue, call) throws(Refusal) in
            let changed = try venue.amend(call)
            let instrument = venue.instruments[changed.order.instrument]
            return json { $0.amendedOrder(changed.order, instrument, changed.modifyId) }
        },
        Endpoint("POST", "/fapi/v1/order/test", .signed, weight: 0) { (venue, call) throws(Refusal) in
            var trial = venue
            return try trial.postOrder(call)
        },
        Endpoint("GET", "/fapi/v1/order", .signed) { (venue, call) throws(Refusal) in
            let order = try venue.findOrder(call, otherwise: .noSuchOrder)
            return json { $0.fullOrder(order, venue.instruments[order.instrument]) }
        },
        Endpoint("DELETE", "/fapi/v1/order", .signed) { (venue, call) throws(Refusal) in
            let order = try venue.findOrder(call, otherwise: .unknownOrder)
            let canceled = try venue.cancel(order.account, order.id)
            return json { $0.orderAck(canceled, venue.instruments[canceled.instrument]) }
        },
        Endpoint("GET", "/fapi/v1/openOrder", .signed) { (venue, call) throws(Refusal) in
            let order = try venue.findOrder(call, otherwise: .noSuchOrder)
            guard order.status.isOpen else { throw .noSuchOrder }
            return json { $0.fullOrder(order, venue.instruments[order.instrument]) }
        },
        Endpoint("GET", "/fapi/v1/openOrders", .signed) { (venue, call) throws(Refusal) in try venue.openOrders(call) },
        Endpoint("GET", "/fapi/v1/allOrders", .signed, weight: 5) { (venue, call) throws(Refusal) in
            try venue.allOrders(call)
        },
        Endpoint("GET", "/fapi/v1/userTrades", .signed, weight: 5) { (venue, call) throws(Refusal) in
            try venue.userTrades(call)
        },
        Endpoint("DELETE", "/fapi/v1/allOpenOrders", .signed) { (venue, call) throws(Refusal) in
            venue.cancelAll(try call.owner(), try venue.symbol(call))
            return Array(#"{"code":200,"msg":"The operation of cancel all open order is done."}"#.utf8)
        },
        Endpoint("POST", "/fapi/v1/algoOrder", .signed, weight: 0, orderCost: 1) { (venue, call) throws(Refusal) in
            let order = try venue.placeAlgo(try venue.algoRequest(call), account: try call.owner())
            return json { json in json.object { $0.algo(order, venue.instruments[order.instrument]) } }
        },
        Endpoint("GET", "/fapi/v1/algoOrder", .signed) { (venue, call) throws(Refusal) in
            let order = try venue.findAlgo(call, otherwise: .noSuchOrder)
            if order.hiddenUntil > venue.now { throw .noSuchOrder }
            return json { $0.fullAlgo(order, venue) }
        },
        Endpoint("DELETE", "/fapi/v1/algoOrder", .signed) { (venue, call) throws(Refusal) in
            let order = try venue.findAlgo(call, otherwise: .unknownOrder)
            _ = try venue.cancelAlgo(order.account, order.id)
            return json { json in
                json.object {
                    $0.put("algoId", order.id)
                    $0.put("clientAlgoId", order.clientId)
                    $0.put("code", "200")
                    $0.put("msg", "success")
                }
            }
        },
        Endpoint("GET", "/fapi/v1/openAlgoOrders", .signed) { (venue, call) throws(Refusal) in
            try venue.openAlgos(call)
        },
        Endpoint("GET", "/fapi/v1/allAlgoOrders", .signed, weight: 5) { (venue, call) throws(Refusal) in
            try venue.allAlgos(call)
        },
        Endpoint("DELETE", "/fapi/v1/algoOpenOrders", .signed) { (venue, call) throws(Refusal) in
            venue.cancelAllAlgos(try call.owner(), try venue.symbol(call))
            return Array(#"{"code":200,"msg":"The operation of cancel all open order is done."}"#.utf8)
        },
    ]
}

// MARK: Orders

extension Exchange {
    fileprivate mutating func postOrder(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let answer = call.parameters.text("newOrderRespType")
        guard answer == nil || answer == "ACK" || answer == "RESULT" else { throw .badResponseType }
        let request = try orderRequest(call.parameters)
        let order = try place(request, account: try call.owner())
        let isFull = answer == "RESULT"
        let instrument = instruments[order.instrument]
        return json { $0.orderAck(order, instrument, asNew: !isFull) }
    }

    private static let algoTypes = ["STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"]

    func orderRequest(_ parameters: Parameters) throws(Refusal) -> OrderRequest {
        guard let index = instrument(named: try parameters.required("symbol")) else { throw .badSymbol }
        guard let side = Side(rawValue: try parameters.required("side")) else { throw .badSide }
        let typeName = try parameters.required("type")
        if Self.algoTypes.contains(typeName) { throw .algoEndpoint }
        guard let type = OrderType(rawValue: typeName) else { throw .badType }
        try checkOneWay(parameters)
        if try parameters.flag("closePosition") { throw .closePositionIsForStops }
        guard let quantity = try parameters.decimal("quantity", Quantity.self) else { throw .missing("quantity") }
        var request = OrderRequest(instrument: index, side: side, type: type, quantity: quantity)
        if type == .limit {
            guard let timeInForce: OrderValidity = try parameters.choice("timeInForce", .badTimeInForce)
            else { throw .missing("timeInForce") }
            request.timeInForce = timeInForce
            request.priceMatch = try parameters.choice("priceMatch", .badPriceMatch) ?? .none
            request.price = try price(parameters, request.priceMatch, index, side)
        } else if parameters.text("priceMatch") ?? "NONE" != "NONE" {
            throw .priceMatchNeedsLimit
        } else if parameters.text("price") != nil {
            throw .notRequired("price")
        }
        request.isReduceOnly = try parameters.flag("reduceOnly")
        request.clientId = parameters.text("newClientOrderId")
        request.selfTrade =
            try parameters.choice("selfTradePreventionMode", .invalid("selfTradePreventionMode")) ?? .expireMaker
        if request.timeInForce == .goodTillDate {
            guard let goodTill = try parameters.integer("goodTillDate") else { throw .missing("goodTillDate") }
            if goodTill <= now.milliseconds + 600_000 { throw .invalid("goodTillDate") }
            request.goodTill = Timestamp(milliseconds: goodTill)
        }
        return request
    }

    /// The price of a limit order: its own, or the one of the level of the book that it asks for.
    func price(
        _ parameters: Parameters, _ match: PriceMatch, _ index: Int, _ side: Side
    ) throws(Refusal) -> Price {
        guard match != .none else {
            guard let price = try parameters.decimal("price", Price.self) else { throw .missing("price") }
            return price
        }
        if parameters.text("price") != nil { throw .notRequired("price") }
        let levels = books[index][match.isOpponent ? side.opposite : side].top(match.level)
        guard levels.count == match.level, let level = levels.last else { throw .noLevelToMatch }
        return level.price
    }

    private func checkOneWay(_ parameters: Parameters) throws(Refusal) {
        if let side = parameters.text("positionSide"), side != "BOTH" { throw .wrongPositionSide }
    }

    func findOrder(_ call: RestCall, otherwise refusal: Refusal) throws(Refusal) -> Order {
        let account = try call.owner()
        let index = try symbol(call)
        let found: Int?
        if let id = try call.parameters.integer("orderId") {
            found = self.index(ofOrder: id)
        } else if let clientId = call.parameters.text("origClientOrderId") {
            found = orderIdByClient[account][clientId].flatMap { self.index(ofOrder: $0) }
        } else {
            throw .missing("orderId")
        }
        guard let at = found, orders[at].account == account, orders[at].instrument == index else { throw refusal }
        return orders[at]
    }

    fileprivate func openOrders(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        var ids: [Int64] = []
        for index in try symbols(call) { ids += books[index].restingBuys + books[index].restingSells }
        let open = ids.sorted().compactMap { index(ofOrder: $0) }.filter { orders[$0].account == account }
        return json { json in
            json.array { json in for at in open { json.fullOrder(orders[at], instruments[orders[at].instrument]) } }
        }
    }

    fileprivate func allOrders(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        let index = try optionalSymbol(call)
        let limit = try call.parameters.limit(default: 500, max: 1000)
        let from = try call.parameters.integer("orderId")
        let start = try call.parameters.integer("startTime") ?? .min
        let end = try call.parameters.integer("endTime") ?? .max
        try checkSpan(start, end)
        let matching = orders.filter {
            $0.account == account && (index == nil || $0.instrument == index) && $0.id >= from ?? .min
                && $0.time.milliseconds >= start && $0.time.milliseconds <= end
        }
        let chosen = from == nil && start == .min ? matching.suffix(limit) : matching.prefix(limit)
        return json { json in
            json.array { json in
                for order in chosen { json.fullOrder(order, instruments[order.instrument], isListed: true) }
            }
        }
    }

    private func checkSpan(_ start: Int64, _ end: Int64) throws(Refusal) {
        if start != .min, end != .max, isLonger(start, end, thanMs: 7 * 86_400_000) { throw .spanTooLong }
    }

    fileprivate func userTrades(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        let index = try symbol(call)
        let limit = try call.parameters.limit(default: 500, max: 1000)
        let order = try call.parameters.integer("orderId")
        let from = try call.parameters.integer("fromId")
        let start = try call.parameters.integer("startTime") ?? .min
        let end = try call.parameters.integer("endTime") ?? .max
        try checkSpan(start, end)
        let matching = accounts[account].fills.filter {
            $0.instrument == index && (order == nil || $0.orderId == order) && $0.tradeId >= from ?? .min
                && $0.time.milliseconds >= start && $0.time.milliseconds <= end
        }
        let chosen = from == nil && start == .min ? matching.suffix(limit) : matching.prefix(limit)
        let instrument = instruments[index]
        return json { json in
            json.array { json in for fill in chosen { json.userTrade(fill, instrument) } }
        }
    }
}

// MARK: Conditional orders

extension Exchange {
    fileprivate func algoRequest(_ call: RestCall) throws(Refusal) -> AlgoRequest {
        let parameters = call.parameters
        let index = try symbol(call)
        guard try parameters.required("algoType") == "CONDITIONAL" else { throw .invalid("algoType") }
        guard let side = Side(rawValue: try parameters.required("side")) else { throw .badSide }
        guard let type = AlgoType(rawValue: try parameters.required("type")) else { throw .badType }
        try checkOneWay(parameters)
        let trigger = try parameters.decimal("triggerPrice", Price.self)
        var request = AlgoRequest(instrument: index, side: side, type: type, trigger: trigger ?? .zero)
        if type == .trailingStopMarket {
            if trigger != nil { throw .notRequired("triggerPrice") }
            // 1 is 1 %.
            guard let percent = try parameters.decimal("callbackRate", Ratio.self) else {
                throw .missing("callbackRate")
            }
            request.callback = Ratio(raw: percent.raw / 100)
            request.activation = try parameters.decimal("activatePrice", Price.self) ?? .zero
        } else if trigger == nil {
            throw .missing("triggerPrice")
        }
        request.timeInForce = try parameters.choice("timeInForce", .badTimeInForce) ?? .goodTillCancel
        // Neither is here, and what is accepted is done.
        if request.timeInForce == .goodTillDate { throw .invalid("timeInForce") }
        if parameters.text("priceMatch") ?? "NONE" != "NONE" { throw .invalid("priceMatch") }
        request.isClosePosition = try parameters.flag("closePosition")
        request.isReduceOnly = try parameters.flag("reduceOnly")
        request.isPriceProtected = try parameters.flag("priceProtect")
        request.quantity = try parameters.decimal("quantity", Quantity.self) ?? .zero
        request.workingType = try parameters.choice("workingType", .badWorkingType) ?? .contractPrice
        request.clientId = parameters.text("clientAlgoId")
        request.selfTrade =
            try parameters.choice("selfTradePreventionMode", .invalid("selfTradePreventionMode")) ?? .expireMaker
        if request.isClosePosition, !type.isMarket { throw .invalid("closePosition") }
        if !request.isClosePosition, parameters.text("quantity") == nil { throw .missing("quantity") }
        if type.isMarket {
            if parameters.text("price") != nil { throw .notRequired("price") }
        } else {
            guard let price = try parameters.decimal("price", Price.self) else { throw .missing("price") }
            request.price = price
        }
        return request
    }

    fileprivate func findAlgo(_ call: RestCall, otherwise refusal: Refusal) throws(Refusal) -> AlgoOrder {
        let account = try call.owner()
        let found: Int?
        if let id = try call.parameters.integer("algoId") {
            found = index(ofAlgo: id)
        } else if let clientId = call.parameters.text("clientAlgoId") {
            found = algoIdByClient[account][clientId].flatMap { index(ofAlgo: $0) }
        } else {
            throw .missing("algoId")
        }
        guard let at = found, algoOrders[at].account == account else { throw refusal }
        return algoOrders[at]
    }

    fileprivate func openAlgos(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        let wanted = try call.parameters.integer("algoId")
        var ids: [Int64] = []
        for index in try symbols(call) { ids += books[index].openAlgos }
        let open = ids.sorted().compactMap { index(ofAlgo: $0) }.filter {
            algoOrders[$0].account == account && (wanted == nil || algoOrders[$0].id == wanted)
                && algoOrders[$0].hiddenUntil <= now
        }
        return json { json in json.array { json in for at in open { json.fullAlgo(algoOrders[at], self) } } }
    }

    fileprivate func allAlgos(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        let index = try symbol(call)
        let limit = try call.parameters.limit(default: 500, max: 1000)
        let from = try call.parameters.integer("algoId") ?? .min
        let start = try call.parameters.integer("startTime") ?? .min
        let end = try call.parameters.integer("endTime") ?? .max
        let matching = algoOrders.filter {
            $0.account == account && $0.instrument == index && $0.id >= from && $0.createTime.milliseconds >= start
                && $0.createTime.milliseconds <= end && $0.hiddenUntil <= now
        }
        return json { json in
            json.array { json in for order in matching.suffix(limit) { json.fullAlgo(order, self) } }
        }
    }
}
