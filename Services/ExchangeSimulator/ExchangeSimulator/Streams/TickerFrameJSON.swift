import TradingPrimitives

extension JSONWriter {
    /// The last 24 hours as `ticker` tells them, or `miniTicker`.
    mutating func dayTicker(_ ticker: DayTicker, isMini: Bool, _ instrument: Instrument, _ now: Timestamp) {
        let (price, quantity) = (instrument.pricePrecision, instrument.quantityPrecision)
        let day = ticker.day
        object { json in
            json.put("e", isMini ? "24hrMiniTicker" : "24hrTicker")
            json.put("E", now)
            json.put("s", instrument.symbol.name)
            json.put("ps", instrument.symbol.name)
            if !isMini {
                json.put("p", ticker.change, decimals: price)
                json.put("P", ticker.changePercent, decimals: 3)
                json.put("w", ticker.average, decimals: price)
            }
            json.put("c", ticker.lastPrice, decimals: price)
            if !isMini { json.put("Q", ticker.lastQuantity, decimals: quantity) }
            json.put("o", day.open, decimals: price)
            json.put("h", day.high, decimals: price)
            json.put("l", day.low, decimals: price)
            json.put("v", day.volume, decimals: quantity)
            json.put("q", day.quoteVolume, decimals: 2)
            if !isMini {
                json.put("O", day.openTime)
                json.put("C", now)
                json.put("F", day.firstTradeId)
                json.put("L", day.lastTradeId)
                json.put("n", day.trades)
            }
            json.put("st", 1)
        }
    }
}
