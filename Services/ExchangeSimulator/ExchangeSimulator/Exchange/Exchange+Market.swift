public import TradingPrimitives

extension Exchange {
    /// Lets one market event happen. Time moves to it when it is later than `now`.
    public mutating func process(_ event: MarketEvent) {
        advance(to: event.time)
        let index = event.instrument
        let body = books[index].shift == .zero ? event.body : event.body.moved(by: books[index].shift)
        if isFrozen(index) { return keepStill(index, body) }
        if books[index].unseen != nil { thaw(index, at: event.time) }
        switch body {
        case .bookChange(let changes):
            change(index, changes, at: event.time)
        case .bookSnapshot(let bids, let asks, let isPassedThrough):
            replace(index, bids, asks, isPassedThrough: isPassedThrough, at: event.time)
        case .bestPrices(let bid, let ask):
            books[index].hasOwnBestPrices = true
            books[index].updateId += 1
            publishBest(index, bid, ask, at: event.time)
        case .trade(let price, let quantity, let aggressor):
            marketTrade(index, price, quantity, aggressor, at: event.time)
        case .liquidation(let side, let price, let average, let quantity):
            liquidationHappened(
                Liquidation(
                    instrument: index, side: side, price: price, average: average, quantity: quantity, time: event.time)
            )
        case .mark(let price, let indexPrice):
            books[index].hasOwnMarks = true
            setMark(index, price, index: indexPrice)
        case .fundingRate(let rate):
            books[index].mark.fundingRate = rate
        case .openInterest(let quantity):
            books[index].hasOwnOpenInterest = true
            books[index].openInterest = quantity
        case .positioning(let positioning):
            books[index].positioning = positioning
        }
        settle()
    }

    /// Gives an instrument a past of one-minute candles, oldest first.
    public mutating func setHistory(_ index: Int, _ minutes: [MarketCandle]) {
        books[index].candles.prepend(history: minutes)
        books[index].markCandles.prepend(history: minutes)
        books[index].indexCandles.prepend(history: minutes)
        if books[index].lastPrice == .zero, let last = minutes.last {
            books[index].lastPrice = last.close
            setMark(index, last.close, index: last.close)
        }
        makeStatistics(ofPast: index, minutes)
        makeFundings(ofPast: index, minutes)
    }

    /// What was settled in the past, at the rate that holds at the start: the past's own is not known.
    private mutating func makeFundings(ofPast index: Int, _ minutes: [MarketCandle]) {
        let rate = books[index].mark.fundingRate
        books[index].fundings = minutes.filter {
            $0.openTime.floored(to: configuration.fundingIntervalMs) == $0.openTime
        }
        .suffix(1000).map { ($0.openTime, rate, $0.open) }
    }

    /// Sets the rate of all contracts until the market says another.
    public mutating func setFundingRate(_ rate: Ratio) {
        for index in books.indices { books[index].mark.fundingRate = rate }
    }

    // MARK: The book

    private mutating func change(_ index: Int, _ changes: [LevelChange], at time: Timestamp) {
        var isChanged = false
        for change in changes {
            guard books[index].take(change) else { continue }
            isChanged = true
            guard hasResting(index) else { continue }
            let price = change.level.price
            capQueues(index, change.side, at: price, to: books[index][change.side].visible(at: price))
        }
        if isChanged { bookMoved(index, at: time) }
    }

    mutating func replace(
        _ index: Int, _ bids: [DepthLevel], _ asks: [DepthLevel], isPassedThrough: Bool, at time: Timestamp
    ) {
        for (side, levels) in [(Side.buy, bids), (.sell, asks)] {
            books[index].depth.noteReplacement(of: books[index][side], by: levels)
            books[index][side].replace(levels)
            let worst = levels.last?.price
            for id in books[index].resting(side) {
                guard let at = self.index(ofOrder: id) else { continue }
                let price = orders[at].price
                // Beyond the visible levels nothing is known.
                if let worst, books[index][side].isBetter(worst, than: price) { continue }
                capQueues(index, side, at: price, to: books[index][side].visible(at: price))
            }
        }
        books[index].hasOwnDepth = isPassedThrough
        bookMoved(index, at: time)
        if isPassedThrough { publishPartial(index, speed: 0) }
    }

    /// After any change of the market's book: own orders that it moved through are filled, best prices are told.
    mutating func bookMoved(_ index: Int, at time: Timestamp) {
        books[index].updateId += 1
        books[index].bookTime = time
        fillCrossedOrders(index)
        if !books[index].hasOwnBestPrices, let best = books[index].best {
            publishBest(index, best.bid, best.ask, at: time)
        }
    }

