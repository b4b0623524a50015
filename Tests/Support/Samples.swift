public import SignalContracts
public import TradingPrimitives

/// One example of each message on each stream, for golden files and the contract's documentation.
public enum Samples {
    public static let cause = StreamId(milliseconds: 1_723_161_256_612, sequence: 4_230_007)
    public static let time = Timestamp(milliseconds: 1_723_161_256_605)

    /// Calls `body` for each sample: the name of its golden file, the message, and how it is read back.
    public static func forEach(_ body: (_ name: String, _ message: any StreamMessage) throws -> Void) throws {
        for (name, message) in try market() + signals() + trading() + operating() { try body(name, message) }
    }

    public static func market() throws -> [(String, any StreamMessage)] {
        let bids = BookSide([
            BookLevel(price: try decimal("61800.2"), quantity: try decimal("2.862")),
            BookLevel(price: try decimal("61800.1"), quantity: try decimal("0.696")),
        ])
        let asks = BookSide([BookLevel(price: try decimal("61800.3"), quantity: try decimal("2.51"))])
        let metrics: [(String, MarketMetric.Value)] = [
            ("open-interest", .openInterest(try decimal("78123.456"))),
            ("account-ratio", .accountRatio(long: try decimal("0.6123"), short: try decimal("0.3877"))),
            ("top-trader-ratio", .topTraderRatio(long: try decimal("0.55"), short: try decimal("0.45"))),
            (
                "mark-price",
                .markPrice(
                    mark: try decimal("61799.9"), index: try decimal("61810.5"), fundingRate: try decimal("-0.0001"),
                    nextFundingTime: Timestamp(milliseconds: 1_723_161_600_000))
            ),
            ("instrument", .instrument(try instrument())),
            ("liquidation", .liquidation(side: .sell, price: try decimal("61500"), quantity: try decimal("0.014"))),
        ]
        return [
            (
                "AggTrade",
                AggTrade(
                    tradeId: 2_323_456_789, tradeTime: time, eventTime: time + 7, price: try decimal("61800.3"),
                    quantity: try decimal("0.006"), buyerIsMaker: false, firstFillId: 5_266_583_935,
                    lastFillId: 5_266_583_936)
            ),
            ("BookUpdate", BookUpdate(eventTime: time, updateId: 5_123_107_858_366, bids: bids, asks: asks)),
            (
                "CandleUpdate",
                CandleUpdate(
                    eventTime: time, timeframe: .threeMinutes, openTime: time.floored(to: 180_000),
                    open: try decimal("61790"),
                    high: try decimal("61805.5"), low: try decimal("61788.1"), close: try decimal("61800.3"),
                    volume: try decimal("143.25"), quoteVolume: try decimal("8852893.0"), fillCount: 1834,
                    takerBuyVolume: try decimal("80.001"), isClosed: false, isBackfill: false)
            ),
        ] + metrics.map { ("MarketMetric-\($0.0)", MarketMetric(eventTime: time, value: $0.1)) }
    }

    public static func instrument() throws -> InstrumentRules {
        InstrumentRules(
            symbol: try symbol(), tickSize: try decimal("0.1"), stepSize: try decimal("0.001"),
            minQuantity: try decimal("0.001"), maxQuantity: try decimal("1000"), maxMarketQuantity: try decimal("120"),
            minNotional: try decimal("100"))
    }

    private static func symbol() throws(ContractError) -> Symbol {
        guard let symbol = Symbol("BTCUSDT") else { throw .malformed(field: "sample", text: "BTCUSDT") }
        return symbol
    }

    public static func orderFlow() throws -> OrderFlowSignal {
        var signal = OrderFlowSignal(cause: cause, eventTime: time)
        signal.isWarm = true
        signal.direction = .buyPressure
        signal.strength = 0.8123
        signal.conviction = 0.85
        signal.imbalance = 0.4142135623730951
        signal.imbalanceVelocity = 0.052
        signal.cvd = try decimal("-12.5")
        signal.cvdSlope = 0.21
        signal.cvdPressure = 0.33
        signal.priceChange30s = 0.0003
        signal.wallNear = true
        signal.wallLevel = try decimal("61790")
        signal.spoofRatio = 0.25
        signal.bestBid = try decimal("61800.2")
        signal.bestAsk = try decimal("61800.3")
        signal.microPrice = 61800.2532
        signal.lastPrice = try decimal("61800.3")
        return signal
    }

