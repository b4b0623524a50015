public import TradingPrimitives

extension Exchange {
    /// Everything that the venue does by the clock falls on this grid, milliseconds.
    static let gridMs: Int64 = 50
    /// Books and candles of a contract that has a phase of its own fall between, milliseconds.
    private static let phaseMs: Int64 = 5

    /// The next moment at which something may happen by the clock.
    public var nextMoment: Timestamp {
        let stepMs = configuration.hasPhases ? Self.phaseMs : Self.gridMs
        return now.floored(to: stepMs) + stepMs
    }

    /// Lets time pass: candles close, frames are published, funding is paid, listen keys expire.
    public mutating func advance(to time: Timestamp) {
        guard time > now else { return }
        while true {
            let next = nextMoment
            if next > time { break }
            flushTrades(before: next)
            now = next
            if isDue(Self.gridMs) { onGrid() } else { publishFrames() }
        }
        flushTrades(before: time)
        now = time
    }

    private mutating func flushTrades(before time: Timestamp) {
        for index in books.indices {
            if let pending = books[index].pendingTrade, pending.time < time {
                if now < pending.time + 1 { now = min(pending.time + 1, time) }
                flushTrade(index)
            }
        }
    }

    private func isDue(_ spanMs: Int64) -> Bool { now.milliseconds % spanMs == 0 }

    /// Whether a contract's frames are due. Neighbours in the list come 35 ms apart, twenty contracts at twenty moments.
    private func isDue(_ spanMs: Int64, _ index: Int) -> Bool {
        let phase = configuration.hasPhases ? Int64(index) * 7 % 20 * Self.phaseMs : 0
        return (now.milliseconds - phase) % spanMs == 0
    }

    private mutating func onGrid() {
        let isMinute = isDue(60_000)
        if isMinute { for index in books.indices { closeCandles(index) } }
        publishFrames()
        printFloods()
        cancelUnattendedOrders()
        if isDue(1000) { everySecond() }
        if isDue(300_000) { for index in books.indices { closeStatistics(index) } }
        settle()
    }

    private mutating func publishFrames() {
        for index in books.indices where isDue(250, index) { publishCandles(index) }
        for (speed, spanMs) in StreamInterest.depthSpeedsMs.enumerated() {
            for index in books.indices where isDue(Int64(spanMs), index) { publishDepth(index, speed: speed) }
        }
    }

    private mutating func everySecond() {
        var marks: [MarkPrice] = []
        for index in books.indices {
            moveMark(index)
            if books[index].mark.nextFunding <= now { payFunding(index) }
            if books[index].interest.contains(.mark), books[index].mark.price > .zero {
                marks.append(books[index].mark)
                tell(.mark(books[index].mark))
            }
            if let liquidation = books[index].largestLiquidation {
                books[index].largestLiquidation = nil
                if books[index].interest.contains(.liquidations) { tell(.liquidation(liquidation)) }
            }
        }
        if !marks.isEmpty { tell(.marks(marks)) }
        if isDue(2000) { publishTickers() }
        liquidate()
        expireDatedOrders()
        deliverDueContracts()
        for account in accounts.indices {
            if let expiry = accounts[account].listenKeyExpiry, expiry <= now {
                accounts[account].listenKeyExpiry = nil
                events.append(ExchangeEvent(time: now, body: .listenKeyExpired(account: account)))
            }
        }
        forgetOldOrders()
    }

    private mutating func publishTickers() {
        let tickers = books.filter { $0.interest.contains(.dayTickers) }.map { DayTicker($0, now: now) }
        if tickers.isEmpty { return }
        for ticker in tickers { tell(.dayTicker(ticker)) }
        tell(.dayTickers(tickers))
    }

    /// Cancels the orders of those who asked for it unless they say something in time, and did not.
    private mutating func cancelUnattendedOrders() {
        for account in accounts.indices {
            for index in books.indices {
                guard let time = accounts[account].cancelTimes[index], time <= now else { continue }
                accounts[account].cancelTimes[index] = nil
                cancelAll(account, index)
            }
        }
    }

