import TradingPrimitives

extension Endpoint {
    /// Several orders in one request, and what cancels them later.
    static let manyOrdersEndpoints: [Endpoint] = [
        Endpoint("POST", "/fapi/v1/batchOrders", .signed, weight: 5, orderCost: 5) { (venue, call) throws(Refusal) in
            try venue.batch(call) { (venue, one) throws(Refusal) in
                .placed(try venue.place(try venue.orderRequest(one.parameters), account: try one.owner()))
            }
        },
        Endpoint("PUT", "/fapi/v1/batchOrders", .signed, weight: 5, orderCost: 5) { (venue, call) throws(Refusal) in
            try venue.batch(call) { (venue, one) throws(Refusal) in
                let amended = try venue.amend(one)
                return .amended(amended.order, modifyId: amended.modifyId)
            }
        },
        Endpoint("DELETE", "/fapi/v1/batchOrders", .signed) { (venue, call) throws(Refusal) in
            try venue.cancelBatch(call)
        },
        Endpoint("POST", "/fapi/v1/countdownCancelAll", .signed, weight: 10) { (venue, call) throws(Refusal) in
            try venue.countDown(call)
        },
        Endpoint("GET", "/fapi/v1/orderAmendment", .signed) { (venue, call) throws(Refusal) in
            try venue.amendments(call)
        },
    ]
}

/// What became of one element of a batch.
private enum BatchResult {
    case placed(Order)
    case amended(Order, modifyId: Int64?)
    case canceled(Order)
    case refused(Refusal)
}

extension Exchange {
    /// Each element is answered by its order or by its refusal, in the order of the request.
    fileprivate mutating func batch(
        _ call: RestCall, _ perform: (inout Exchange, RestCall) throws(Refusal) -> BatchResult
    ) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        guard let batch = FlatJSON.objects(try call.parameters.required("batchOrders")), !batch.isEmpty
        else { throw .malformed("batchOrders") }
        if batch.count > 5 { throw .tooManyInBatch }
        var results: [BatchResult] = []
        for parameters in batch {
            do throws(Refusal) {
                results.append(try perform(&self, RestCall(parameters, account: account)))
            } catch {
                results.append(.refused(error))
            }
        }
        return write(results)
    }

    private func write(_ results: [BatchResult]) -> [UInt8] {
        json { json in
            json.array { json in
                for result in results {
                    switch result {
                    case .placed(let order): json.orderAck(order, instruments[order.instrument], asNew: true)
                    case .amended(let order, let modifyId):
                        json.amendedOrder(order, instruments[order.instrument], modifyId)
                    case .canceled(let order): json.orderAck(order, instruments[order.instrument])
                    case .refused(let refusal):
                        json.object {
                            $0.put("code", refusal.code)
                            $0.put("msg", refusal.message)
                        }
                    }
                }
            }
        }
    }

    /// Up to ten orders by the venue's ids or by the client's.
    fileprivate mutating func cancelBatch(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        let name = instruments[try symbol(call)].symbol.name
        // ccxt writes the names in small letters, and the venue takes them.
        func list(_ name: String) -> String? { call.parameters.text(name) ?? call.parameters.text(name.lowercased()) }
        let key = list("orderIdList") == nil ? "origClientOrderId" : "orderId"
        guard let text = list(key + "List"), case .array(let ids)? = FlatJSON.parse(text.utf8), !ids.isEmpty
        else { throw .malformed(key + "List") }
        if ids.count > 10 { throw .tooManyToCancel }
        var results: [BatchResult] = []
        for id in ids {
            var parameters = Parameters()
            parameters.put("symbol", name)
            parameters.put(key, id.text ?? "")
            do throws(Refusal) {
                let order = try findOrder(RestCall(parameters, account: account), otherwise: .unknownOrder)
                results.append(.canceled(try cancel(account, order.id)))
            } catch {
                results.append(.refused(error))
            }
        }
        return write(results)
    }

    /// Changes an order. Returns it with the client's number of the change.
    mutating func amend(_ call: RestCall) throws(Refusal) -> (order: Order, modifyId: Int64?) {
        let order = try findOrder(call, otherwise: .noSuchOrder)
        guard let side = Side(rawValue: try call.parameters.required("side")), side == order.side else {
            throw .badSide
        }
        guard let quantity = try call.parameters.decimal("quantity", Quantity.self) else { throw .missing("quantity") }
        let match: PriceMatch = try call.parameters.choice("priceMatch", .badPriceMatch) ?? .none
        let price = try price(call.parameters, match, order.instrument, side)
        if try call.parameters.flag("reduceOnly"), !order.isReduceOnly { throw .amendNeedsReduceOnly }
        let modifyId = try call.parameters.integer("modifyId")
        return (try amend(order.account, order.id, quantity: quantity, price: price, modifyId: modifyId), modifyId)
    }

    fileprivate mutating func countDown(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        let index = try symbol(call)
        guard let wait = try call.parameters.integer("countdownTime") else { throw .missing("countdownTime") }
        guard 0...Self.countdownMaxMs ~= wait else { throw .invalid("countdownTime") }
        accounts[account].cancelTimes[index] = wait == 0 ? nil : now + wait
        let name = instruments[index].symbol.name
        return json { json in
            json.object {
                $0.put("symbol", name)
                $0.put("countdownTime", String(wait))
            }
        }
    }

    private static let countdownMaxMs: Int64 = 100_000_000_000

    fileprivate func amendments(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let account = try call.owner()
        let index = try symbol(call)
        let limit = try call.parameters.limit(default: 50, max: 100)
        let orderId = try call.parameters.integer("orderId")
        let clientId = call.parameters.text("origClientOrderId")
        let start = try call.parameters.integer("startTime") ?? .min
        let end = try call.parameters.integer("endTime") ?? .max
        let matching = accounts[account].amendments.filter {
            $0.instrument == index && (orderId == nil || $0.orderId == orderId)
                && (clientId == nil || $0.clientId == clientId) && $0.time.milliseconds >= start
                && $0.time.milliseconds <= end
        }
        let instrument = instruments[index]
        return json { json in
            json.array { json in
                for amendment in matching.suffix(limit).reversed() { json.amendment(amendment, instrument) }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func amendment(_ amendment: Amendment, _ instrument: Instrument) {
        object { json in
            json.put("amendmentId", amendment.id)
            json.put("symbol", instrument.symbol.name)
            json.put("pair", instrument.symbol.name)
            json.put("orderId", amendment.orderId)
            json.put("clientOrderId", amendment.clientId)
            json.put("time", amendment.time)
            json.object("amendment") { json in
                json.object("price") {
                    $0.put("before", amendment.oldPrice, decimals: instrument.pricePrecision)
                    $0.put("after", amendment.newPrice, decimals: instrument.pricePrecision)
                }
                json.object("origQty") {
                    $0.put("before", amendment.oldQuantity, decimals: instrument.quantityPrecision)
                    $0.put("after", amendment.newQuantity, decimals: instrument.quantityPrecision)
                }
                json.put("count", amendment.count)
            }
            json.put("priceMatch", "NONE")
        }
    }
}
