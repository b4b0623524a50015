import TradingPrimitives

// Routes that answer with one object for one symbol and with an array for all of them.
extension Exchange {
    private func each(
        _ call: RestCall, _ write: (InstrumentBook, inout JSONWriter) -> Void
    ) throws(Refusal) -> [UInt8] {
        if let index = try optionalSymbol(call) {
            return json { $0.object { write(books[index], &$0) } }
        }
        return json { json in
            json.array { json in
                for book in books { json.object { write(book, &$0) } }
            }
        }
    }

    func premiumIndex(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let now = now
        return try each(call) { book, json in
            json.put("symbol", book.instrument.symbol.name)
            json.put("markPrice", book.markPrice, decimals: 8)
            json.put("indexPrice", book.mark.index, decimals: 8)
            json.put("estimatedSettlePrice", book.mark.index, decimals: 8)
            json.put("lastFundingRate", book.mark.fundingRate, decimals: 8)
            json.put("interestRate", "0.00010000")
            json.put("nextFundingTime", book.mark.nextFunding)
            json.put("time", now)
        }
    }

    func bookTicker(_ call: RestCall) throws(Refusal) -> [UInt8] {
        try each(call) { book, json in
            let instrument = book.instrument
            let none = DepthLevel(price: .zero, quantity: .zero)
            let (bid, ask) = book.best ?? (none, none)
            json.put("symbol", instrument.symbol.name)
            json.put("bidPrice", bid.price, decimals: instrument.pricePrecision)
            json.put("bidQty", bid.quantity, decimals: instrument.quantityPrecision)
            json.put("askPrice", ask.price, decimals: instrument.pricePrecision)
            json.put("askQty", ask.quantity, decimals: instrument.quantityPrecision)
            json.put("time", book.bookTime)
            json.put("lastUpdateId", book.updateId)
        }
    }

    func lastPrices(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let now = now
        return try each(call) { book, json in
            json.put("symbol", book.instrument.symbol.name)
            json.put("price", book.lastPrice, decimals: book.instrument.pricePrecision)
            json.put("time", now)
        }
    }

    func dayTicker(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let now = now
        return try each(call) { book, json in
            let decimals = book.instrument.pricePrecision
            let ticker = DayTicker(book, now: now)
            let day = ticker.day
            json.put("symbol", book.instrument.symbol.name)
            json.put("priceChange", ticker.change, decimals: decimals)
            json.put("priceChangePercent", ticker.changePercent, decimals: 3)
            json.put("weightedAvgPrice", ticker.average, decimals: decimals)
            json.put("lastPrice", book.lastPrice, decimals: decimals)
            json.put("lastQty", book.lastQuantity, decimals: book.instrument.quantityPrecision)
            json.put("openPrice", day.open, decimals: decimals)
            json.put("highPrice", day.high, decimals: decimals)
            json.put("lowPrice", day.low, decimals: decimals)
            json.put("volume", day.volume, decimals: book.instrument.quantityPrecision)
            json.put("quoteVolume", day.quoteVolume, decimals: 2)
            json.put("openTime", day.openTime)
            json.put("closeTime", now)
            json.put("firstId", day.firstTradeId)
            json.put("lastId", day.lastTradeId)
            json.put("count", day.trades)
        }
    }

    func fundingRates(_ call: RestCall) throws(Refusal) -> [UInt8] {
        let limit = try call.parameters.limit(default: 100, max: 1000)
        let start = try call.parameters.integer("startTime") ?? .min
        let end = try call.parameters.integer("endTime") ?? .max
        var rows: [(symbol: String, time: Timestamp, rate: Ratio, mark: Price)] = []
        for index in try symbols(call) {
            for row in books[index].fundings where (start...max(end, start)).contains(row.time.milliseconds) {
                rows.append((instruments[index].symbol.name, row.time, row.rate, row.mark))
            }
        }
        rows.sort { ($0.time, $0.symbol) < ($1.time, $1.symbol) }
        return json { json in
            json.array { json in
                for row in start == .min ? rows.suffix(limit) : rows.prefix(limit) {
                    json.object {
                        $0.put("symbol", row.symbol)
                        $0.put("fundingTime", row.time)
                        $0.put("fundingRate", row.rate, decimals: 8)
                        $0.put("markPrice", row.mark, decimals: 8)
                        $0.put("rateType", "Regular")
                    }
                }
            }
        }
    }
}
