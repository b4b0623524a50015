import TradingPrimitives

extension MarketNews {
    /// The streams that carry this frame.
    func forEachStream(_ body: (MarketStream) -> Void) {
        switch self {
        case .aggregateTrade(let trade):
            body(MarketStream(instrument: trade.instrument, kind: .aggregateTrade))
            body(MarketStream(instrument: trade.instrument, kind: .trade))
        case .bestPrices(let best):
            body(MarketStream(instrument: best.instrument, kind: .bestPrices))
            body(MarketStream(instrument: MarketStream.every, kind: .bestPrices))
        case .partialDepth(let depth, let speedMs):
            for speedMs in speedMs == 100 ? [0, 100] : [speedMs] {
                for levels in [5, 10, 20] {
                    body(
                        MarketStream(
                            instrument: depth.instrument, kind: .partialDepth(levels: levels, speedMs: speedMs)))
                }
            }
        case .depthChange(let depth, let speedMs):
            for speedMs in speedMs == 100 ? [0, 100] : [speedMs] {
                body(MarketStream(instrument: depth.instrument, kind: .depthChange(speedMs: speedMs)))
            }
        case .candle(let index, let frame, _, _):
            body(MarketStream(instrument: index, kind: .candle(frame)))
            body(MarketStream(instrument: index, kind: .continuousCandle(frame)))
        case .mark(let mark):
            body(MarketStream(instrument: mark.instrument, kind: .mark(everySeconds: 1)))
            body(MarketStream(instrument: mark.instrument, kind: .mark(everySeconds: 3)))
        case .liquidation(let liquidation):
            body(MarketStream(instrument: liquidation.instrument, kind: .liquidation))
            body(MarketStream(instrument: MarketStream.every, kind: .liquidation))
        case .marks:
            body(MarketStream(instrument: MarketStream.every, kind: .mark(everySeconds: 1)))
            body(MarketStream(instrument: MarketStream.every, kind: .mark(everySeconds: 3)))
        case .dayTicker(let ticker):
            body(MarketStream(instrument: ticker.instrument, kind: .dayTicker))
            body(MarketStream(instrument: ticker.instrument, kind: .dayMiniTicker))
        case .dayTickers:
            body(MarketStream(instrument: MarketStream.every, kind: .dayTicker))
            body(MarketStream(instrument: MarketStream.every, kind: .dayMiniTicker))
        }
    }
}

extension JSONWriter {
    /// A frame as one of its streams sends it. `now` is the event time.
    mutating func frame(_ frame: MarketNews, _ kind: MarketStream.Kind, _ instruments: [Instrument], now: Timestamp) {
        switch (frame, kind) {
        case (.aggregateTrade(let trade), .trade): rawTrade(trade, instruments[trade.instrument], now)
        case (.aggregateTrade(let trade), _): aggregateTrade(trade, instruments[trade.instrument], now)
        case (.bestPrices(let best), _): bestPrices(best, instruments[best.instrument], now)
        case (.partialDepth(let depth, _), .partialDepth(let levels, _)):
            self.depth(depth, levels: levels, instruments[depth.instrument], now)
        case (.partialDepth(let depth, _), _), (.depthChange(let depth, _), _):
            self.depth(depth, levels: .max, instruments[depth.instrument], now)
        case (.candle(let index, let timeframe, let candle, let isClosed), let kind):
            self.candle(
                candle, timeframe, instruments[index], isClosed: isClosed, isContinuous: kind.isContinuous, now)
        case (.mark(let mark), _): self.mark(mark, instruments[mark.instrument], now)
        case (.marks(let marks), _):
            array { json in for mark in marks { json.mark(mark, instruments[mark.instrument], now) } }
        case (.dayTicker(let ticker), let kind):
            dayTicker(ticker, isMini: kind == .dayMiniTicker, instruments[ticker.instrument], now)
        case (.dayTickers(let tickers), let kind):
            array { json in
                for ticker in tickers {
                    json.dayTicker(ticker, isMini: kind == .dayMiniTicker, instruments[ticker.instrument], now)
                }
            }
        case (.liquidation(let liquidation), _):
            self.liquidation(liquidation, instruments[liquidation.instrument], now)
        }
    }

    private mutating func aggregateTrade(_ trade: AggregateTrade, _ instrument: Instrument, _ now: Timestamp) {
        object {
            $0.put("e", "aggTrade")
            $0.put("E", now)
            $0.put("a", trade.id)
            $0.put("s", instrument.symbol.name)
            $0.putAggregate(trade, instrument)
            $0.put("st", 1)
        }
    }

    /// What frame and answer tell alike of a trade.
    mutating func putAggregate(_ trade: AggregateTrade, _ instrument: Instrument) {
        put("p", trade.price, decimals: instrument.pricePrecision)
        put("q", trade.quantity, decimals: instrument.quantityPrecision)
        put("nq", trade.quantity, decimals: instrument.quantityPrecision)
        put("f", trade.firstTradeId)
        put("l", trade.lastTradeId)
        put("T", trade.time)
        put("m", trade.aggressor == .sell)
    }

