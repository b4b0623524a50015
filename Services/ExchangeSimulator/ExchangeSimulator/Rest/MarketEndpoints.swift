import TradingPrimitives

extension Endpoint {
    static let marketEndpoints: [Endpoint] = [
        Endpoint("GET", "/fapi/v1/ping", .open) { _, _ in Array("{}".utf8) },
        Endpoint("GET", "/fapi/v1/time", .open) { venue, _ in
            let now = venue.toldTime
            return json { $0.object { $0.put("serverTime", now) } }
        },
        // Of the spot venue, which some clients greet before anything else.
        Endpoint("GET", "/api/v3/ping", .open) { _, _ in Array("{}".utf8) },
        Endpoint("GET", "/api/v3/time", .open) { venue, _ in
            let now = venue.toldTime
            return json { $0.object { $0.put("serverTime", now) } }
        },
        Endpoint("GET", "/fapi/v1/exchangeInfo", .open) { venue, _ in venue.exchangeInfo() },
        Endpoint("GET", "/fapi/v1/klines", .open) { (venue, call) throws(Refusal) in
            let index = try venue.symbol(call)
            return try venue.candles(call, index) { span in venue.books[index].candles.all(span) }
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

    mutating func levels(_ name: StaticString, _ levels: [DepthLevel], _ instrument: Instrument) {
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
        guard case .even(let spanMs)? = CandleSpan(period), 300_000...86_400_000 ~= spanMs else {
            throw .invalid("period")
        }
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
