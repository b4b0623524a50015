import TradingPrimitives

// Faults in the market of a contract and in what is told of it.
extension Exchange {
    /// Whether the market of a contract stands still: its book, its tape and its mark.
    func isFrozen(_ index: Int) -> Bool {
        books[index].status.standsStill
            || faults.holding(.freezeMarket, symbol: instruments[index].symbol.name, now: now) != nil
    }

    /// Follows the source without showing it, so that the market can go on from where the source is.
    mutating func keepStill(_ index: Int, _ body: MarketEvent.Body) {
        var unseen = books[index].unseen ?? (books[index].bids, books[index].asks)
        switch body {
        case .bookChange(let changes):
            for change in changes {
                let (price, quantity) = (change.level.price, change.level.quantity)
                _ = change.side == .buy ? unseen.bids.set(price, to: quantity) : unseen.asks.set(price, to: quantity)
            }
        case .bookSnapshot(let bids, let asks, _):
            unseen.bids.replace(bids)
            unseen.asks.replace(asks)
        case .bestPrices, .trade, .liquidation, .mark, .fundingRate, .openInterest, .positioning: break
        }
        books[index].unseen = unseen
    }

    mutating func thaw(_ index: Int, at time: Timestamp) {
        guard let unseen = books[index].unseen else { return }
        books[index].unseen = nil
        replace(index, unseen.bids.market, unseen.asks.market, isPassedThrough: false, at: time)
    }

    /// A frame as it is told while a rule distorts it. The market behind it is as it was.
    mutating func distorted(_ frame: MarketNews) -> MarketNews {
        guard let (index, stream) = frame.prices else { return frame }
        let subject = FaultSubject(symbol: instruments[index].symbol.name, stream: stream)
        var told = frame
        if let fault = faults.take(.absurdPrices, subject, now: now) { told = told.multiplied(by: fault.factor) }
        if stream != "aggTrade", faults.take(.crossedBooks, subject, now: now) != nil { told = told.crossed }
        return told
    }
}

extension MarketEvent.Body {
    /// The same event at prices that are higher by `shift`; what would fall to zero is left out.
    func moved(by shift: Price) -> Self {
        func moved(_ levels: [DepthLevel]) -> [DepthLevel] {
            levels.map { DepthLevel(price: $0.price + shift, quantity: $0.quantity) }.filter { $0.price > .zero }
        }
        switch self {
        case .bookChange(let changes):
            return .bookChange(
                changes.map {
                    LevelChange(side: $0.side, price: $0.level.price + shift, quantity: $0.level.quantity)
                }.filter { $0.level.price > .zero })
        case .bookSnapshot(let bids, let asks, let isPassedThrough):
            return .bookSnapshot(bids: moved(bids), asks: moved(asks), isPassedThrough: isPassedThrough)
        case .bestPrices(let bid, let ask):
            return .bestPrices(
                bid: DepthLevel(price: bid.price + shift, quantity: bid.quantity),
                ask: DepthLevel(price: ask.price + shift, quantity: ask.quantity))
        case .trade(let price, let quantity, let aggressor):
            return .trade(price: price + shift, quantity: quantity, aggressor: aggressor)
        case .liquidation(let side, let price, let average, let quantity):
            return .liquidation(side: side, price: price + shift, average: average + shift, quantity: quantity)
        case .mark(let price, let index): return .mark(price: price + shift, index: index + shift)
        case .fundingRate, .openInterest, .positioning: return self
        }
    }
}

extension MarketNews {
    /// Whose prices it tells, and the kind of its streams, where a rule may distort them.
    fileprivate var prices: (instrument: Int, stream: String)? {
        switch self {
        case .aggregateTrade(let trade): (trade.instrument, "aggTrade")
        case .bestPrices(let best): (best.instrument, "bookTicker")
        case .partialDepth(let depth, _), .depthChange(let depth, _): (depth.instrument, "depth")
        case .candle, .mark, .marks, .dayTicker, .dayTickers, .liquidation: nil
        }
    }

    fileprivate func multiplied(by factor: Int64) -> MarketNews {
        changed {
            DepthLevel(price: $0.price * factor, quantity: $0.quantity)
        } trade: {
            $0 * factor
        }
    }

    /// With bids where asks belong.
    fileprivate var crossed: MarketNews {
        switch self {
        case .bestPrices(let best):
            .bestPrices(
                BestPrices(
                    instrument: best.instrument, bid: best.ask, ask: best.bid, updateId: best.updateId, time: best.time)
            )
        case .partialDepth(let depth, let speedMs): .partialDepth(depth.with(depth.asks, depth.bids), speedMs: speedMs)
        case .depthChange(let depth, let speedMs): .depthChange(depth.with(depth.asks, depth.bids), speedMs: speedMs)
        default: self
        }
    }

    private func changed(_ level: (DepthLevel) -> DepthLevel, trade price: (Price) -> Price) -> MarketNews {
        switch self {
        case .aggregateTrade(let trade):
            .aggregateTrade(
                AggregateTrade(
                    instrument: trade.instrument, id: trade.id, price: price(trade.price), quantity: trade.quantity,
                    firstTradeId: trade.firstTradeId, lastTradeId: trade.lastTradeId, aggressor: trade.aggressor,
                    time: trade.time))
        case .bestPrices(let best):
            .bestPrices(
                BestPrices(
                    instrument: best.instrument, bid: level(best.bid), ask: level(best.ask), updateId: best.updateId,
                    time: best.time))
        case .partialDepth(let depth, let speedMs):
            .partialDepth(depth.with(depth.bids.map(level), depth.asks.map(level)), speedMs: speedMs)
        case .depthChange(let depth, let speedMs):
            .depthChange(depth.with(depth.bids.map(level), depth.asks.map(level)), speedMs: speedMs)
        default: self
        }
    }
}

extension DepthFrame {
    fileprivate func with(_ bids: [DepthLevel], _ asks: [DepthLevel]) -> DepthFrame {
        DepthFrame(
            instrument: instrument, firstUpdateId: firstUpdateId, lastUpdateId: lastUpdateId,
            previousUpdateId: previousUpdateId, bids: bids, asks: asks, time: time)
    }
}

extension DepthSide {
    /// All levels as the market gave them, best first.
    var market: [DepthLevel] { levels.reversed().map { DepthLevel(price: price($0), quantity: $0.quantity) } }
}