    private mutating func rawTrade(_ trade: AggregateTrade, _ instrument: Instrument, _ now: Timestamp) {
        object {
            $0.put("e", "trade")
            $0.put("E", now)
            $0.put("T", trade.time)
            $0.put("s", instrument.symbol.name)
            $0.put("t", trade.lastTradeId)
            $0.put("p", trade.price, decimals: instrument.pricePrecision)
            $0.put("q", trade.quantity, decimals: instrument.quantityPrecision)
            $0.put("X", "MARKET")
            $0.put("m", trade.aggressor == .sell)
            $0.put("st", 1)
        }
    }

    private mutating func bestPrices(_ best: BestPrices, _ instrument: Instrument, _ now: Timestamp) {
        object {
            $0.put("e", "bookTicker")
            $0.put("u", best.updateId)
            $0.put("s", instrument.symbol.name)
            $0.put("ps", instrument.symbol.name)
            $0.put("b", best.bid.price, decimals: instrument.pricePrecision)
            $0.put("B", best.bid.quantity, decimals: instrument.quantityPrecision)
            $0.put("a", best.ask.price, decimals: instrument.pricePrecision)
            $0.put("A", best.ask.quantity, decimals: instrument.quantityPrecision)
            $0.put("T", best.time)
            $0.put("E", now)
            $0.put("st", 1)
        }
    }

    private mutating func depth(_ depth: DepthFrame, levels: Int, _ instrument: Instrument, _ now: Timestamp) {
        object { json in
            json.put("e", "depthUpdate")
            json.put("E", now)
            json.put("T", depth.time)
            json.put("s", instrument.symbol.name)
            json.put("ps", instrument.symbol.name)
            json.put("U", depth.firstUpdateId)
            json.put("u", depth.lastUpdateId)
            json.put("pu", depth.previousUpdateId)
            json.levels("b", levels < depth.bids.count ? Array(depth.bids.prefix(levels)) : depth.bids, instrument)
            json.levels("a", levels < depth.asks.count ? Array(depth.asks.prefix(levels)) : depth.asks, instrument)
            json.put("st", 1)
        }
    }

    private mutating func candle(
        _ candle: MarketCandle, _ frame: Timeframe, _ instrument: Instrument, isClosed: Bool, isContinuous: Bool,
        _ now: Timestamp
    ) {
        object { json in
            json.put("e", isContinuous ? "continuous_kline" : "kline")
            json.put("E", now)
            if isContinuous {
                json.put("ps", instrument.symbol.name)
                json.put("ct", "PERPETUAL")
            } else {
                json.put("s", instrument.symbol.name)
            }
            json.object("k") {
                $0.put("t", candle.openTime)
                $0.put("T", candle.openTime + (frame.milliseconds - 1))
                if !isContinuous { $0.put("s", instrument.symbol.name) }
                $0.put("i", frame.rawValue)
                $0.put("f", candle.firstTradeId)
                $0.put("L", candle.lastTradeId)
                $0.put("o", candle.open, decimals: instrument.pricePrecision)
                $0.put("c", candle.close, decimals: instrument.pricePrecision)
                $0.put("h", candle.high, decimals: instrument.pricePrecision)
                $0.put("l", candle.low, decimals: instrument.pricePrecision)
                $0.put("v", candle.volume, decimals: instrument.quantityPrecision)
                $0.put("n", candle.trades)
                $0.put("x", isClosed)
                $0.put("q", candle.quoteVolume, decimals: 5)
                $0.put("V", candle.takerVolume, decimals: instrument.quantityPrecision)
                $0.put("Q", candle.takerQuoteVolume, decimals: 5)
                $0.put("B", "0")
            }
            json.put("st", 1)
        }
    }

    private mutating func mark(_ mark: MarkPrice, _ instrument: Instrument, _ now: Timestamp) {
        object {
            $0.put("e", "markPriceUpdate")
            $0.put("E", now)
            $0.put("s", instrument.symbol.name)
            $0.put("p", mark.price, decimals: 8)
            $0.put("ap", mark.average, decimals: 8)
            $0.put("P", mark.index, decimals: 8)
            $0.put("i", mark.index, decimals: 8)
            $0.put("r", mark.fundingRate, decimals: 8)
            $0.put("T", mark.nextFunding)
            $0.put("st", 1)
        }
    }

    private mutating func liquidation(_ liquidation: Liquidation, _ instrument: Instrument, _ now: Timestamp) {
        object { json in
            json.put("e", "forceOrder")
            json.put("E", now)
            json.put("st", 1)
            json.put("ps", instrument.symbol.name)
            json.object("o") {
                $0.put("s", instrument.symbol.name)
                $0.put("S", liquidation.side.rawValue)
                $0.put("o", "LIMIT")
                $0.put("f", "IOC")
                $0.put("q", liquidation.quantity, decimals: instrument.quantityPrecision)
                $0.put("p", liquidation.price, decimals: instrument.pricePrecision)
                $0.put("ap", liquidation.average, decimals: instrument.pricePrecision)
                $0.put("X", "FILLED")
                $0.put("l", liquidation.quantity, decimals: instrument.quantityPrecision)
                $0.put("z", liquidation.quantity, decimals: instrument.quantityPrecision)
                $0.put("T", liquidation.time)
            }
        }
    }
}
