import TradingPrimitives

/// The endless market of one contract.
///
/// Taker orders come in bursts of one side. A few bursts know something: they sweep the book by some ticks, and that is
/// how the price moves. Makers keep the book full, lean to one side for a second or so (the imbalance, which also leans
/// the coming bursts), and close the spread to one tick after a sweep.
struct SyntheticInstrument: Sendable {
    struct Burst: Sendable {
        let side: Side
        var orders: Int
        /// Ticks the price is still to move; zero for a burst that knows nothing.
        var ticks: Int
        /// Very many orders in a short time.
        var isCrowd = false
    }

    /// What a leading instrument just did, as a log return in 1e-4.
    struct Echo: Sendable {
        let time: Timestamp
        let move: Double
    }

    let index: Int
    let instrument: Instrument
    let traits: InstrumentTraits
    let leads: Bool
    var random: SplitMix64
    var ladder = Ladder()
    private var lean = 0.0
    private var bursts: [Burst] = []
    private var anchor: Double
    /// The positions of all the others, and what is being closed by force.
    var crowd: Crowd
    var forced: ForcedFlow
    var mark: Double
    var nextMark: Timestamp
    var toldOpenInterest = Quantity.zero
    /// In a cascade: the price to which it is pushed first.
    var pushTarget: Double?
    var lastRegime: Regime?
    var rebound: Rebound?
    /// Only at the opening of a demonstration.
    var breakouts: Breakouts?
    private(set) var nextStep: Timestamp
    private(set) var lastStep: Timestamp
    private var echoes: [Echo] = []
    /// Moves of this step that others will follow.
    var moves: [Double] = []
    var events: [MarketEvent] = []

    init(
        _ index: Int, _ instrument: Instrument, price: Double, crowd: Crowd, seed: UInt64, leads: Bool,
        start: Timestamp
    ) {
        self.index = index
        self.instrument = instrument
        self.leads = leads
        traits = .of(instrument)
        random = SplitMix64(seed: seed)
        anchor = price
        self.crowd = crowd
        forced = ForcedFlow(start: start)
        mark = price
        nextMark = start
        nextStep = start
        lastStep = start
        let tick = instrument.rules.tickSize.double
        let middle = Int(price / tick)
        fillSide(.buy, from: middle)
        fillSide(.sell, from: middle + 1)
        tell(at: start)
    }

    var tickSize: Double { instrument.rules.tickSize.double }
    var stepSize: Double { instrument.rules.stepSize.double }

    var price: Double {
        guard let bid = ladder.best(.buy)?.tick else { return anchor }
        return (Double(bid) + 0.5) * tickSize
    }

    /// A quantity in steps that is worth about `value` USDT.
    func steps(_ value: Double) -> Int {
        max(1, Int(value / price / instrument.rules.stepSize.double))
    }

    mutating func takeEvents() -> [MarketEvent] {
        let taken = events
        events.removeAll(keepingCapacity: true)
        return taken
    }

    mutating func hear(_ move: Double, at time: Timestamp) {
        if echoes.count < 64 { echoes.append(Echo(time: time, move: move)) }
    }

    // MARK: One step of time

    mutating func step(_ regime: Regime) {
        let now = nextStep
        let seconds = Double(now - lastStep) / 1000
        lastStep = now
        nextStep = now + Int64(4 + random.below(13))
        moves.removeAll(keepingCapacity: true)
        // The lean forgets itself in two seconds.
        let forgetS = 2.0
        lean += -lean * seconds / forgetS + 1.35 * (seconds / forgetS).squareRoot() * random.normal()
        if let turn = rebound {
            lean = turn.pull(lean, seconds)
            if now >= turn.end { rebound = nil }
        }
        let breakoutBias = breakOut(seconds, at: now)
        anchor += (price - anchor) * seconds / 600
        startBursts(regime, seconds, breakoutBias)
        followEchoes(now)
        push(regime, seconds)
        closeByForce(now)
        var index = 0
        while index < bursts.count {
            let pace = bursts[index].isCrowd ? 0.002 : 0.03
            var orders = seconds / pace
            while orders >= 1 || random.chance(orders), bursts[index].orders > 0 {
                orders -= 1
                trade(index, at: now)
            }
            if bursts[index].orders <= 0 { bursts.remove(at: index) } else { index += 1 }
        }
        keepBook(seconds)
        tell(at: now)
        if now >= nextMark { watchCrowd(at: now) }
    }

    /// Leans and trades as a breakout does; returns what that adds to the takers' bias.
    private mutating func breakOut(_ seconds: Double, at now: Timestamp) -> Double {
        guard var breakouts, let phase = breakouts.phase(at: now) else { return 0 }
        lean = breakouts.pull(lean, phase, seconds)
        if let burst = breakouts.burst(phase, at: now, price: price, tickSize: tickSize) { bursts.append(burst) }
        self.breakouts = breakouts
        return phase.bias * Double(breakouts.side.sign)
    }

