public import SignalContracts
public import TradingPrimitives

/// S1: turns the engines' signals into a decision, on each E1 signal, for that symbol.
///
/// Definitions: strategy reference, "Decision".
public struct DecisionEngine: StreamProcessor {
    let configuration: DecisionConfiguration
    /// Of contracts that have their own.
    private let own: [Symbol: DecisionConfiguration]
    var symbols: [SymbolState]
    var positions = OpenPositions()
    var risk: RiskState?
    var account: AccountUpdate?
    private var learned: EngineWeights?
    /// What engines of others count for.
    private let foreign: EngineList<EngineShare>

    /// `own`: of contracts in which it is another; which engines vote, and how many positions there may be, is of all.
    public init(
        symbols: [Symbol], _ configuration: DecisionConfiguration = DecisionConfiguration(),
        own: [Symbol: DecisionConfiguration] = [:]
    ) {
        self.configuration = configuration
        self.own = own
        foreign = EngineList(configuration.engines.map { EngineShare($0.id, configuration.weight(of: $0)) })
        self.symbols = symbols.map { SymbolState($0, configuration.engines) }
    }

    public mutating func process(_ input: DecisionInput, emit: (DecisionOutput) -> Void) {
        switch input.event {
        case .signal(let signal):
            guard let index = index(of: input.symbol) else { return }
            let isOwn = symbols[index].hear(signal)
            guard case .orderFlow(let trigger) = signal, isOwn else { return }
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

    private mutating func decide(on trigger: OrderFlowSignal, _ index: Int, _ emit: (DecisionOutput) -> Void) {
        let time = trigger.eventTime
        let symbol = symbols[index].symbol
        let configuration = own[symbol] ?? configuration
        let around = Circumstances(
            time: time, newest: symbols[index].newest, held: positions[symbol], openPositions: positions.count,
            isLocked: positions.isLocked(symbol), allowsEntries: allowsEntries(in: symbol, at: time))
        symbols[index].voices.turn(at: time) { severity, event, text in
            emit(.alert(Self.alert(severity, event, symbol, at: time, text)))
        }
        let readings = Readings(symbols[index].signals, symbols[index].voices, at: time, configuration)
        let reliabilities = configuration.usesReliability ? learned?.reliabilities : nil
        let scoreMin = (learned?.scoreThreshold ?? configuration.scoreMin) * (reliabilities?.mean ?? 1)
        let judgement: Judgement, weights: Weights
        switch configuration.profile {
        case .phase1:
            weights = .phase1
            judgement = Judgement(phase1: readings, around, &symbols[index], configuration)
        case .vortex7:
            weights = Weights(learned?.weights, foreignSum: foreign.sum).adjusted(by: readings.regime)
            judgement = Judgement(
                full: readings, around, weights: weights, reliabilities: reliabilities, scoreMin: scoreMin,
                &symbols[index], configuration)
        }
        symbols[index].count(judgement, on: trigger)
        watch(judgement.obstacles(readings, around), index, at: time, emit)
        guard symbols[index].isNews(judgement, at: time, everyMs: configuration.publishEveryMs) else { return }
        let isWhole = symbols[index].isWhole(judgement, at: time, everyMs: configuration.publishEveryMs)
        let enginesAgree = judgement.enginesAgree(readings)
        var signals = SignalSnapshot()
        if isWhole {
            signals = symbols[index].signals
            for engine in HouseEngine.allCases where symbols[index].voices.isDoubted(engine, at: time) {
                signals.remove(engine)
            }
        }
        var decision = Decision(
            id: TradeId(symbol: symbol, cause: trigger.cause), cause: trigger.cause, eventTime: time,
            profile: configuration.profile.rawValue, action: judgement.action, strategy: judgement.strategy,
            confidence: judgement.confidence(enginesAgree: enginesAgree), finalScore: judgement.score.value,
            scoreMomentum: judgement.momentumScore, scoreReversion: judgement.reversionScore,
            enginesAgree: enginesAgree, failedGates: judgement.failed,
            reason: judgement.reason(readings, around, configuration), gateCounts: symbols[index].counts,
            signals: signals)
        (decision.mode, decision.program) = (configuration.mode, configuration.program)
        decision.account = account?.account
        if isWhole { decision.votes = judgement.score.votes(readings).all }
        let inForce = WeightsInForce(
            weights, foreign: foreign, scoreMin: judgement.scoreMin,
            number: configuration.profile == .phase1 ? nil : learned?.number,
            heard: symbols[index].voices.foreign.compactMap(\.signal))
        emit(.decision(symbol, decision, inForce))
    }

    /// Nil when the risk manager has not been heard of for too long, or never: who does not know does not enter.
    private func allowsEntries(in symbol: Symbol, at time: Timestamp) -> Bool? {
        guard let risk, time.isWithin(configuration.riskAgeMaxMs, of: risk.eventTime) else { return nil }
        return risk.allowsEntries(in: symbol, at: time)
    }
}
