import TradingPrimitives

extension Endpoint {
    /// Past trades, aggregated and not.
    static let tapeEndpoints: [Endpoint] = [
        Endpoint("GET", "/fapi/v1/aggTrades", .open, weight: 20) { (venue, call) throws(Refusal) in
            try venue.aggregateTrades(call)
        },
        Endpoint("GET", "/fapi/v1/trades", .open, weight: 5) { (venue, call) throws(Refusal) in
            let index = try venue.symbol(call)
            let limit = try call.parameters.limit(default: 500, max: 1000)
            return venue.rawTrades(index, venue.books[index].tape.trades.suffix(limit))
        },
        Endpoint("GET", "/fapi/v1/historicalTrades", .keyed, weight: 20) { (venue, call) throws(Refusal) in
            try venue.historicalTrades(call)
        },
    ]
}

extension Exchange {
    fileprivate func aggregateTrades(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let index = try symbol(call)
        let limit = try call.parameters.limit(default: 500, max: 1000)
        let from = try call.parameters.integer("fromId")
        let start = try call.parameters.integer("startTime")
        let end = try call.parameters.integer("endTime")
        if let start, let end, isLonger(start, end, thanMs: 3_600_000) { throw .lookupTooLong }
        let tape = books[index].tape
        if let forgotten = tape.forgotten {
            let isTooOld =
                from.map { $0 <= forgotten.id } ?? false || start.map { $0 <= forgotten.time.milliseconds } ?? false
                || end.map { $0 <= forgotten.time.milliseconds } ?? false
            if isTooOld { throw .tapeTooOld }
        }
        let matching = tape.trades.filter {
            $0.id >= from ?? .min && $0.time.milliseconds >= start ?? .min && $0.time.milliseconds <= end ?? .max
        }
        let chosen = from == nil && start == nil ? matching.suffix(limit) : matching.prefix(limit)
        let instrument = instruments[index]
        return json { json in
            json.array { json in
                for trade in chosen {
                    json.object {
                        $0.put("a", trade.id)
                        $0.putAggregate(trade, instrument)
                    }
                }
            }
        }
    }

    fileprivate func historicalTrades(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let index = try symbol(call)
        let limit = try call.parameters.limit(default: 500, max: 1000)
        let tape = books[index].tape
        guard let from = try call.parameters.integer("fromId") else {
            return rawTrades(index, tape.trades.suffix(limit))
        }
        if let forgotten = tape.forgotten, from <= forgotten.lastTradeId { throw .tapeTooOld }
        return rawTrades(index, tape.trades.filter { $0.lastTradeId >= from }.prefix(limit))
    }

    /// The tape keeps fills of one taker at one price together; each is told as one trade.
    fileprivate func rawTrades(_ index: Int, _ trades: ContiguousArray<AggregateTrade>.SubSequence) -> [UInt8] {
        let instrument = instruments[index]
        return json { json in
            json.array { json in
                for trade in trades {
                    json.object {
                        $0.put("id", trade.lastTradeId)
                        $0.put("price", trade.price, decimals: instrument.pricePrecision)
                        $0.put("qty", trade.quantity, decimals: instrument.quantityPrecision)
                        $0.put("quoteQty", trade.price * trade.quantity)
                        $0.put("time", trade.time)
                        $0.put("isBuyerMaker", trade.aggressor == .sell)
                        $0.put("isRPITrade", false)
                    }
                }
            }
        }
    }
}