    private mutating func publishBest(_ index: Int, _ bid: DepthLevel, _ ask: DepthLevel, at time: Timestamp) {
        let last = books[index].publishedBest
        if last?.bid == bid, last?.ask == ask { return }
        let best = BestPrices(
            instrument: index, bid: bid, ask: ask, updateId: books[index].updateId, time: time)
        books[index].publishedBest = best
        if books[index].interest.contains(.bestPrices) { tell(.bestPrices(best)) }
    }

    // MARK: Trades

    mutating func marketTrade(
        _ index: Int, _ price: Price, _ quantity: Quantity, _ aggressor: Side, at time: Timestamp
    ) {
        let firstId = books[index].lastTradeId + 1
        fillResting(index, price, quantity, aggressor: aggressor)
        books[index].lastTradeId += 1
        printTrade(index, price, quantity, aggressor, firstId: firstId, at: time)
    }

    /// Puts a trade on the tape: trade stream, candles, last price, triggers. The ids up to `lastTradeId` are its fills.
    mutating func printTrade(
        _ index: Int, _ price: Price, _ quantity: Quantity, _ aggressor: Side, firstId: Int64, at time: Timestamp
    ) {
        let lastId = books[index].lastTradeId
        if let pending = books[index].pendingTrade, pending.time == time, pending.price == price,
            pending.aggressor == aggressor
        {
            books[index].pendingTrade?.quantity = pending.quantity.plus(quantity)
            books[index].pendingTrade?.lastTradeId = lastId
        } else {
            flushTrade(index)
            books[index].lastAggregateId += 1
            books[index].pendingTrade = AggregateTrade(
                instrument: index, id: books[index].lastAggregateId, price: price, quantity: quantity,
                firstTradeId: firstId, lastTradeId: lastId, aggressor: aggressor, time: time)
        }
        books[index].candles.trade(price, quantity, aggressor: aggressor, firstId: firstId, lastId: lastId, at: time)
        books[index].lastPrice = price
        books[index].lastQuantity = quantity
        if aggressor == .buy {
            books[index].statisticsVolume.buy = books[index].statisticsVolume.buy.plus(quantity)
        } else {
            books[index].statisticsVolume.sell = books[index].statisticsVolume.sell.plus(quantity)
        }
        if books[index].markPrice == price, !books[index].hasOwnMarks, books[index].mark.price == .zero {
            setMark(index, price, index: price)
        }
        if !books[index].openAlgos.isEmpty { triggersToCheck.append(index) }
    }

    mutating func flushTrade(_ index: Int) {
        guard let trade = books[index].pendingTrade else { return }
        books[index].pendingTrade = nil
        books[index].tape.append(trade)
        if books[index].interest.contains(.trades) { tell(.aggregateTrade(trade)) }
    }

    mutating func liquidationHappened(_ liquidation: Liquidation) {
        let largest = books[liquidation.instrument].largestLiquidation
        if let largest, largest.quantity >= liquidation.quantity { return }
        books[liquidation.instrument].largestLiquidation = liquidation
    }

    mutating func setMark(_ index: Int, _ price: Price, index indexPrice: Price) {
        books[index].mark.price = price
        books[index].mark.index = indexPrice
        books[index].markCandles.add(price, at: now)
        books[index].indexCandles.add(indexPrice, at: now)
        let premium =
            indexPrice.raw == 0 ? 0 : Int128((price - indexPrice).raw) * Int128(fixedScale) / Int128(indexPrice.raw)
        books[index].premiumCandles.add(Price(raw: Int64(clamping: premium)), at: now)
        let average = books[index].mark.average
        // A moving average of about a minute of one-second prices.
        books[index].mark.average = average == .zero ? price : average + Price(raw: (price - average).raw / 30)
        if !books[index].openAlgos.isEmpty { triggersToCheck.append(index) }
    }
}

extension DepthPublishing {
    private static let changesMax = 20_000

    mutating func noteChange(_ side: Side, _ key: Int64) {
        for speed in StreamInterest.depthSpeedsMs.indices {
            if side == .buy {
                if changedBids[speed].count < Self.changesMax { changedBids[speed].append(key) }
            } else if changedAsks[speed].count < Self.changesMax {
                changedAsks[speed].append(key)
            }
        }
    }

    mutating func noteReplacement(of old: DepthSide, by levels: [DepthLevel]) {
        for level in old.levels { noteChange(old.side, level.key) }
        for level in levels { noteChange(old.side, old.key(level.price)) }
    }
}
