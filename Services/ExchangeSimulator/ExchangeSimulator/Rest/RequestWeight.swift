extension Endpoint {
    /// Request weight of a call: some routes cost more for a long answer or for all symbols.
    public func weight(_ parameters: Parameters) -> Int {
        let limit = parameters.text("limit").flatMap { Int($0) }
        let isForAll = parameters.text("symbol") == nil
        switch path {
        case "/fapi/v1/klines", "/fapi/v1/continuousKlines", "/fapi/v1/markPriceKlines", "/fapi/v1/indexPriceKlines",
            "/fapi/v1/premiumIndexKlines":
            let limit = limit ?? 500
            return limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1000 ? 5 : 10
        case "/fapi/v1/depth":
            let limit = limit ?? 500
            return limit <= 50 ? 2 : limit <= 100 ? 5 : limit <= 500 ? 10 : 20
        case "/fapi/v1/openOrders", "/fapi/v1/openAlgoOrders", "/fapi/v1/ticker/24hr": return isForAll ? 40 : 1
        case "/fapi/v1/forceOrders": return isForAll ? 50 : 20
        case "/fapi/v1/apiTradingStatus": return isForAll ? 10 : 1
        case "/fapi/v1/premiumIndex": return isForAll ? 10 : 1
        case "/fapi/v1/ticker/bookTicker": return isForAll ? 5 : 2
        case "/fapi/v1/ticker/price", "/fapi/v2/ticker/price": return isForAll ? 2 : 1
        default: return weight
        }
    }
}
