import TradingPrimitives

extension Exchange {
    func exchangeInfo() -> [UInt8] {
        json { json in
            json.object { json in
                json.put("timezone", "UTC")
                json.put("serverTime", toldTime)
                json.put("futuresType", "U_MARGINED")
                json.array("rateLimits") { json in
                    json.rateLimit("REQUEST_WEIGHT", "MINUTE", 1, RateLimits.weightPerMinute)
                    json.rateLimit("ORDERS", "MINUTE", 1, RateLimits.ordersPerMinute)
                    json.rateLimit("ORDERS", "SECOND", 10, RateLimits.ordersPer10s)
                }
                json.array("exchangeFilters") { _ in }
                json.array("assets") { json in
                    json.object {
                        $0.put("asset", "USDT")
                        $0.put("marginAvailable", true)
                        $0.put("autoAssetExchange", "-100")
                    }
                }
                json.array("symbols") { json in
                    for book in books { json.object { Self.write(book.instrument, book.status, &$0) } }
                }
            }
        }
    }

    private static func write(_ instrument: Instrument, _ status: SymbolStatus, _ json: inout JSONWriter) {
        json.put("symbol", instrument.symbol.name)
        json.put("pair", instrument.symbol.name)
        json.put("contractType", "PERPETUAL")
        json.put("deliveryDate", instrument.deliveryTime)
        json.put("onboardDate", 1_569_398_400_000)
        json.put("status", status.rawValue)
        json.put("maintMarginPercent", "2.5000")
        json.put("requiredMarginPercent", "5.0000")
        json.put("baseAsset", instrument.baseAsset)
        json.put("quoteAsset", "USDT")
        json.put("marginAsset", "USDT")
        json.put("pricePrecision", instrument.pricePrecision)
        json.put("quantityPrecision", instrument.quantityPrecision)
        json.put("baseAssetPrecision", 8)
        json.put("quotePrecision", 8)
        json.put("underlyingType", "COIN")
        json.array("underlyingSubType") { _ in }
        json.put("triggerProtect", "0.0500")
        json.put("liquidationFee", instrument.liquidationFee, decimals: 6)
        json.put("marketTakeBound", "0.05")
        json.put("maxMoveOrderLimit", 10_000)
        json.array("filters") { filters(instrument, &$0) }
        json.array("orderTypes") { json in
            for type in [
                "LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET",
            ] { json.string(type) }
        }
        json.array("timeInForce") { json in
            for name in ["GTC", "IOC", "FOK", "GTX", "GTD"] { json.string(name) }
        }
        json.array("permissionSets") { $0.string("GRID") }
    }

    private static func filters(_ instrument: Instrument, _ json: inout JSONWriter) {
        let rules = instrument.rules
        json.object {
            $0.put("filterType", "PRICE_FILTER")
            $0.put("minPrice", instrument.minPrice)
            $0.put("maxPrice", instrument.maxPrice)
            $0.put("tickSize", rules.tickSize, decimals: instrument.pricePrecision)
        }
        for (name, most) in [("LOT_SIZE", rules.maxQuantity), ("MARKET_LOT_SIZE", rules.maxMarketQuantity)] {
            json.object {
                $0.put("filterType", name)
                $0.put("minQty", rules.minQuantity)
                $0.put("maxQty", most)
                $0.put("stepSize", rules.stepSize)
            }
        }
        json.object {
            $0.put("filterType", "MAX_NUM_ORDERS")
            $0.put("limit", instrument.maxOpenOrders)
        }
        json.object {
            $0.put("filterType", "MIN_NOTIONAL")
            $0.put("notional", rules.minNotional)
        }
        json.object {
            $0.put("filterType", "PERCENT_PRICE")
            $0.put("multiplierUp", instrument.multiplierUp, decimals: 4)
            $0.put("multiplierDown", instrument.multiplierDown, decimals: 4)
            $0.put("multiplierDecimal", "4")
        }
    }
}

extension JSONWriter {
    mutating func rateLimit(_ type: String, _ interval: String, _ intervals: Int, _ limit: Int, count: Int? = nil) {
        object {
            $0.put("rateLimitType", type)
            $0.put("interval", interval)
            $0.put("intervalNum", intervals)
            $0.put("limit", limit)
            if let count { $0.put("count", count) }
        }
    }
}