    private mutating func startBursts(_ regime: Regime, _ seconds: Double, _ breakoutBias: Double) {
        let rate = traits.burstsPerS * regime.activity
        guard random.chance(rate * seconds), bursts.count < 32 else { return }
        let inform = 0.14
        // A cascade drifts until its push has come through; from there on it lives on what it sets off.
        let drift = regime.hunted != nil && pushTarget == nil ? 0 : regime.drift
        var bias = 0.55 * lean + drift * 4 - forced.pressure * 120
        bias += rebound?.bias ?? 0
        bias += breakoutBias
        if regime == .range { bias -= (price - anchor) / anchor * 1200 }
        let isBuy = random.chance(1 / (1 + exponential(-bias)))
        let isCrowd = random.chance(0.04)
        let length = random.geometric(mean: isCrowd ? traits.burstLength * 22 : traits.burstLength)
        guard random.chance(inform) else {
            bursts.append(Burst(side: isBuy ? .buy : .sell, orders: length, ticks: 0, isCrowd: isCrowd))
            return
        }
        // Laplace-distributed moves whose variance a second is that of the regime.
        let variance = regime.volatility * regime.volatility * (leads ? 1 : 0.2) * traits.beta * traits.beta
        let scale = (variance / (rate * inform) / 2).squareRoot()
        let tail = random.chance(0.12) ? 2.2 : 0.72
        let move = tail * random.exponential(mean: scale) * (isBuy ? 1 : -1)
        start(move, orders: length)
        if leads { moves.append(move) }
    }

    /// A burst that moves the price by a log return in 1e-4.
    mutating func start(_ move: Double, orders: Int) {
        let ticks = Int((abs(move) * 1e-4 * price / tickSize).rounded())
        bursts.append(Burst(side: move > 0 ? .buy : .sell, orders: max(1, min(orders, 4)), ticks: ticks))
    }

    private mutating func followEchoes(_ now: Timestamp) {
        while let echo = echoes.first, echo.time <= now {
            echoes.removeFirst()
            let own = echo.move * traits.beta * (0.5 + 0.4 * random.uniform())
            start(own, orders: 1 + random.below(3))
        }
    }

    // MARK: Trades

    private mutating func trade(_ at: Int, at now: Timestamp) {
        let ticks = bursts[at].ticks / max(bursts[at].orders, 1)
        // In a crowd both sides trade; else somebody is in the way now and then.
        let isAgainst = ticks == 0 && random.chance(bursts[at].isCrowd ? 0.22 : 0.08)
        let side = isAgainst ? bursts[at].side.opposite : bursts[at].side
        bursts[at].orders -= 1
        bursts[at].ticks -= ticks
        let value = random.logNormal(median: traits.orderMedian, sigma: traits.orderSigma)
        var rest = steps(value)
        guard let first = ladder.best(side.opposite) else { return }
        let target = side == .buy ? first.tick + ticks : first.tick - ticks
        while let level = ladder.best(side.opposite) {
            let isBeforeTarget = ticks > 0 && (side == .buy ? level.tick < target : level.tick > target)
            let wanted = isBeforeTarget ? level.steps : min(rest, level.steps)
            if wanted <= 0 || (abs(level.tick - first.tick) > max(ticks, 40)) { break }
            guard let taken = ladder.take(side.opposite, atMost: wanted) else { break }
            rest -= taken.steps
            // The book shows what is left before the tape tells who took it; both have one time.
            emitTrade(taken.tick, taken.steps, side, now)
            crowd.traded(side, Double(taken.steps) * stepSize)
            if ladder.levels(side.opposite).count < Ladder.depth / 2 { fillSide(side.opposite, from: nil) }
        }
        closeSpread(after: side)
    }

    func price(tick: Int) -> Price { Price(raw: Int64(tick) * instrument.rules.tickSize.raw) }

    mutating func emitTrade(_ tick: Int, _ steps: Int, _ side: Side, _ now: Timestamp) {
        let quantity = Quantity(raw: Int64(steps) * instrument.rules.stepSize.raw)
        events.append(
            MarketEvent(
                time: now, instrument: index, .trade(price: price(tick: tick), quantity: quantity, aggressor: side)))
    }

    /// After a sweep the makers meet again one tick apart: most follow the move, some fill the hole.
    mutating func closeSpread(after side: Side) {
        guard let bid = ladder.best(.buy), let ask = ladder.best(.sell), ask.tick - bid.tick > 1 else { return }
        let followers: Side = random.chance(0.85) ? side : side.opposite
        let size = bestSteps(followers)
        if followers == .buy {
            ladder.set(.buy, tick: ask.tick - 1, steps: size)
        } else {
            ladder.set(.sell, tick: bid.tick + 1, steps: size)
        }
        fillHoles(.buy)
        fillHoles(.sell)
    }