    /// Without marks in the source, the mark follows the middle of the book with a delay of a second or two, and the
    /// index stays a little below it.
    private mutating func moveMark(_ index: Int) {
        guard !books[index].hasOwnMarks else { return }
        let middle: Price
        if let best = books[index].best {
            middle = Price.middle(of: best.bid.price, and: best.ask.price)
        } else if books[index].lastPrice > .zero {
            middle = books[index].lastPrice
        } else {
            return
        }
        let mark = books[index].mark.price
        let moved = mark == .zero ? middle : mark + Price(raw: (middle - mark).raw / 2)
        setMark(index, moved, index: Price(raw: moved.raw - moved.raw / 5000))
    }

    // MARK: Candles

    private mutating func closeCandles(_ index: Int) {
        for (frame, timeframe) in Candles.frames.enumerated() {
            while let done = books[index].candles.close(frame, at: now) {
                if books[index].interest.contains(.candles) {
                    tell(.candle(instrument: index, timeframe, done, isClosed: true))
                }
            }
        }
    }

    private mutating func publishCandles(_ index: Int) {
        for (frame, timeframe) in Candles.frames.enumerated() where books[index].candles.isChanged[frame] {
            books[index].candles.isChanged[frame] = false
            guard books[index].interest.contains(.candles), let candle = books[index].candles.current[frame]
            else { continue }
            tell(.candle(instrument: index, timeframe, candle, isClosed: false))
        }
    }

    // MARK: Depth

    private mutating func publishDepth(_ index: Int, speed: Int) {
        if books[index].interest.contains(.depthChange(speed)) {
            publishChanges(index, speed: speed)
        } else {
            // The venue's streams run whether anybody listens or not: who comes back sees that frames are missing.
            books[index].depth.changedBids[speed].removeAll(keepingCapacity: true)
            books[index].depth.changedAsks[speed].removeAll(keepingCapacity: true)
            books[index].depth.lastChangeId[speed] = books[index].updateId
        }
        if !(books[index].hasOwnDepth && speed == 0) { publishPartial(index, speed: speed) }
    }

    mutating func publishPartial(_ index: Int, speed: Int) {
        let previous = books[index].depth.lastPartialId[speed]
        let updateId = books[index].updateId
        guard updateId != previous, !books[index].bids.isEmpty else { return }
        books[index].depth.lastPartialId[speed] = updateId
        guard books[index].interest.contains(.partialDepth(speed)) else { return }
        tell(
            .partialDepth(
                DepthFrame(
                    instrument: index, firstUpdateId: min(previous + 1, updateId), lastUpdateId: updateId,
                    previousUpdateId: previous == 0 ? updateId - 1 : previous, bids: books[index].bids.top(20),
                    asks: books[index].asks.top(20), time: books[index].bookTime),
                speedMs: StreamInterest.depthSpeedsMs[speed]))
    }

    private mutating func publishChanges(_ index: Int, speed: Int) {
        let previous = books[index].depth.lastChangeId[speed]
        guard books[index].updateId != previous else { return }
        let bids = Self.changedLevels(&books[index].depth.changedBids[speed], books[index].bids)
        let asks = Self.changedLevels(&books[index].depth.changedAsks[speed], books[index].asks)
        tell(
            .depthChange(
                DepthFrame(
                    instrument: index, firstUpdateId: previous + 1, lastUpdateId: books[index].updateId,
                    previousUpdateId: previous, bids: bids, asks: asks, time: books[index].bookTime),
                speedMs: StreamInterest.depthSpeedsMs[speed]))
        books[index].depth.lastChangeId[speed] = books[index].updateId
    }

    /// The levels of changed keys as they are now, ascending by key, each once.
    private static func changedLevels(_ keys: inout [Int64], _ side: DepthSide) -> [DepthLevel] {
        keys.sort()
        var levels: [DepthLevel] = []
        levels.reserveCapacity(keys.count)
        var last: Int64?
        for key in keys where key != last {
            last = key
            let price = Price(raw: side.side == .buy ? key : -key)
            levels.append(DepthLevel(price: price, quantity: side.visible(at: price)))
        }
        keys.removeAll(keepingCapacity: true)
        return levels
    }
}
