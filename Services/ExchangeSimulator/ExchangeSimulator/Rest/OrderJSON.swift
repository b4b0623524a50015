import TradingPrimitives

extension JSONWriter {
    /// An order as PUT answers it. `modifyId`: as the client sent it.
    mutating func amendedOrder(_ order: Order, _ instrument: Instrument, _ modifyId: Int64?) {
        object { json in
            json.orderAckMembers(order, instrument, asNew: false)
            json.put("pair", instrument.symbol.name)
            if let modifyId { json.put("modifyId", modifyId) }
        }
    }

    /// An order as POST and DELETE answer it. `asNew`: as it stood when it was accepted, before any matching.
    mutating func orderAck(_ order: Order, _ instrument: Instrument, asNew: Bool = false) {
        object { $0.orderAckMembers(order, instrument, asNew: asNew) }
    }

    private mutating func orderAckMembers(_ order: Order, _ instrument: Instrument, asNew: Bool) {
        put("orderId", order.id)
        put("symbol", instrument.symbol.name)
        put("status", asNew ? OrderStanding.new.rawValue : order.status.rawValue)
        put("clientOrderId", order.clientId)
        put("price", order.price, decimals: instrument.pricePrecision)
        put("origQty", order.quantity, decimals: instrument.quantityPrecision)
        let executed = asNew ? .zero : order.executed
        put("executedQty", executed, decimals: instrument.quantityPrecision)
        put("cumQty", executed, decimals: instrument.quantityPrecision)
        orderTerms(order, instrument)
        put("updateTime", order.updateTime)
    }

    /// An order as GET answers it. `isListed`: among all of them, where contracts settled in coins have a sum of their own.
    mutating func fullOrder(_ order: Order, _ instrument: Instrument, isListed: Bool = false) {
        object { json in
            json.put("orderId", order.id)
            json.put("symbol", instrument.symbol.name)
            json.put("pair", instrument.symbol.name)
            json.put("status", order.status.rawValue)
            json.put("clientOrderId", order.clientId)
            json.put("price", order.price, decimals: instrument.pricePrecision)
            json.put("avgPrice", order.averagePrice, decimals: 5)
            json.put("origQty", order.quantity, decimals: instrument.quantityPrecision)
            json.put("executedQty", order.executed, decimals: instrument.quantityPrecision)
            json.put("cumQuote", order.quote, decimals: 5)
            if isListed { json.put("cumBase", "0") }
            json.orderTerms(order, instrument)
            json.put("time", order.time)
            json.put("updateTime", order.updateTime)
        }
    }

    private mutating func orderTerms(_ order: Order, _ instrument: Instrument) {
        put("timeInForce", order.timeInForce.rawValue)
        put("type", order.type.rawValue)
        put("reduceOnly", order.isReduceOnly)
        put("closePosition", order.isClosePosition)
        put("side", order.side.rawValue)
        put("positionSide", "BOTH")
        put("stopPrice", order.stopPrice, decimals: instrument.pricePrecision)
        put("workingType", "CONTRACT_PRICE")
        put("priceProtect", false)
        put("origType", order.originalType)
        put("priceMatch", order.priceMatch.rawValue)
        put("selfTradePreventionMode", order.selfTrade.rawValue)
        put("goodTillDate", order.goodTill)
    }

    mutating func userTrade(_ fill: OrderFill, _ instrument: Instrument) {
        object { json in
            json.put("symbol", instrument.symbol.name)
            json.put("id", fill.tradeId)
            json.put("orderId", fill.orderId)
            json.put("side", fill.side.rawValue)
            json.put("price", fill.price, decimals: instrument.pricePrecision)
            json.put("qty", fill.quantity, decimals: instrument.quantityPrecision)
            json.put("realizedPnl", fill.realizedProfit, decimals: 8)
            json.put("quoteQty", fill.quote, decimals: 8)
            json.put("baseQty", "0")
            json.put("commission", fill.fee, decimals: 8)
            json.put("commissionAsset", fill.feeAsset.rawValue)
            json.put("time", fill.time)
            json.put("positionSide", "BOTH")
            json.put("buyer", fill.side == .buy)
            json.put("maker", fill.isMaker)
            json.put("pair", instrument.symbol.name)
            json.put("marginAsset", "USDT")
        }
    }

    /// Members of a conditional order as POST answers it.
    mutating func algo(_ order: AlgoOrder, _ instrument: Instrument) {
        let request = order.request
        let price = instrument.pricePrecision
        put("algoId", order.id)
        put("clientAlgoId", order.clientId)
        put("algoType", "CONDITIONAL")
        put("orderType", request.type.rawValue)
        put("symbol", instrument.symbol.name)
        put("side", request.side.rawValue)
        put("positionSide", "BOTH")
        put("timeInForce", request.timeInForce.rawValue)
        put("quantity", request.quantity, decimals: instrument.quantityPrecision)
        put("algoStatus", order.status.rawValue)
        put("triggerPrice", request.trigger, decimals: price)
        put("price", request.price, decimals: price)
        putNull("icebergQuantity")
        put("selfTradePreventionMode", request.selfTrade.rawValue)
        put("workingType", request.workingType.rawValue)
        put("priceMatch", "NONE")
        put("closePosition", request.isClosePosition)
        put("priceProtect", request.isPriceProtected)
        put("reduceOnly", request.isReduceOnly)
        put("activatePrice", request.activation == .zero ? "" : request.activation.description)
        put("callbackRate", request.callback == .zero ? "" : Ratio(raw: request.callback.raw * 100).description)
        put("createTime", order.createTime)
        put("updateTime", order.updateTime)
        put("triggerTime", order.triggerTime)
        put("goodTillDate", 0)
    }

    /// A conditional order as GET answers it.
    mutating func fullAlgo(_ order: AlgoOrder, _ venue: Exchange) {
        object { json in
            json.algo(order, venue.instruments[order.instrument])
            json.put("actualOrderId", order.orderId == 0 ? "" : String(order.orderId))
            json.put("actualPrice", order.averagePrice, decimals: 5)
            if order.orderId != 0 {
                json.put("actualType", order.request.type.isMarket ? "MARKET" : "LIMIT")
                json.put("actualQty", order.executed, decimals: venue.instruments[order.instrument].quantityPrecision)
            }
        }
    }
}
