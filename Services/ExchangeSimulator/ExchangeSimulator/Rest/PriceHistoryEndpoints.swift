import TradingPrimitives

extension Endpoint {
    /// Candles of trades under the contract's other name, and of the mark, the index and the premium.
    static let priceHistoryEndpoints: [Endpoint] = [
        Endpoint("GET", "/fapi/v1/continuousKlines", .open) { (venue, call) throws(Refusal) in
            guard try call.parameters.required("contractType") == "PERPETUAL" else { throw .invalid("contractType") }
            let index = try venue.pair(call)
            return try venue.candles(call, index) { span in venue.books[index].candles.all(span) }
        },
        Endpoint("GET", "/fapi/v1/markPriceKlines", .open) { (venue, call) throws(Refusal) in
            let index = try venue.symbol(call)
            return try venue.priceCandles(call, venue.books[index].markCandles)
        },
        Endpoint("GET", "/fapi/v1/indexPriceKlines", .open) { (venue, call) throws(Refusal) in
            let index = try venue.pair(call)
            return try venue.priceCandles(call, venue.books[index].indexCandles)
        },
        Endpoint("GET", "/fapi/v1/premiumIndexKlines", .open) { (venue, call) throws(Refusal) in
            let index = try venue.symbol(call)
            return try venue.priceCandles(call, venue.books[index].premiumCandles)
        },
    ]
}

extension Exchange {
    fileprivate func pair(_ call: RestCall) throws(Refusal) -> Int {
        guard let index = try optionalSymbol(call, "pair") else { throw .missing("pair") }
        return index
    }

    /// Rows of a contract's candles as the parameters want them.
    func candles(
        _ call: RestCall, _ index: Int, _ read: (CandleSpan) -> ContiguousArray<MarketCandle>
    ) throws(Refusal) -> [UInt8] {
        let instrument = instruments[index]
        return try rows(call, read) { $0.kline($1, closeTime: $2, instrument) }
    }

    fileprivate func priceCandles(_ call: RestCall, _ candles: PriceCandles) throws(Refusal) -> [UInt8] {
        try rows(call, candles.all) { $0.priceKline($1, closeTime: $2) }
    }

    private func rows(
        _ call: RestCall, _ read: (CandleSpan) -> ContiguousArray<MarketCandle>,
        _ write: (inout JSONWriter, MarketCandle, Timestamp) -> Void
    ) throws(Refusal) -> [UInt8] {
        guard let span = CandleSpan(try call.parameters.required("interval")) else { throw .badInterval }
        let limit = try call.parameters.limit(default: 500, max: 1500)
        let start = try call.parameters.integer("startTime")
        let end = try call.parameters.integer("endTime")
        let all = read(span).filter {
            $0.openTime.milliseconds >= start ?? .min && $0.openTime.milliseconds <= end ?? .max
        }
        let chosen = start == nil ? all.suffix(limit) : all.prefix(limit)
        return json { json in
            json.array { json in
                for candle in chosen { write(&json, candle, span.end(from: candle.openTime) - 1) }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func kline(_ candle: MarketCandle, closeTime: Timestamp, _ instrument: Instrument) {
        array {
            $0.number(candle.openTime.milliseconds)
            for price in [candle.open, candle.high, candle.low, candle.close] {
                $0.decimal(price, decimals: instrument.pricePrecision)
            }
            $0.decimal(candle.volume, decimals: instrument.quantityPrecision)
            $0.number(closeTime.milliseconds)
            $0.decimal(candle.quoteVolume, decimals: 5)
            $0.number(candle.trades)
            $0.decimal(candle.takerVolume, decimals: instrument.quantityPrecision)
            $0.decimal(candle.takerQuoteVolume, decimals: 5)
            $0.string("0")
        }
    }

    /// Of a price that nobody trades at: eight decimals, no volumes, and the number of prices in the place of trades.
    fileprivate mutating func priceKline(_ candle: MarketCandle, closeTime: Timestamp) {
        array {
            $0.number(candle.openTime.milliseconds)
            for price in [candle.open, candle.high, candle.low, candle.close] { $0.decimal(price, decimals: 8) }
            $0.string("0")
            $0.number(closeTime.milliseconds)
            $0.string("0")
            $0.number(candle.trades)
            for _ in 0..<3 { $0.string("0") }
        }
    }
}
