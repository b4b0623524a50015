import Risk
import SignalContracts
import Testing
import TradingPrimitives

/// A conversation with the risk manager. Prices near 100, tick 0.01, balance 5000; ATR 0.2 (0.2 %) unless told otherwise.
struct Talk {
    let symbol: Symbol
    let other: Symbol
    var manager: RiskManager
    var now = Timestamp(milliseconds: 1_700_000_000_000)
    var atr: Double
    var regime: RegimeSignal
    var technical: TechnicalSignal
    var sentiment: SentimentSignal
    var bid = "100", ask = "100.01"
    private(set) var words: [RiskOutput] = []
    private var counter: UInt64 = 0

    init(atr: Double = 0.2, balance: String = "5000", _ configuration: RiskConfiguration = RiskConfiguration()) throws {
        symbol = try #require(Symbol("BTCUSDT"))
        other = try #require(Symbol("ETHUSDT"))
        self.atr = atr
        regime = RegimeSignal(cause: .zero, eventTime: now)
        (regime.isWarm, regime.isTradeable, regime.isSpreadOk) = (true, true, true)
        technical = TechnicalSignal(cause: .zero, eventTime: now)
        technical.isWarm = true
        sentiment = SentimentSignal(cause: .zero, eventTime: now)
        manager = RiskManager(configuration)
        try teach()
        try account(balance)
    }

    mutating func teach(
        maxMarket: String = "1000", brackets: [(cap: String, leverage: Int, ratio: String, amount: String)] = []
    ) throws {
        let known = try brackets.map {
            LeverageBracket(
                notionalCap: try number($0.cap), maxLeverage: $0.leverage, maintenanceMarginRatio: try number($0.ratio),
                maintenanceAmount: try number($0.amount))
        }
        for symbol in [symbol, other] {
            let rules = InstrumentRules(
                symbol: symbol, tickSize: try number("0.01"), stepSize: try number("0.001"),
                minQuantity: try number("0.001"), maxQuantity: try number("10000"),
                maxMarketQuantity: try number(maxMarket), minNotional: try number("5"), brackets: known)
            hear(symbol, .contract(ContractTerms(eventTime: now, status: "TRADING", rules: rules)))
        }
    }

    mutating func account(_ balance: String, openPositions: Int = 0) throws {
        hear(
            nil,
            .account(
                AccountUpdate(
                    eventTime: now, walletBalance: try number(balance), availableBalance: try number(balance),
                    unrealizedPnl: .zero, openPositions: openPositions, unknownOrders: 0, acceptsEntries: true,
                    isVenueReachable: true, usedWeight: 0, weightLimit: 2400, roundTripMs: 1)))
    }

    /// Time passes in the market; the account is told too.
    mutating func pass(ms: Int64, balance: String = "5000") throws {
        now = now + ms
        try account(balance)
        try teach()
    }

    @discardableResult
    mutating func hear(_ symbol: Symbol?, _ event: RiskInput.Event) -> TradePlan? {
        var plan: TradePlan?
        var said: [RiskOutput] = []
        manager.process(RiskInput(symbol: symbol, event: event)) {
            said.append($0)
            if case .plan(_, let made) = $0 { plan = made }
        }
        words += said
        return plan
    }

    mutating func decide(
        _ action: Action = .long, _ strategy: Strategy = .momentum, of other: Symbol? = nil, confidence: Double = 70,
        ageMs: Int64 = 0
    ) throws -> TradePlan {
        try #require(try judge(action, strategy, of: other, confidence: confidence, ageMs: ageMs))
    }

    /// A decision to trade; nil when it makes no plan.
    mutating func judge(
        _ action: Action = .long, _ strategy: Strategy = .momentum, of other: Symbol? = nil, confidence: Double = 70,
        ageMs: Int64 = 0
    ) throws -> TradePlan? {
        counter += 1
        let symbol = other ?? symbol
        let cause = StreamId(milliseconds: UInt64(now.milliseconds), sequence: counter)
        var signals = SignalSnapshot()
        var flow = OrderFlowSignal(cause: cause, eventTime: now)
        flow.bestBid = try number(bid)
        flow.bestAsk = try number(ask)
        signals.update(.orderFlow(flow))
        technical.atr = atr
        technical.eventTime = now
        regime.eventTime = now
        sentiment.eventTime = now
        signals.update(.technical(technical))
        signals.update(.regime(regime))
        signals.update(.sentiment(sentiment))
        return hear(
            symbol,
            .decision(
                Decision(
                    id: TradeId(symbol: symbol, cause: cause), cause: cause, eventTime: now - ageMs, profile: "vortex7",
                    action: action, strategy: strategy, confidence: confidence, finalScore: 0.7, scoreMomentum: 0.7,
                    scoreReversion: 0, enginesAgree: 4, failedGates: GateSet(), reason: "", signals: signals)))
    }

    func number<Number: FixedDecimal>(_ text: String) throws -> Number { try #require(Number(text)) }

    // MARK: Trades

    /// A plan is approved, and its trade closes with `pnl` after fees.
    mutating func trade(_ pnl: String, fee: String = "1", heldMs: Int64 = 1000) throws {
        let plan = try decide()
        try #require(try rule(plan) == nil, "\(plan.verdict)")
        now = now + heldMs
        hear(symbol, .execution(try closing(plan, pnl: pnl, fee: fee)))
    }

    func closing(_ plan: TradePlan, pnl: String, fee: String = "1") throws -> ExecutionEvent {
        let net: Notional = try number(pnl), fees: Notional = try number(fee)
        var event = ExecutionEvent(
            plan: plan.id, cause: plan.cause, eventTime: now, kind: .positionClosed, state: .closed,
            direction: plan.direction, strategy: plan.strategy)
        event.summary = TradeSummary(
            exitReason: net > .zero ? .takeProfit1 : .stopLoss, size: try number("1000"), quantity: try number("10"),
            entryPrice: try number("100"), exitPrice: try number("100"), leverage: 5,
            initialStopPrice: try number("99"), takeProfitPrice: try number("101"), trailingStopPrice: nil,
            grossPnl: net + fees, fees: fees, netPnl: net, confidence: 70, makerFills: 1, takerFills: 1,
            entryTime: now - 1000, exitTime: now)
        return event
    }

    var states: [RiskState] {
        words.compactMap { word in
            if case .state(let state, _) = word { return state }
            return nil
        }
    }

    /// Texts of the alerts of one kind.
    func texts(of event: String) -> [String] {
        words.compactMap { word in
            if case .alert(let alert) = word, alert.event == event { return alert.text }
            return nil
        }
    }

    var alerts: [String] {
        words.compactMap { word in
            if case .alert(let alert) = word { return alert.event }
            return nil
        }
    }
}

func terms(_ plan: TradePlan) throws -> TradeTerms {
    guard case .approved(let terms) = plan.verdict else { throw ContractError.unknownType("\(plan.verdict)") }
    return terms
}

func rule(_ plan: TradePlan) throws -> RiskRule? {
    if case .rejected(let rule, let detail) = plan.verdict {
        #expect(!detail.isEmpty)
        return rule
    }
    return nil
}
