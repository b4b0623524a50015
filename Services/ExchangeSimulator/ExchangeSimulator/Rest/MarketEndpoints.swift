import TradingPrimitives

extension Endpoint {
    static let marketEndpoints: [Endpoint] = [
        Endpoint("GET", "/fapi/v1/ping", .open) { _, _ in Array("{}".utf8) },
        Endpoint("GET", "/fapi/v1/time", .open) { venue, _ in
            let now = venue.toldTime
            return json { $0.object { $0.put("serverTime", now) } }
        },
        Endpoint("GET", "/fapi/v1/exchangeInfo", .open) { venue, _ in venue.exchangeInfo() },
        Endpoint("GET", "/fapi/v1/klines", .open) { (venue, call) throws(Refusal) in
            let index = try venue.symbol(call)
            return try venue.candles(call, index) { spanMs in venue.books[index].candles.all(spanMs: spanMs) }
        },
        Endpoint("GET", "/fapi/v1/aggTrades", .open, weight: 20) { (venue, call) throws(Refusal) in
            try venue.aggregateTrades(call)
        },
        Endpoint("GET", "/fapi/v1/trades", .open, weight: 5) { (venue, call) throws(Refusal) in
            try venue.recentTrades(call)
        },
        Endpoint("GET", "/fapi/v1/historicalTrades", .keyed, weight: 20) { (venue, call) throws(Refusal) in
            try venue.recentTrades(call)
        },
        Endpoint("GET", "/fapi/v1/depth", .open, weight: 2) { (venue, call) throws(Refusal) in try venue.depth(call) },
        Endpoint("GET", "/fapi/v1/rpiDepth", .open, weight: 20) { (venue, call) throws(Refusal) in
            try venue.depth(call)
        },
        Endpoint("GET", "/fapi/v1/premiumIndex", .open) { (venue, call) throws(Refusal) in try venue.premiumIndex(call)
        },
        Endpoint("GET", "/fapi/v1/fundingRate", .open, weight: 0) { (venue, call) throws(Refusal) in
            try venue.fundingRates(call)
        },
        Endpoint("GET", "/fapi/v1/fundingInfo", .open, weight: 0) { _, _ in Array("[]".utf8) },
        Endpoint("GET", "/fapi/v1/openInterest", .open) { (venue, call) throws(Refusal) in try venue.openInterest(call)
        },
        Endpoint("GET", "/fapi/v1/ticker/bookTicker", .open, weight: 2) { (venue, call) throws(Refusal) in
            try venue.bookTicker(call)
        },
        Endpoint("GET", "/fapi/v1/ticker/price", .open) { (venue, call) throws(Refusal) in try venue.lastPrices(call) },
        Endpoint("GET", "/fapi/v2/ticker/price", .open) { (venue, call) throws(Refusal) in try venue.lastPrices(call) },
        Endpoint("GET", "/fapi/v1/ticker/24hr", .open) { (venue, call) throws(Refusal) in try venue.dayTicker(call) },
        Endpoint("GET", "/futures/data/openInterestHist", .open, weight: 0) { (venue, call) throws(Refusal) in
            try venue.statistics(call) { row, frame, json in
                json.put("sumOpenInterest", row.openInterest, decimals: 8)
                json.put("sumOpenInterestValue", row.mark * row.openInterest, decimals: 8)
                json.put("CMCCirculatingSupply", "0.00000000")
            }
        },
        Endpoint("GET", "/futures/data/globalLongShortAccountRatio", .open, weight: 0) {
            (venue, call) throws(Refusal) in
            try venue.statistics(call) { row, _, json in json.putShares(row.positioning.accountsLong) }
        },
        Endpoint("GET", "/futures/data/topLongShortAccountRatio", .open, weight: 0) { (venue, call) throws(Refusal) in
            try venue.statistics(call) { row, _, json in json.putShares(row.positioning.topTradersLong) }
        },
        Endpoint("GET", "/futures/data/topLongShortPositionRatio", .open, weight: 0) { (venue, call) throws(Refusal) in
            try venue.statistics(call) { row, _, json in json.putShares(row.positioning.topTradersLong) }
        },
        Endpoint("GET", "/futures/data/takerlongshortRatio", .open, weight: 0) { (venue, call) throws(Refusal) in
            try venue.statistics(call) { row, _, json in
                let sell = max(row.sellVolume.raw, 1)
                json.put(
                    "buySellRatio", Ratio(raw: Int64(Int128(row.buyVolume.raw) * 100_000_000 / Int128(sell))),
                    decimals: 4)
                json.put("buyVol", row.buyVolume, decimals: 4)
                json.put("sellVol", row.sellVolume, decimals: 4)
            }
        },
    ]
}

extension JSONWriter {
    /// Long and short shares, to four decimals.
    mutating func putShares(_ share: Ratio) {
        let long = min(max(share.raw / 10_000, 1), 9999)
        put("longShortRatio", Ratio(raw: long * fixedScale / (10_000 - long)), decimals: 4)
        put("longAccount", Ratio(raw: long * 10_000), decimals: 4)
        put("shortAccount", Ratio(raw: (10_000 - long) * 10_000), decimals: 4)
    }

