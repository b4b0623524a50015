import TradingPrimitives

// The crowd's part in the market of one contract: marks, liquidations, and what is told of both.
extension SyntheticInstrument {
    /// Distance of two marks, milliseconds.
    private static let markMs: Int64 = 200
    /// How far a cascade is pushed at most to set off liquidations, and how much further; log returns.
    private static let pushMax = 0.012
    private static let pushBeyond = 0.0004

    /// The mark follows the middle of the book within a second or two. Positions that it ruins go to the market.
    mutating func watchCrowd(at now: Timestamp) {
        let isSecond = now.milliseconds / 1000 != (nextMark.milliseconds - 1) / 1000
        nextMark = now.floored(to: Self.markMs) + Self.markMs
        mark += (price - mark) * 0.13
        let ruined = crowd.liquidate(mark: mark)
        forced.add(sell: ruined.longs, buy: ruined.shorts)
        emit(.mark(price: rounded(mark), index: rounded(mark / (1 + crowd.mood.premium))), now)
        if isSecond { passSecond(at: now) }
    }

    private mutating func passSecond(at now: Timestamp) {
        crowd.pass(1, at: mark)
        forced.pass(1)
        for order in forced.takeDone() {
            guard let quantity = Quantity(order.quantity, rounding: .nearest), quantity > .zero else { continue }
            let price = rounded(order.price)
            emit(.liquidation(side: order.side, price: price, average: price, quantity: quantity), now)
        }
        let openInterest = crowd.openInterest(of: instrument)
        if openInterest != toldOpenInterest {
            toldOpenInterest = openInterest
            emit(.openInterest(openInterest), now)
        }
        guard (now.milliseconds / 1000) % 10 == 0 else { return }
        emit(.positioning(crowd.mood.positioning), now)
        emit(.fundingRate(Ratio(raw: Int64((crowd.mood.fundingRate * 1e8).rounded()))), now)
    }

    private mutating func emit(_ body: MarketEvent.Body, _ now: Timestamp) {
        events.append(MarketEvent(time: now, instrument: index, body))
    }

    /// To the tick.
    private func rounded(_ value: Double) -> Price { price(tick: Int((value / tickSize).rounded())) }

    /// Sends out the next slice of what is closed by force. Some of it is met at its first price, the rest walks the book.
    mutating func closeByForce(_ now: Timestamp) {
        let least = traits.orderMedian * 20 / price
        guard let slice = forced.slice(at: now, least: least) else { return }
        let book = slice.side.opposite
        guard let first = ladder.best(book) else { return }
        let steps = Int((slice.quantity / stepSize).rounded())
        guard steps > 0 else { return forced.drop(slice.side) }
        let before = price
        let met = Int(Double(steps) * forced.absorbed)
        if met > 0 { emitTrade(first.tick, met, slice.side, now) }
        var rest = steps - met
        var value = Double(met) * Double(first.tick)
        var done = met
        while rest > 0, let level = ladder.best(book), abs(level.tick - first.tick) <= 40,
            let taken = ladder.take(book, atMost: rest)
        {
            rest -= taken.steps
            done += taken.steps
            value += Double(taken.steps) * Double(taken.tick)
            emitTrade(taken.tick, taken.steps, slice.side, now)
            if ladder.levels(book).count < Ladder.depth / 2 { fillSide(book, from: nil) }
        }
        closeSpread(after: slice.side)
        let move = naturalLog(price / before)
        forced.traded(
            slice.side, quantity: Double(done) * stepSize, price: value / Double(max(done, 1)) * tickSize, move: move)
        if leads, abs(move) > 1e-5 { moves.append(move * 1e4) }
    }

    /// Begins a cascade: sweeps that take the leading price to the liquidations of the side that is hunted.
    mutating func push(_ regime: Regime, _ seconds: Double) {
        if regime != lastRegime {
            if let hunted = lastRegime?.hunted, regime.hunted == nil {
                rebound = Rebound(against: hunted, at: lastStep, lengthMs: Int64(20_000 + random.below(40_000)))
            }
            lastRegime = regime
            pushTarget = nil
            if leads, let hunted = regime.hunted,
                let distance = crowd.distanceToLiquidations(of: hunted, from: mark, reach: Self.pushMax)
            {
                let way = hunted == .buy ? -distance - Self.pushBeyond : distance + Self.pushBeyond
                pushTarget = mark * exponential(way)
            }
        }
        guard let target = pushTarget, let hunted = regime.hunted else { return }
        if hunted == .buy ? mark <= target : mark >= target {
            pushTarget = nil
            return
        }
        guard random.chance(seconds * 1.6) else { return }
        let move = (1 + 1.5 * random.uniform()) * (hunted == .buy ? -1 : 1)
        start(move, orders: 1 + random.below(4))
        moves.append(move)
    }
}
