import Decisions
import Risk
import SignalContracts
import TradingPrimitives

/// The inputs of decision-engine and risk-manager: signals that speak for strategy A, ten books a second.
struct DecisionStory {
    let symbol: Symbol
    private var time = Timestamp(milliseconds: 1_700_000_000_000)
    private var counter: UInt64 = 0

    init(_ symbol: Symbol) { self.symbol = symbol }

    /// Signals on which the engine has nothing new to say after the first; or something each time, as E1 turns.
    mutating func signals(rounds: Int, isNews: Bool) -> [DecisionInput] {
        var inputs: [DecisionInput] = []
        for round in 0..<rounds {
            pass()
            if round % 10 == 0 { for signal in others { inputs.append(DecisionInput(symbol: symbol, event: signal)) } }
            let flow = orderFlow(isStrong: !isNews || round % 2 == 0)
            inputs.append(DecisionInput(symbol: symbol, event: .signal(.orderFlow(flow))))
        }
        return inputs
    }

    /// Decisions to trade, each with the word that its plan came to nothing, so that the next can be one.
    mutating func decisions(rounds: Int) throws -> [RiskInput] {
        var inputs = try facts()
        for round in 0..<rounds {
            pass()
            if round % 100 == 0 { inputs += try facts() }
            let decision = decision
            inputs.append(RiskInput(symbol: symbol, event: .decision(decision)))
            let event = ExecutionEvent(
                plan: decision.id, cause: decision.cause, eventTime: time, kind: .noFill, state: .noFill,
                direction: .long, strategy: .momentum)
            inputs.append(RiskInput(symbol: symbol, event: .execution(event)))
        }
        return inputs
    }

    /// Mark prices, one a second.
    mutating func metrics(count: Int) throws -> [RiskInput] {
        try facts()
            + (0..<count).map { index in
                time = time + 1000
                let value = MarketMetric.Value.markPrice(
                    mark: Price(raw: 6_000_000_000_000), index: Price(raw: 6_000_000_000_000),
                    fundingRate: Ratio(raw: 10_000), nextFundingTime: time + 3_600_000)
                return RiskInput(symbol: symbol, event: .metric(MarketMetric(eventTime: time, value: value)))
            }
    }

    private mutating func pass() {
        time = time + 100
        counter += 1
    }

    private var cause: StreamId { StreamId(milliseconds: UInt64(time.milliseconds), sequence: counter) }

    private func orderFlow(isStrong: Bool) -> OrderFlowSignal {
        var signal = OrderFlowSignal(cause: cause, eventTime: time)
        (signal.isWarm, signal.direction, signal.strength, signal.conviction) = (true, .buyPressure, 0.9, 1)
        if !isStrong { (signal.direction, signal.strength) = (.neutral, 0) }
        (signal.imbalance, signal.cvdSlope, signal.cvdPressure) = (0.5, 0.3, 0.4)
        (signal.bestBid, signal.bestAsk) = (Price(raw: 6_000_000_000_000), Price(raw: 6_000_010_000_000))
        return signal
    }

    /// E2 to E5, as they stand now.
    private var snapshot: SignalSnapshot {
        var tick = TickSignal(cause: cause, eventTime: time)
        (tick.isWarm, tick.direction, tick.strength) = (true, .long, 0.8)
        (tick.velocityRatio, tick.streak, tick.streakSide) = (2.5, 12, .buy)
        (tick.volumeSpike, tick.spikeRatio) = (true, 3)
        var technical = TechnicalSignal(cause: cause, eventTime: time)
        (technical.isWarm, technical.direction, technical.strength) = (true, .long, 0.7)
        (technical.emaTrend, technical.price, technical.rsi, technical.atr) = (.bullish, 60_000, 50, 120)
        technical.keyLevels = PriceList([Price(raw: 5_900_000_000_000), Price(raw: 6_100_000_000_000)])
        var sentiment = SentimentSignal(cause: cause, eventTime: time)
        (sentiment.isWarm, sentiment.direction, sentiment.strength) = (true, .crowdShort, 0.5)
        var regime = RegimeSignal(cause: cause, eventTime: time)
        (regime.isWarm, regime.isTradeable, regime.isSpreadOk) = (true, true, true)
        (regime.regime, regime.preferredStrategy) = (.trending, .momentum)
        var snapshot = SignalSnapshot()
        (snapshot.tick, snapshot.technical) = (tick, technical)
        (snapshot.sentiment, snapshot.regime) = (sentiment, regime)
        return snapshot
    }

    private var others: [DecisionInput.Event] {
        let snapshot = snapshot
        return [
            snapshot.tick.map { .signal(.tick($0)) }, snapshot.technical.map { .signal(.technical($0)) },
            snapshot.sentiment.map { .signal(.sentiment($0)) }, snapshot.regime.map { .signal(.regime($0)) },
        ].compactMap(\.self)
    }

    private var decision: Decision {
        var signals = snapshot
        signals.orderFlow = orderFlow(isStrong: true)
        return Decision(
            id: TradeId(symbol: symbol, cause: cause), cause: cause, eventTime: time, profile: "vortex7", action: .long,
            strategy: .momentum, confidence: 72.5, finalScore: 0.83, scoreMomentum: 0.83, scoreReversion: 0.4,
            enginesAgree: 4, failedGates: GateSet(), reason: "A LONG, score 0.83", signals: signals)
    }

    /// The contract's rules and the account.
    private func facts() throws -> [RiskInput] {
        let rules = InstrumentRules(
            symbol: symbol, tickSize: Price(raw: 10_000_000), stepSize: Quantity(raw: 100_000),
            minQuantity: Quantity(raw: 100_000), maxQuantity: Quantity(raw: 100_000_000_000),
            maxMarketQuantity: Quantity(raw: 12_000_000_000), minNotional: Notional(raw: 10_000_000_000))
        let account = AccountUpdate(
            eventTime: time, walletBalance: Notional(raw: 500_000_000_000),
            availableBalance: Notional(raw: 500_000_000_000), unrealizedPnl: .zero, openPositions: 0, unknownOrders: 0,
            acceptsEntries: true, isVenueReachable: true, usedWeight: 0, weightLimit: 2400, roundTripMs: 1)
        return [
            RiskInput(
                symbol: symbol, event: .contract(ContractTerms(eventTime: time, status: "TRADING", rules: rules))),
            RiskInput(symbol: nil, event: .account(account)),
        ]
    }
}

/// Decision-engine and risk-manager. Returns whether both are within their budgets.
func measureDecisions(_ symbol: Symbol) throws -> Bool {
    var story = DecisionStory(symbol), rules = DecisionConfiguration()
    // So long that time alone is no reason to speak.
    rules.publishEveryMs = 3_600_000
    let engine = DecisionEngine(symbols: [symbol], rules), manager = RiskManager()
    let quiet = measure("S1, nothing to say", engine, story.signals(rounds: 20_000, isNews: false))
    let news = measure("S1, a decision each time", engine, story.signals(rounds: 20_000, isNews: true))
    let metrics = measure("S2, a metric", manager, try story.metrics(count: 20_000))
    let plans = measure("S2, a decision and its end", manager, try story.decisions(rounds: 10_000))
    return quiet && news && metrics && plans
}