    mutating func levels(_ name: StaticString, _ levels: [BookLevel], _ instrument: Instrument) {
        array(name) { json in
            for level in levels {
                json.array {
                    $0.decimal(level.price, decimals: instrument.pricePrecision)
                    $0.decimal(level.quantity, decimals: instrument.quantityPrecision)
                }
            }
        }
    }
}

extension Exchange {
    static let intervalsMs: [String: Int64] = [
        "1m": 60_000, "3m": 180_000, "5m": 300_000, "15m": 900_000, "30m": 1_800_000, "1h": 3_600_000, "2h": 7_200_000,
        "4h": 14_400_000, "6h": 21_600_000, "8h": 28_800_000, "12h": 43_200_000, "1d": 86_400_000,
    ]

    fileprivate func aggregateTrades(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let index = try symbol(call)
        let limit = try call.parameters.limit(default: 500, max: 1000)
        let from = try call.parameters.integer("fromId")
        let start = try call.parameters.integer("startTime")
        let end = try call.parameters.integer("endTime")
        if let start, let end, isLonger(start, end, thanMs: 3_600_000) { throw .lookupTooLong }
        let matching = books[index].recentTrades.filter {
            $0.id >= from ?? .min && $0.time.milliseconds >= start ?? .min && $0.time.milliseconds <= end ?? .max
        }
        let chosen = from == nil && start == nil ? matching.suffix(limit) : matching.prefix(limit)
        let instrument = instruments[index]
        return ExchangeSimulator.json { json in
            json.array { json in
                for trade in chosen {
                    json.object {
                        $0.put("a", trade.id)
                        $0.put("p", trade.price, decimals: instrument.pricePrecision)
                        $0.put("q", trade.quantity, decimals: instrument.quantityPrecision)
                        $0.put("nq", trade.quantity, decimals: instrument.quantityPrecision)
                        $0.put("f", trade.firstTradeId)
                        $0.put("l", trade.lastTradeId)
                        $0.put("T", trade.time)
                        $0.put("m", trade.aggressor == .sell)
                    }
                }
            }
        }
    }

    /// The tape keeps fills of one taker at one price together; each is told as one trade.
    fileprivate func recentTrades(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let index = try symbol(call)
        let limit = try call.parameters.limit(default: 500, max: 1000)
        let instrument = instruments[index]
        let trades = books[index].recentTrades.suffix(limit)
        return ExchangeSimulator.json { json in
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

    fileprivate func depth(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let index = try symbol(call)
        let limit = try call.parameters.limit(default: 500, max: 1000)
        guard [5, 10, 20, 50, 100, 500, 1000].contains(limit) else { throw .badDepthLimit(limit) }
        let book = books[index]
        let top = book.top(limit)
        let now = now
        return ExchangeSimulator.json { json in
            json.object {
                $0.put("lastUpdateId", book.updateId)
                $0.put("E", now)
                $0.put("T", book.bookTime)
                $0.levels("bids", top.bids, book.instrument)
                $0.levels("asks", top.asks, book.instrument)
            }
        }
    }

    fileprivate func openInterest(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let index = try symbol(call)
        let book = books[index]
        let now = now
        return ExchangeSimulator.json { json in
            json.object {
                $0.put("openInterest", book.openInterest, decimals: book.instrument.quantityPrecision)
                $0.put("symbol", book.instrument.symbol.name)
                $0.put("time", now)
            }
        }
    }

    /// Rows of `/futures/data`, newest last.
    fileprivate func statistics(
        _ call: RestCall, _ write: (MarketStatistics, Int64, inout JSONWriter) -> Void
    ) throws(Refusal) -> [UInt8] {
        let index = try symbol(call)
        let period = try call.parameters.required("period")
        guard let spanMs = Self.intervalsMs[period], spanMs >= 300_000 else { throw .invalid("period") }
        let limit = try call.parameters.limit(default: 30, max: 500)
        let start = try call.parameters.integer("startTime") ?? .min
        let end = try call.parameters.integer("endTime") ?? .max
        let rows = books[index].statistics.filter {
            $0.time.milliseconds % spanMs == 0 && $0.time.milliseconds >= start && $0.time.milliseconds <= end
        }
        let name = instruments[index].symbol.name
        return ExchangeSimulator.json { json in
            json.array { json in
                for row in rows.suffix(limit) {
                    json.object {
                        $0.put("symbol", name)
                        write(row, spanMs, &$0)
                        $0.put("timestamp", row.time)
                    }
                }
            }
        }
    }
}

extension JSONWriter {
    mutating func kline(_ candle: Candle, spanMs: Int64, _ instrument: Instrument, decimals: Int) {
        array {
            $0.number(candle.openTime.milliseconds)
            for price in [candle.open, candle.high, candle.low, candle.close] {
                $0.decimal(price, decimals: decimals)
            }
            $0.decimal(candle.volume, decimals: instrument.quantityPrecision)
            $0.number(candle.openTime.milliseconds + spanMs - 1)
            $0.decimal(candle.quoteVolume, decimals: 5)
            $0.number(candle.trades)
            $0.decimal(candle.takerVolume, decimals: instrument.quantityPrecision)
            $0.decimal(candle.takerQuoteVolume, decimals: 5)
            $0.string("0")
        }
    }
}
