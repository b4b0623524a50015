import Indicators
import SignalContracts
import TradingPrimitives

/// What an entry is judged by besides the signals.
struct Circumstances {
    let time: Timestamp
    /// Newest event time of any engine of the symbol.
    let newest: Timestamp
    /// Of an open position in the symbol.
    let held: Direction?
    let openPositions: Int
    let isLocked: Bool
    /// Whether the risk manager lets enter; nil when it has not been heard of lately.
    let allowsEntries: Bool?
}

/// The outcome of one evaluation, in numbers; words are made of it only when it is published.
struct Judgement {
    let score: Score
    let momentumScore: Double
    let reversionScore: Double
    /// The strategies looked at; none in `phase1`.
    let views: (momentum: StrategyView, reversion: StrategyView, cascade: StrategyView)?
    let chosen: StrategyView?
    let direction: Direction
    let scoreMin: Double
    /// Change of the score within the stability span.
    let jump: Double
    private(set) var failed = GateSet()

    var strategy: Strategy? { chosen?.strategy }
    var action: Action { failed.isEmpty ? (direction == .long ? .long : .short) : .noTrade }

    /// All of strategies A, B and C, and all gates.
    init(
        full readings: borrowing Readings, _ around: Circumstances, weights: Weights,
        reliabilities: EngineList<EngineShare>?, scoreMin: Double, _ state: inout SymbolState,
        _ configuration: DecisionConfiguration
    ) {
        let trend = Score(readings, .trend, weights: weights, reliabilities: reliabilities)
        let back = Score(readings, .reversion, weights: weights, reliabilities: reliabilities)
        let views = (
            momentum: StrategyView.momentum(readings, trend.direction, configuration.momentum),
            reversion: StrategyView.reversion(readings, back.direction, configuration.reversion),
            cascade: StrategyView.cascade(readings, trend.direction, configuration.cascade)
        )
        let chosen = Self.choose(views.momentum, views.cascade, views.reversion, configuration.strategyScoreMin)
        let isReversion =
            chosen.map { $0.strategy == .reversion } ?? (abs(back.value) > abs(trend.value))
        let jumps = (
            trend: state.momentumScores.change(to: trend.value, at: around.time, over: configuration.stabilityMs),
            back: state.reversionScores.change(to: back.value, at: around.time, over: configuration.stabilityMs)
        )
        score = isReversion ? back : trend
        momentumScore = trend.value
        reversionScore = back.value
        self.views = views
        self.chosen = chosen
        direction = score.direction
        self.scoreMin = scoreMin
        jump = isReversion ? jumps.back : jumps.trend
        let sign = readings.orderFlow?.direction.sign ?? 0
        require(.score, abs(score.value) > scoreMin)
        require(.agreement, score.agreement(with: direction) >= configuration.agreementMin)
        require(.primary, direction == .long ? sign >= 0 : sign <= 0)
        require(.tradeable, readings.regime?.isTradeable == true)
        require(.spread, readings.regime?.isSpreadOk == true)
        require(.strategy, chosen != nil)
        requireCommon(readings, around, configuration)
    }

    /// E1 and E2 alone.
    init(
        phase1 readings: borrowing Readings, _ around: Circumstances, _ state: inout SymbolState,
        _ configuration: DecisionConfiguration
    ) {
        score = Score(readings, .trend, weights: .phase1)
        momentumScore = score.value
        reversionScore = 0
        views = nil
        direction = score.direction
        scoreMin = 0
        jump = state.momentumScores.change(to: score.value, at: around.time, over: configuration.stabilityMs)
        chosen = StrategyView(
            strategy: .momentum, direction: direction, hasTrigger: true, confirmations: 0, confirmationsMin: 0,
            passesFilter: true, tenths: 10)
        let sign = direction == .long ? 1.0 : -1.0
        let flow = score.opinion(of: .orderFlow), tick = score.opinion(of: .tick)
        require(.agreement, flow * sign > 0 && tick * sign > 0)
        require(.score, abs(flow) >= configuration.orderFlowScoreMin && abs(tick) >= configuration.tickScoreMin)
        let quote = Quote(bid: readings.orderFlow?.bestBid, ask: readings.orderFlow?.bestAsk)
        require(.spread, quote.map { $0.spread <= configuration.spreadMax } ?? false)
        require(.stale, readings.tick != nil)
        requireCommon(readings, around, configuration)
    }

    private mutating func requireCommon(
        _ readings: borrowing Readings, _ around: Circumstances, _ configuration: DecisionConfiguration
    ) {
        require(.hedge, around.held != direction.opposite)
        require(.maxPositions, around.openPositions < configuration.positionsMax)
        require(.breaker, around.allowsEntries == true)
        require(.stability, jump <= configuration.scoreJumpMax)
        require(
            .stale, readings.orderFlow != nil && around.newest - around.time <= configuration.orderFlowAgeMaxMs)
        require(.locked, !around.isLocked)
    }

    private mutating func require(_ gate: Gate, _ isOpen: Bool) { if !isOpen { failed.insert(gate) } }

    /// What stops an entry whatever the market offers. A gate that the market itself shuts (score, agreement, strategy, spread,
    /// volatility) is its offer, not an obstacle.
    func obstacles(_ readings: borrowing Readings, _ around: Circumstances) -> Obstacles {
        var found = Obstacles()
        func add(_ gate: Gate, isFault: Bool) {
            found.gates.insert(gate)
            if isFault { found.faultGates.insert(gate) }
        }
        if failed.contains(.hedge) || around.held != nil { add(.hedge, isFault: false) }
        if failed.contains(.maxPositions) { add(.maxPositions, isFault: false) }
        if failed.contains(.breaker) {
            if around.allowsEntries == nil { found.silences.insert(.risk) } else { add(.breaker, isFault: false) }
        }
        if failed.contains(.stale) { add(.stale, isFault: true) }
        if failed.contains(.locked) { add(.locked, isFault: true) }
        if failed.contains(.tradeable), readings.regime == nil { add(.tradeable, isFault: true) }
        return found
    }

    /// The candidate with the greatest score; among equals the first.
    private static func choose(
        _ first: StrategyView, _ second: StrategyView, _ third: StrategyView, _ scoreMin: Double
    ) -> StrategyView? {
        var best: StrategyView?
        for view in [first, second, third] where view.isCandidate && view.score >= scoreMin {
            if view.score > (best?.score ?? 0) { best = view }
        }
        return best
    }

    /// 0…100: the score, times what agreement beyond three adds, times how well the strategy fits.
    func confidence(enginesAgree: Int) -> Double {
        guard let chosen else { return 0 }
        let bonus = 1 + 0.1 * Double(enginesAgree - 3)
        return clamp01(abs(score.value) * bonus * chosen.score) * 100
    }

    /// E1–E4 in the direction, and E5 when the strategy chosen is the one it prefers.
    func enginesAgree(_ readings: borrowing Readings) -> Int {
        let preferred = readings.regime?.preferredStrategy.rawValue
        let isPreferred = chosen != nil && chosen?.strategy.rawValue == preferred
        return score.agreement(with: direction) + (isPreferred ? 1 : 0)
    }
}
