import Risk
import SignalContracts
import Testing
import TradingPrimitives

/// A conversation with the risk manager in the phase-1 profile. Prices near 100, ATR 0.2 (0.2 %), balance 5000.
struct RiskManagerTests {
    private struct Talk {
        let symbol: Symbol
        var manager: RiskManager
        var now = Timestamp(milliseconds: 1_700_000_000_000)
        private var counter: UInt64 = 0

        init(atr: Double = 0.2, balance: String = "5000", configuration: RiskConfiguration = RiskConfiguration()) throws
        {
            symbol = try #require(Symbol("BTCUSDT"))
            manager = RiskManager(symbols: [symbol, try #require(Symbol("ETHUSDT"))], configuration)
            for symbol in [symbol, try #require(Symbol("ETHUSDT"))] {
                try teach(symbol, atr: atr)
            }
            try account(balance)
        }

        private mutating func teach(_ symbol: Symbol, atr: Double) throws {
            let rules = InstrumentRules(
                symbol: symbol, tickSize: try number("0.01"), stepSize: try number("0.001"),
                minQuantity: try number("0.001"),
                maxQuantity: try number("10000"), maxMarketQuantity: try number("1000"), minNotional: try number("5"))
            hear(symbol, .metric(MarketMetric(eventTime: now, value: .instrument(rules))))
            let half = try #require(Price(atr / 2, rounding: .nearest)), middle: Price = try number("100")
            for index in 0..<40 {
                let open = now.floored(to: 60_000) - Int64(40 - index) * 60_000
                let candle = CandleUpdate(
                    eventTime: open + 59_999, timeframe: .oneMinute, openTime: open, open: middle, high: middle + half,
                    low: middle - half, close: middle, volume: .zero, quoteVolume: .zero, fillCount: 0,
                    takerBuyVolume: .zero,
                    isClosed: true, isBackfill: true)
                hear(symbol, .candle(candle))
            }
        }

        mutating func account(_ balance: String) throws {
            hear(
                nil,
                .account(
                    AccountUpdate(
                        eventTime: now, walletBalance: try number(balance), availableBalance: try number(balance),
                        unrealizedPnl: .zero, openPositions: 0, unknownOrders: 0, acceptsEntries: true,
                        isVenueReachable: true,
                        usedWeight: 0, weightLimit: 2400, roundTripMs: 1)))
        }

        @discardableResult
        mutating func hear(_ symbol: Symbol?, _ event: RiskInput.Event) -> TradePlan? {
            var plan: TradePlan?
            manager.process(RiskInput(symbol: symbol, event: event)) { plan = $0.plan }
            return plan
        }

        mutating func decide(_ action: Action, of other: Symbol? = nil, ageMs: Int64 = 0) throws -> TradePlan? {
            counter += 1
            let symbol = other ?? symbol
            let cause = StreamId(milliseconds: UInt64(now.milliseconds), sequence: counter)
            var signals = SignalSnapshot()
            var flow = OrderFlowSignal(cause: cause, eventTime: now)
            flow.bestBid = try number("100")
            flow.bestAsk = try number("100.01")
            signals.update(.orderFlow(flow))
            return hear(
                symbol,
                .decision(
                    Decision(
                        id: TradeId(symbol: symbol, cause: cause), cause: cause, eventTime: now - ageMs,
                        profile: "phase1",
                        action: action, strategy: .momentum, confidence: 70, finalScore: 0.7, scoreMomentum: 0.7,
                        scoreReversion: 0, enginesAgree: 2, failedGates: GateSet(), reason: "", signals: signals)))
        }

        func number<Number: FixedDecimal>(_ text: String) throws -> Number { try #require(Number(text)) }
    }

    private func terms(_ plan: TradePlan?) throws -> TradeTerms {
        guard case .approved(let terms) = try #require(plan).verdict else {
            throw ContractError.unknownType("\(String(describing: plan?.verdict))")
        }
        return terms
    }

    private func rule(_ plan: TradePlan?) throws -> RiskRule? {
        if case .rejected(let rule, let detail) = try #require(plan).verdict {
            #expect(!detail.isEmpty)
            return rule
        }
        return nil
    }