    public static func tick() -> TickSignal {
        var signal = TickSignal(cause: cause, eventTime: time)
        signal.isWarm = true
        signal.direction = .long
        signal.strength = 0.6
        signal.velocity1s = 42
        signal.velocityAverage = 14
        signal.velocityRatio = 3
        signal.aggressorRatio = 0.72
        signal.streak = 9
        signal.streakSide = .buy
        signal.volumeSpike = true
        signal.spikeRatio = 2.75
        signal.bigTrade = true
        signal.bigTradeSide = .buy
        signal.deltaSlope = 0.125
        return signal
    }

    /// One that is not the house's.
    public static func engine() throws -> EngineId {
        guard let id = EngineId("rsi-reversal") else { throw ContractError.malformed(field: "sample", text: "engine") }
        return id
    }

    public static func signals() throws -> [(String, any StreamMessage)] {
        var technical = TechnicalSignal(cause: cause, eventTime: time)
        technical.isWarm = true
        technical.direction = .long
        technical.strength = 0.5
        technical.rsi = 61.25
        technical.atr = 75.5
        technical.vwapSide = .above
        technical.keyLevels = PriceList([try decimal("61700"), try decimal("61900.5")])
        var sentiment = SentimentSignal(cause: cause, eventTime: time)
        sentiment.isWarm = true
        sentiment.direction = .crowdShort
        sentiment.openInterestReading = .realBuying
        sentiment.fundingRate = -0.00012
        var regime = RegimeSignal(cause: cause, eventTime: time)
        regime.isWarm = true
        regime.isTradeable = true
        regime.regime = .trending
        regime.isSpreadOk = true
        regime.preferredStrategy = .momentum
        return [
            ("EngineSignal-E1", EngineSignal.orderFlow(try orderFlow())),
            ("EngineSignal-E2", EngineSignal.tick(tick())),
            ("EngineSignal-E3", EngineSignal.technical(technical)),
            ("EngineSignal-E4", EngineSignal.sentiment(sentiment)),
            ("EngineSignal-E5", EngineSignal.regime(regime)),
            (
                "EngineSignal-other",
                EngineSignal.foreign(
                    ForeignSignal(
                        try engine(), cause: cause, eventTime: time, isWarm: true, sign: -1, strength: 0.5,
                        confidence: 0.5))
            ),
            (
                "LiquidationHeatmap",
                LiquidationHeatmap(
                    cause: cause, eventTime: time, asOf: time - 9_000,
                    bins: LiquidationBins([
                        .init(index: -1, volume: 1e-8), .init(index: 11_040, volume: 12.625),
                        .init(index: 11_043, volume: 0.1 + 0.2),
                    ]))
            ),
        ]
    }

