import TradingPrimitives
public import Venue
import WebClient

extension RestRequest {
    /// The REST call that a venue request is.
    public init(_ request: VenueRequest) {
        switch request {
        case .placeOrder(let order): self = Self.placement(of: order)
        case .placeStop(let stop): self = Self.placement(of: stop)
        case .cancelOrder(let symbol, let id):
            self = Self.signed(
                .delete, "/fapi/v1/order", [("symbol", symbol.name), ("origClientOrderId", id)], isCritical: true)
        case .cancelStop(_, let id):
            self = Self.signed(.delete, "/fapi/v1/algoOrder", [("clientAlgoId", id)], isCritical: true)
        case .queryOrder(let symbol, let id):
            self = Self.signed(
                .get, "/fapi/v1/order", [("symbol", symbol.name), ("origClientOrderId", id)], isCritical: true)
        case .queryStop(_, let id):
            self = Self.signed(.get, "/fapi/v1/algoOrder", [("clientAlgoId", id)], isCritical: true)
        case .queryOpenOrders(let symbol):
            self = Self.openOnes("/fapi/v1/openOrders", of: symbol)
        case .queryOpenStops(let symbol):
            self = Self.openOnes("/fapi/v1/openAlgoOrders", of: symbol)
        case .queryPositions: self = Self.signed(.get, "/fapi/v3/positionRisk", weight: 5)
        case .queryAccount: self = Self.signed(.get, "/fapi/v3/account", weight: 5)
        case .queryBrackets(let symbol):
            self = Self.signed(.get, "/fapi/v1/leverageBracket", [("symbol", symbol.name)])
        case .queryAssetPrice(let asset):
            self = RestRequest(
                .get, "/fapi/v2/ticker/price", [("symbol", asset + ExecutionAsset.settlement)], weight: 1)
        case .queryCommission(let symbol):
            self = Self.signed(.get, "/fapi/v1/commissionRate", [("symbol", symbol.name)], weight: 20)
        case .queryFills(let symbol, let fromId, let since):
            var parameters = [("symbol", symbol.name), ("limit", "1000")]
            if let fromId {
                parameters.append(("fromId", "\(fromId)"))
            } else if let since {
                parameters.append(("startTime", "\(since.milliseconds)"))
            }
            self = Self.signed(.get, "/fapi/v1/userTrades", parameters, weight: 5)
        case .setLeverage(let symbol, let leverage):
            self = Self.signed(
                .post, "/fapi/v1/leverage", [("symbol", symbol.name), ("leverage", "\(leverage)")])
        case .setIsolatedMargin(let symbol):
            self = Self.signed(
                .post, "/fapi/v1/marginType", [("symbol", symbol.name), ("marginType", "ISOLATED")])
        }
    }

    private static func openOnes(_ path: String, of symbol: Symbol?) -> RestRequest {
        guard let symbol else { return signed(.get, path, weight: 40) }
        return signed(.get, path, [("symbol", symbol.name)])
    }

    private static func signed(
        _ method: WebRequest.Method, _ path: String, _ parameters: [(String, String)] = [], weight: Int = 1,
        isCritical: Bool = false
    ) -> RestRequest {
        RestRequest(method, path, parameters, security: .signed, weight: weight, isCritical: isCritical)
    }

    private static func placement(of order: NewOrder) -> RestRequest {
        var parameters = [("symbol", order.symbol.name), ("side", order.side.rawValue)]
        switch order.kind {
        case .market: parameters.append(("type", "MARKET"))
        case .limit(let price, let timeInForce):
            parameters += [("type", "LIMIT"), ("timeInForce", timeInForce.rawValue), ("price", price.description)]
        }
        parameters.append(("quantity", order.quantity.description))
        if order.isReduceOnly { parameters.append(("reduceOnly", "true")) }
        parameters += [("newClientOrderId", order.clientOrderId), ("newOrderRespType", "RESULT")]
        var request = signed(.post, "/fapi/v1/order", parameters, weight: 0, isCritical: order.isReduceOnly)
        request.isOrder = true
        return request
    }

    private static func placement(of stop: NewStop) -> RestRequest {
        var parameters = [
            ("algoType", "CONDITIONAL"), ("symbol", stop.symbol.name), ("side", stop.side.rawValue),
            ("type", "STOP_MARKET"), ("triggerPrice", stop.triggerPrice.description),
            ("workingType", stop.workingPrice.rawValue), ("clientAlgoId", stop.clientOrderId),
        ]
        if let quantity = stop.quantity {
            parameters += [("quantity", quantity.description), ("reduceOnly", "true")]
        } else {
            parameters.append(("closePosition", "true"))
        }
        var request = signed(.post, "/fapi/v1/algoOrder", parameters, weight: 0, isCritical: true)
        request.isOrder = true
        return request
    }
}