    @Test func `the arithmetic of a plan, written out`() throws {
        var talk = try Talk()
        let terms = try terms(try talk.decide(.long))
        // ATR 0.2 at 100: stop 0.8 × 0.2 = 0.16 (0.16 %), target 1.3 × 0.2 = 0.26 (0.26 %).
        #expect(terms.entryPrice.description == "100")  // min(100 + 0.01, 100.01 − 0.01)
        #expect(terms.stopDistance.description == "0.16" && terms.takeProfitDistance.description == "0.26")
        #expect(abs(terms.grossRewardToRisk - 1.625) < 1e-9)
        // 1 % of 5000 is 50; 50/0.0016 = 31,250; margin cap 40 % of 5000 = 2000 at 12× carries 24,000: cut.
        #expect(terms.leverage == 12 && terms.riskBound == "margin_cap")
        #expect(terms.quantity.description == "240" && terms.notional.description == "24000")
        #expect(terms.margin.description == "2000")
        // (0.26 − 0.04)/(0.16 + 0.02 + 0.05) % and 1/(1 + that).
        #expect(abs(terms.effectiveRewardToRisk - 0.22 / 0.23) < 1e-9)
        #expect(abs(terms.breakevenWinRate - 1 / (1 + 0.22 / 0.23)) < 1e-9)
    }

    @Test func `a quiet market has no reward for its risk`() throws {
        var talk = try Talk(atr: 0.09)
        #expect(try rule(try talk.decide(.long)) == .rewardToRisk)
    }

    @Test func `a target that does not pay its fees is refused`() throws {
        var dear = RiskConfiguration()
        dear.makerFeeRate = Ratio(raw: 100_000)
        var talk = try Talk(configuration: dear)
        #expect(try rule(try talk.decide(.long)) == .minTakeProfit)
    }

    @Test func `what is missing or old refuses by its own rule`() throws {
        var stale = try Talk()
        #expect(try rule(try stale.decide(.long, ageMs: 2001)) == .stale)
        var poor = try Talk(balance: "0")
        #expect(try rule(try poor.decide(.long)) == .noBalance)
        var late = try Talk()
        late.now = late.now + 60_001
        #expect(try rule(try late.decide(.long)) == .noBalance)
        var small = try Talk(balance: "0.1")
        #expect(try rule(try small.decide(.long)) == .minNotional)
        var blind = try Talk()
        blind.manager = RiskManager(symbols: [blind.symbol])
        #expect(try rule(try blind.decide(.long)) == .noRules)
    }

    @Test func `one plan a symbol, two in all, and the room is given back`() throws {
        var talk = try Talk()
        let eth = try #require(Symbol("ETHUSDT"))
        let plan = try talk.decide(.long)
        let first = try #require(plan)
        _ = try terms(first)
        #expect(try rule(try talk.decide(.long)) == .symbolBusy)
        let second = try terms(try talk.decide(.short, of: eth))
        #expect(second.margin.double <= 0.4 * 5000)
        let over = ExecutionEvent(
            plan: first.id, cause: first.cause, eventTime: talk.now, kind: .noFill, state: .noFill, direction: .long,
            strategy: .momentum)
        _ = talk.hear(talk.symbol, .execution(over))
        _ = try terms(try talk.decide(.long))
    }

    @Test func `stop, target and sizes stay in order for any volatility and balance`() throws {
        var random = SplitMix64(seed: 9)
        for _ in 0..<300 {
            let atr = 0.1 + random.uniform() * 2, balance = Int(random.next() % 100_000) + 50
            var talk = try Talk(atr: atr, balance: "\(balance)")
            for (action, symbol) in [(Action.long, "BTCUSDT"), (.short, "ETHUSDT")] {
                guard case .approved(let terms) = try #require(try talk.decide(action, of: Symbol(symbol))).verdict
                else { continue }
                #expect(terms.stopDistance > .zero && terms.takeProfitDistance > terms.stopDistance)
                #expect(terms.stopDistance.double <= 0.0030 * 101 && terms.takeProfitDistance.double <= 0.0050 * 101)
                #expect(terms.margin.double <= 0.4 * Double(balance) + 0.01 && 5...12 ~= terms.leverage)
                // What the stop costs is never above the risk, but for the tick.
                #expect(terms.notional.double * terms.stopDistance.double / 100 <= 0.0101 * Double(balance))
            }
        }
    }
}
