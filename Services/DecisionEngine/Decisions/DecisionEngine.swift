public import SignalContracts
public import TradingPrimitives

/// S1: turns the engines' signals into a decision, on each E1 signal, for that symbol.
///
/// Definitions: strategy reference, "Decision".
public struct DecisionEngine: StreamProcessor {
    let configuration: DecisionConfiguration
    var symbols: [SymbolState]
    var positions = OpenPositions()
    var risk: RiskState?
    var account: AccountUpdate?
    private var learned: EngineWeights?

    public init(symbols: [Symbol], _ configuration: DecisionConfiguration = DecisionConfiguration()) {
        self.configuration = configuration
        self.symbols = symbols.map(SymbolState.init)
    }

    public mutating func process(_ input: DecisionInput, emit: (DecisionOutput) -> Void) {
        switch input.event {
        case .signal(let signal):
            guard let index = index(of: input.symbol) else { return }
            symbols[index].hear(signal)
            guard case .orderFlow(let trigger) = signal else { return }
            decide(on: trigger, index, emit)
        case .execution(let event):
            if let symbol = input.symbol { positions.apply(event, of: symbol) }
        case .plan(let plan): if let index = index(of: input.symbol) { symbols[index].heard(plan) }
        case .account(let update): hear(update, emit)
        case .decision(let decision):
            if let index = index(of: input.symbol) { symbols[index].recall(decision) }
        case .risk(let state): risk = state
        case .weights(let weights): learned = weights
        }
    }

    /// Of the position that it believes is open in a contract.
    package func held(_ symbol: Symbol) -> Direction? { positions[symbol] }
    package func isLocked(_ symbol: Symbol) -> Bool { positions.isLocked(symbol) }

    private func index(of symbol: Symbol?) -> Int? { symbols.firstIndex { $0.symbol == symbol } }

    private var weights: Weights {
        guard let learned else { return .base }
        return Weights(
            orderFlow: learned.orderFlow, tick: learned.tick, technical: learned.technical, sentiment: learned.sentiment
        )
    }

    private mutating func decide(on trigger: OrderFlowSignal, _ index: Int, _ emit: (DecisionOutput) -> Void) {
        let time = trigger.eventTime
        let symbol = symbols[index].symbol
        let around = Circumstances(
            time: time, newest: symbols[index].newest, held: positions[symbol], openPositions: positions.count,
            isLocked: positions.isLocked(symbol), allowsEntries: allowsEntries(in: symbol, at: time))
        let readings = Readings(symbols[index].signals, at: time, configuration)
        let reliabilities = configuration.usesReliability ? learned?.reliabilities : nil
        let scoreMin = (learned?.scoreThreshold ?? configuration.scoreMin) * (reliabilities?.mean ?? 1)
        let judgement: Judgement, inForce: WeightsInForce
        switch configuration.profile {
        case .phase1:
            judgement = Judgement(phase1: readings, around, &symbols[index], configuration)
            inForce = WeightsInForce(.phase1, scoreMin: 0, number: nil)
        case .vortex7:
            let weights = weights.adjusted(by: readings.regime)
            judgement = Judgement(
                full: readings, around, weights: weights, reliabilities: reliabilities, scoreMin: scoreMin,
                &symbols[index], configuration)
            inForce = WeightsInForce(weights, scoreMin: scoreMin, number: learned?.number)
        }
        symbols[index].count(judgement, on: trigger)
        watch(judgement.obstacles(readings, around), index, at: time, emit)
        guard symbols[index].isNews(judgement, at: time, everyMs: configuration.publishEveryMs) else { return }
        let isWhole = symbols[index].isWhole(judgement, at: time, everyMs: configuration.publishEveryMs)
        let enginesAgree = judgement.enginesAgree(readings)
        var decision = Decision(
            id: TradeId(symbol: symbol, cause: trigger.cause), cause: trigger.cause, eventTime: time,
            profile: configuration.profile.rawValue, action: judgement.action, strategy: judgement.strategy,
            confidence: judgement.confidence(enginesAgree: enginesAgree), finalScore: judgement.score.value,
            scoreMomentum: judgement.momentumScore, scoreReversion: judgement.reversionScore,
            enginesAgree: enginesAgree, failedGates: judgement.failed,
            reason: judgement.reason(readings, around, configuration), gateCounts: symbols[index].counts,
            signals: isWhole ? symbols[index].signals : SignalSnapshot())
        (decision.mode, decision.program) = (configuration.mode, configuration.program)
        decision.account = account?.account
        emit(.decision(symbol, decision, inForce))
    }

    /// Nil when the risk manager has not been heard of for too long, or never: who does not know does not enter.
    private func allowsEntries(in symbol: Symbol, at time: Timestamp) -> Bool? {
        guard let risk, time.isWithin(configuration.riskAgeMaxMs, of: risk.eventTime) else { return nil }
        return risk.allowsEntries(in: symbol, at: time)
    }
}