    // MARK: The book

    private mutating func bestSteps(_ side: Side) -> Int {
        let tilt = exponential((side == .buy ? 0.95 : -0.95) * lean)
        return steps(random.logNormal(median: traits.bestMedian * tilt, sigma: traits.bestSigma))
    }

    /// Great quantities come as seldom as they go, so that they live longer than the others and are no more of them.
    private mutating func deepSteps() -> Int {
        var drawn = drawDeepSteps()
        for _ in 0..<8 where isGreat(drawn) {
            if random.chance(traits.greatChangeChance) { return drawn }
            drawn = drawDeepSteps()
        }
        return drawn
    }

    private mutating func drawDeepSteps() -> Int {
        // One level in fifty is a wall.
        if random.chance(0.02) { return steps(random.logNormal(median: traits.bestMedian * 0.5, sigma: 0.8)) }
        return steps(random.logNormal(median: traits.deepMedian, sigma: traits.deepSigma))
    }

    private func isGreat(_ steps: Int) -> Bool { steps > self.steps(traits.bestMedian * 0.2) }

    /// Fills a side up with levels beyond its last one.
    mutating func fillSide(_ side: Side, from best: Int?) {
        let away = side == .buy ? -1 : 1
        var tick: Int
        if let best {
            ladder.set(side, tick: best, steps: bestSteps(side))
            tick = best
        } else {
            tick = ladder.levels(side).last?.tick ?? Int(anchor / tickSize)
        }
        while ladder.levels(side).count < Ladder.depth {
            tick += away * random.geometric(mean: traits.gapTicks)
            ladder.set(side, tick: tick, steps: deepSteps())
        }
    }

    /// Makers do not leave wide holes near the top.
    private mutating func fillHoles(_ side: Side) {
        let away = side == .buy ? -1 : 1
        let widest = Int(traits.gapTicks * 3) + 1
        var at = 1
        for _ in 0..<40 {
            let levels = ladder.levels(side)
            guard at < min(levels.count, 24) else { return }
            let before = levels[at - 1].tick
            if abs(levels[at].tick - before) > widest {
                ladder.set(side, tick: before + away * random.geometric(mean: traits.gapTicks), steps: deepSteps())
            }
            at += 1
        }
    }

    /// Makers change their minds: mostly near the top.
    private mutating func keepBook(_ seconds: Double) {
        for side in [Side.buy, .sell] {
            // The best level returns to its size within a second.
            if let best = ladder.best(side), random.chance(min(0.8, seconds / 0.12)) {
                let wanted = bestSteps(side)
                let weight = 0.12
                let moved = Double(best.steps) + (Double(wanted) - Double(best.steps)) * weight
                ladder.set(side, tick: best.tick, steps: max(1, Int(moved)))
            }
        }
        fillHoles(random.chance(0.5) ? .buy : .sell)
        let changes = Int(traits.changesPerStep + random.uniform())
        for _ in 0..<changes { changeOneLevel() }
        for side in [Side.buy, .sell] where ladder.levels(side).count < Ladder.depth * 3 / 4 {
            fillSide(side, from: nil)
        }
        ladder.trim()
    }

    private mutating func changeOneLevel() {
        let side: Side = random.chance(0.5) ? .buy : .sell
        let levels = ladder.levels(side)
        guard levels.count > 2 else { return }
        let at = 1 + min(levels.count - 2, Int(random.exponential(mean: 9)))
        let level = levels[at]
        if isGreat(level.steps), !random.chance(traits.greatChangeChance) { return }
        let hole = abs(level.tick - levels[at - 1].tick)
        let draw = random.uniform()
        if draw < 0.35, hole > 1 {
            let tick = side == .buy ? level.tick + 1 + random.below(hole - 1) : level.tick - 1 - random.below(hole - 1)
            ladder.set(side, tick: tick, steps: deepSteps())
        } else if draw < 0.62 {
            ladder.set(side, tick: level.tick, steps: 0)
        } else {
            ladder.set(side, tick: level.tick, steps: deepSteps())
        }
    }

    private mutating func tell(at now: Timestamp) {
        guard ladder.hasChanges else { return }
        let step = instrument.rules.stepSize.raw
        let changes = ladder.takeChanges().map { change in
            LevelChange(
                side: change.side, price: price(tick: change.tick), quantity: Quantity(raw: Int64(change.steps) * step))
        }
        events.append(MarketEvent(time: now, instrument: index, .bookChange(changes)))
    }
}