    public static func trading() throws -> [(String, any StreamMessage)] {
        let id = TradeId(symbol: try symbol(), cause: cause)
        var signals = SignalSnapshot()
        signals.orderFlow = try orderFlow()
        signals.tick = tick()
        var decision = Decision(
            id: id, cause: cause, eventTime: time, profile: "phase1", action: .noTrade, strategy: .momentum,
            confidence: 61.5,
            finalScore: 0.615, scoreMomentum: 0.615, scoreReversion: 0, enginesAgree: 2,
            failedGates: GateSet(.spread, .maxPositions), reason: "spread 0.02 % > 0.015 %",
            gateCounts: gateCounts(), signals: signals)
        (decision.mode, decision.account, decision.program) = (.paper, "SgsR", "0.1.0")
        decision.votes = [
            EngineVote(HouseEngine.orderFlow.id, sign: 1, strength: 0.6905, weight: 0.525),
            EngineVote(HouseEngine.tick.id, sign: 1, strength: 0.6, weight: 0.375),
            EngineVote(try engine(), sign: -1, strength: 0.25, weight: 0.1),
        ]
        let plan = TradePlan(
            id: id, cause: cause, eventTime: time, direction: .long, strategy: .momentum, confidence: 61.5,
            verdict: .approved(try terms()))
        var refused = plan
        refused.verdict = .rejected(rule: .minTakeProfit, detail: "tp1 0.08 % < 0.12 %")
        var fill = ExecutionEvent(
            plan: id, cause: cause, eventTime: time, kind: .entryFilled, state: .active, direction: .long,
            strategy: .momentum)
        fill.clientOrderId = "v7-\(id)-e"
        fill.price = try decimal("61800.2")
        fill.quantity = try decimal("0.016")
        fill.isMaker = true
        fill.fee = try decimal("0.19776064")
        var closed = ExecutionEvent(
            plan: id, cause: cause, eventTime: time, kind: .positionClosed, state: .closed, direction: .long,
            strategy: .momentum)
        closed.summary = try summary()
        (closed.mode, closed.account, closed.program) = (.paper, "SgsR", "0.1.0")
        return [
            ("Decision", decision), ("TradePlan-approved", plan), ("TradePlan-rejected", refused),
            ("ExecutionEvent-fill", fill),
            ("ExecutionEvent-closed", closed),
        ] + (try states())
    }

    private static func weights() -> EngineWeights {
        var weights = EngineWeights(
            number: 3, eventTime: time, weights: EngineList(house: [0.38, 0.272, 0.217, 0.131]),
            scoreThreshold: 0.55, minTakeProfitMultiplier: 1, takeProfitMultiplier: 1, entryOffsetTicks: 1,
            tradeCount: 300)
        weights.reliabilities = EngineList(house: [0.612, 0.55, 0.5, 1])
        return weights
    }

    /// What services say of where they stand.
    private static func states() throws -> [(String, any StreamMessage)] {
        var account = AccountUpdate(
            eventTime: time, walletBalance: try decimal("5000"), availableBalance: try decimal("4900.5"),
            unrealizedPnl: try decimal("-1.25"), openPositions: 1, unknownOrders: 0, acceptsEntries: true,
            isVenueReachable: true, usedWeight: 42, weightLimit: 2400, roundTripMs: 3,
            makerFeeRate: try decimal("0.0002"), takerFeeRate: try decimal("0.0005"))
        (account.mode, account.account) = (.paper, "SgsR")
        return [
            ("AccountUpdate", account),
            (
                "AccountUpdate-hindered",
                AccountUpdate(
                    eventTime: time, walletBalance: .zero, availableBalance: .zero, unrealizedPnl: .zero,
                    openPositions: 0, unknownOrders: 0, acceptsEntries: false, isVenueReachable: false, usedWeight: 0,
                    weightLimit: 2400, roundTripMs: 0, hindrances: [.userStream, .notReconciled],
                    contracts: ContractHindrances([
                        .init(try symbol(), [.notListed, .oldMark])
                    ]), balanceTime: .zero)
            ),
            (
                "Readiness",
                Readiness(
                    eventTime: time, possibleAt: time - 600_000, since: time - 60_000, obstacles: try obstacles(),
                    isFault: false, reason: "a position is open; the user stream is down")
            ),
            (
                "ContractTerms",
                ContractTerms(
                    eventTime: time, status: "TRADING",
                    rules: try instrument().with(brackets: [
                        LeverageBracket(
                            notionalCap: try decimal("300000"), maxLeverage: 150,
                            maintenanceMarginRatio: try decimal("0.004"), maintenanceAmount: .zero),
                        LeverageBracket(
                            notionalCap: try decimal("800000"), maxLeverage: 100,
                            maintenanceMarginRatio: try decimal("0.005"), maintenanceAmount: try decimal("300")),
                    ]), makerFeeRate: try decimal("0.0002"), takerFeeRate: try decimal("0.0005"))
            ),
            ("RiskState", try riskState()),
        ]
    }

    private static func obstacles() throws(ContractError) -> Obstacles {
        let text = Array("silence:risk,hindrance:user_stream,gate:hedge,gate:locked,rule:no_rules".utf8)
        guard let obstacles = text.withUnsafeBytes({ Obstacles(text: $0) }) else {
            throw .malformed(field: "sample", text: "obstacles")
        }
        return obstacles
    }

