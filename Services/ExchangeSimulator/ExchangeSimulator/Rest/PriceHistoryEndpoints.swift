import TradingPrimitives

extension Endpoint {
    /// Candles of trades under the contract's other name, and of the mark, the index and the premium.
    static let priceHistoryEndpoints: [Endpoint] = [
        Endpoint("GET", "/fapi/v1/continuousKlines", .open) { (venue, call) throws(Refusal) in
            guard try call.parameters.required("contractType") == "PERPETUAL" else { throw .invalid("contractType") }
            let index = try venue.pair(call)
            return try venue.candles(call, index) { spanMs in venue.books[index].candles.all(spanMs: spanMs) }
        },
        Endpoint("GET", "/fapi/v1/markPriceKlines", .open) { (venue, call) throws(Refusal) in
            let index = try venue.symbol(call)
            return try venue.candles(call, index) { spanMs in venue.books[index].markCandles.all(spanMs: spanMs) }
        },
        Endpoint("GET", "/fapi/v1/indexPriceKlines", .open) { (venue, call) throws(Refusal) in
            let index = try venue.pair(call)
            return try venue.candles(call, index) { spanMs in venue.books[index].indexCandles.all(spanMs: spanMs) }
        },
        Endpoint("GET", "/fapi/v1/premiumIndexKlines", .open) { (venue, call) throws(Refusal) in
            let index = try venue.symbol(call)
            return try venue.candles(call, index, decimals: 8) { spanMs in
                venue.books[index].premiumCandles.all(spanMs: spanMs)
            }
        },
    ]
}

extension Exchange {
    fileprivate func pair(_ call: RestCall) throws(Refusal) -> Int {
        guard let index = try optionalSymbol(call, "pair") else { throw .missing("pair") }
        return index
    }

    /// Rows of candles as the parameters want them. `decimals`: of their prices, the contract's when nil.
    func candles(
        _ call: RestCall, _ index: Int, decimals: Int? = nil, _ read: (Int64) -> ContiguousArray<Candle>
    ) throws(Refusal) -> [UInt8] {
        let interval = try call.parameters.required("interval")
        guard let spanMs = Self.intervalsMs[interval] else { throw .badInterval }
        let limit = try call.parameters.limit(default: 500, max: 1500)
        let start = try call.parameters.integer("startTime")
        let end = try call.parameters.integer("endTime")
        let all = read(spanMs).filter {
            $0.openTime.milliseconds >= start ?? .min && $0.openTime.milliseconds <= end ?? .max
        }
        let chosen = start == nil ? all.suffix(limit) : all.prefix(limit)
        let instrument = instruments[index]
        return json { json in
            json.array { json in
                for candle in chosen {
                    json.kline(candle, spanMs: spanMs, instrument, decimals: decimals ?? instrument.pricePrecision)
                }
            }
        }
    }
}