    private static func gateCounts() -> GateCounts {
        var counts = GateCounts(at: time)
        counts.count(GateSet(.score, .strategy), at: time - 100)
        counts.count(GateSet(.spread, .maxPositions), at: time)
        return counts
    }

    private static func riskState() throws -> RiskState {
        var state = RiskState(eventTime: time)
        state.paused = SymbolList(["BTCUSDT", "XRPUSDT"].compactMap { Symbol($0) })
        state.breakers.breakers = [
            ActiveBreaker(.lossStreak, until: time + 600_000), ActiveBreaker(.hourlyLoss, until: time + 1_800_000),
        ]
        (state.tradesToday, state.tradesThisHour, state.lossesLastHour) = (9, 7, 5)
        (state.lossStreak, state.reducedTradesLeft) = (3, 10)
        (state.pnlToday, state.feesToday) = (try decimal("-41.25"), try decimal("12.5"))
        (state.grossPnlToday, state.grossProfitToday) = (try decimal("21.5"), try decimal("30"))
        (state.dayStartBalance, state.capitalLimit) = (try decimal("500"), try decimal("500"))
        return state
    }

    public static func terms() throws -> TradeTerms {
        TradeTerms(
            entryPrice: try decimal("61800.2"), entryLevel: try decimal("61805"), quantity: try decimal("0.016"),
            notional: try decimal("988.8032"),
            leverage: 5,
            margin: try decimal("197.76064"), stopDistance: try decimal("60.4"),
            takeProfitDistance: try decimal("98.2"),
            trailDistance: try decimal("37.8"), takeProfitFraction: try decimal("0.6"), entryOffsetTicks: 1,
            entryTimeoutMs: 5000,
            maxHoldMs: 300_000, riskRatio: 0.01, riskBound: "risk_per_trade", grossRewardToRisk: 1.6258,
            effectiveRewardToRisk: 0.92, breakevenWinRate: 0.52, makerFeeRate: try decimal("0.0002"),
            takerFeeRate: try decimal("0.0005"))
    }

    public static func summary() throws -> TradeSummary {
        TradeSummary(
            exitReason: .takeProfit2, size: try decimal("988.8032"), quantity: try decimal("0.016"),
            entryPrice: try decimal("61800.2"), exitPrice: try decimal("61890.4"), leverage: 5,
            initialStopPrice: try decimal("61739.8"), takeProfitPrice: try decimal("61898.4"),
            trailingStopPrice: try decimal("61875"), grossPnl: try decimal("1.4432"), fees: try decimal("0.71"),
            netPnl: try decimal("0.7332"), confidence: 61.5, makerFills: 2, takerFills: 1, entryTime: time,
            exitTime: time + 184_000)
    }

    public static func operating() throws -> [(String, any StreamMessage)] {
        [
            (
                "EngineWeights",
                weights()
            ),
            (
                "Alert",
                Alert(
                    eventTime: time, severity: .critical, service: "executor", event: "position_naked",
                    symbol: Symbol("BTCUSDT"),
                    text: "BTCUSDT has no stop; closing it")
            ),
            (
                "Command",
                Command(id: "c-1", issuedAt: time, author: "vortexctl:root", name: .close, symbol: Symbol("BTCUSDT"))
            ),
            (
                "Reply",
                Reply(command: "c-1", eventTime: time, service: "executor", isDone: true, text: "closed 0.016 BTCUSDT")
            ),
            (
                "Notice",
                Notice(
                    eventTime: time, chat: -1_001_234_567, topic: "exit", isSilent: true,
                    text: "🔴 STOP LOSS — BTCUSDT LONG\n-$9.30 net\nHold: 2m 15s")
            ),
            (
                "DeadLetter",
                DeadLetter(
                    stream: "md.trade:{BTCUSDT}", entryId: cause, service: "tick-engine",
                    error: "field 'price' is missing")
            ),
        ]
    }

    private static func decimal<Number: FixedDecimal>(_ text: String) throws(ContractError) -> Number {
        guard let number = Number(text) else { throw .malformed(field: "sample", text: text) }
        return number
    }
}
