import Risk
import SignalContracts
import Testing
import TradingPrimitives

/// Sizes, distances and refusals of single plans.
struct PlanTests {
    @Test func `the arithmetic of a momentum plan, written out`() throws {
        var talk = try Talk()
        let terms = try terms(try talk.decide(.long, confidence: 85))
        // ATR 0.2 at 100: stop 0.8 × 0.2 = 0.16 (0.16 %), target 1.3 × 0.2 = 0.26 (0.26 %), trail 0.5 × 0.2.
        #expect(terms.entryPrice.description == "100")  // min(100 + 0.01, 100.01 − 0.01)
        #expect(terms.stopDistance.description == "0.16" && terms.takeProfitDistance.description == "0.26")
        #expect(terms.trailDistance.description == "0.1" && terms.takeProfitFraction.description == "0.6")
        #expect(abs(terms.grossRewardToRisk - 1.625) < 1e-9)
        // 1.5 % of 5000 is 75; 75/0.0016 = 46,875; 40 % of 5000 = 2000 of margin at 12× carries 24,000: cut.
        #expect(terms.leverage == 12 && terms.riskBound == "margin_cap" && terms.riskRatio == 0.015)
        #expect(terms.quantity.description == "240" && terms.notional.description == "24000")
        #expect(terms.margin.description == "2000")
        // (0.26 − 0.04)/(0.16 + 0.02 + 0.05) % and 1/(1 + that).
        #expect(abs(terms.effectiveRewardToRisk - 0.22 / 0.23) < 1e-9)
        #expect(abs(terms.breakevenWinRate - 1 / (1 + 0.22 / 0.23)) < 1e-9)
    }

    @Test func `confidence sets the risk, and the least leverage that carries it is taken`() throws {
        for (confidence, ratio) in [(85.0, 0.015), (80, 0.015), (79.9, 0.01), (60, 0.01), (59.9, 0.005)] {
            var talk = try Talk(atr: 0.375)
            let terms = try terms(try talk.decide(.long, confidence: confidence))
            #expect(terms.riskRatio == ratio)
            // Stop 0.8 × 0.375 = 0.30 %: 5000 × ratio/0.003 of size, over 2000 of margin.
            let size = 5000 * ratio / 0.003
            #expect(terms.leverage == max(5, Int((size / 2000).rounded(.up))) || terms.leverage == 12)
            #expect(terms.notional.double <= size + 1e-6 && terms.notional.double > min(size, 24_000) * 0.99)
        }
    }

    @Test func `the regime stretches distances, bounds leverage and halves size`() throws {
        var talk = try Talk()
        talk.regime.takeProfitMultiplier = 1.3
        talk.regime.stopLossMultiplier = 1.3
        talk.regime.leverageMax = 8
        talk.regime.sizeMultiplier = 0.5
        let terms = try terms(try talk.decide(.short, confidence: 85))
        #expect(terms.stopDistance.description == "0.2" && terms.takeProfitDistance.description == "0.33")
        #expect(terms.leverage == 8 && terms.riskRatio == 0.0075 && terms.entryPrice.description == "100.01")
    }

    @Test func `reversion enters at the band, takes all at the nearer mean, and does not trail`() throws {
        var talk = try Talk()
        talk.technical.bollingerLower = 99.8
        talk.technical.bollingerMiddle = 100.2
        talk.technical.vwap = 100.5
        talk.technical.nearestSupport = Price("99.5")
        let terms = try terms(try talk.decide(.long, .reversion))
        #expect(terms.entryPrice.description == "99.8" && terms.entryLevel?.description == "99.8")
        // Stop 1.0 × 0.2; target 100.2 − 99.8 = 0.4; all of it.
        #expect(terms.stopDistance.description == "0.2" && terms.takeProfitDistance.description == "0.4")
        #expect(terms.takeProfitFraction.description == "1" && terms.entryTimeoutMs == 10_000)
        #expect(terms.maxHoldMs == 600_000)
        talk.technical.bollingerMiddle = 99.7
        talk.technical.vwap = nil
        talk.technical.bollingerLower = 99.9
        #expect(try rule(try talk.decide(.long, .reversion, of: talk.other)) == .noTarget)
    }

    @Test func `cascade enters before the cluster, and its stop is as far as the cluster`() throws {
        var talk = try Talk(atr: 0.3)
        talk.sentiment.nearestCluster = 100.2
        let terms = try terms(try talk.decide(.long, .cascade))
        // The bin's near edge is 100.2 × (1 − 0.0005) = 100.1499; a long waits below it, at the best price 100.
        #expect(terms.entryPrice.description == "100" && terms.entryLevel?.description == "100.13")
        // Stop |100.1499 − 100| = 0.1499 (14.99 bp), on the tick; target 1.0 × 0.3, trail 0.7 × 0.3.
        #expect(terms.stopDistance.description == "0.14" && terms.takeProfitDistance.description == "0.3")
        #expect(terms.trailDistance.description == "0.21" && terms.maxHoldMs == 480_000)
        var blind = try Talk(atr: 0.3)
        #expect(try rule(try blind.decide(.long, .cascade)) == .noTarget)
    }

    @Test func `a target behind a key level is pulled one tick before it`() throws {
        var talk = try Talk()
        talk.technical.keyLevels = PriceList([try talk.number("100.25"), try talk.number("99"), try talk.number("101")])
        #expect(try terms(try talk.decide(.long)).takeProfitDistance.description == "0.24")
        talk.technical.keyLevels = PriceList([try talk.number("100.1")])
        #expect(try rule(try talk.decide(.long, of: talk.other)) == .rewardToRisk)
    }

    @Test func `what is missing, old or too small refuses by its own rule`() throws {
        var stale = try Talk()
        #expect(try rule(try stale.decide(.long, ageMs: 2001)) == .stale)
        var poor = try Talk(balance: "0")
        #expect(try rule(try poor.decide()) == .noBalance)
        var small = try Talk(balance: "0.1")
        #expect(try rule(try small.decide()) == .minNotional)
        var blind = try Talk()
        blind.manager = RiskManager()
        try blind.account("5000")
        #expect(try rule(try blind.decide()) == .noRules)
        var cold = try Talk()
        cold.technical.isWarm = false
        #expect(try rule(try cold.decide()) == .noAtr)
        var wild = try Talk()
        wild.regime.isTradeable = false
        #expect(try rule(try wild.decide()) == .noRegime)
        var wide = try Talk()
        wide.regime.isSpreadOk = false
        #expect(try rule(try wide.decide()) == .spread)
        var crossed = try Talk()
        crossed.ask = "99"
        #expect(try rule(try crossed.decide()) == .noBook)
        var quiet = try Talk(atr: 0.09)
        #expect(try rule(try quiet.decide()) == .rewardToRisk)
        var fees = RiskConfiguration()
        fees.makerFeeRate = Ratio(raw: 110_000)
        var dear = try Talk(fees)
        #expect(try rule(try dear.decide()) == .minTakeProfit)
        var strict = RiskConfiguration()
        strict.effectiveRewardToRiskMin = 1.3
        var net = try Talk(strict)
        #expect(try rule(try net.decide()) == .effectiveRewardToRisk)
        var silent = try Talk()
        silent.now = silent.now + 60_001
        #expect(try rule(try silent.decide()) == .noBalance)
    }

    @Test func `one plan a symbol, two in all, and the room is given back`() throws {
        var talk = try Talk()
        let first = try talk.decide()
        _ = try terms(first)
        #expect(try rule(try talk.decide()) == .symbolBusy)
        let second = try terms(try talk.decide(.short, of: talk.other))
        #expect(second.margin.double <= 0.4 * 5000)
        let over = ExecutionEvent(
            plan: first.id, cause: first.cause, eventTime: talk.now, kind: .noFill, state: .noFill, direction: .long,
            strategy: .momentum)
        talk.hear(talk.symbol, .execution(over))
        _ = try terms(try talk.decide())
    }

    @Test func `a position that is adopted anew under another name holds its contract no longer than that`() throws {
        var talk = try Talk()
        let names = [try talk.decide(), try talk.decide()]
        for name in names {
            let adopted = ExecutionEvent(
                plan: name.id, cause: name.cause, eventTime: talk.now, kind: .positionAdopted, state: .active,
                direction: .long, strategy: .momentum)
            talk.hear(talk.symbol, .execution(adopted))
        }
        #expect(try rule(try talk.decide()) == .symbolBusy)
        talk.hear(talk.symbol, .execution(try talk.closing(names[1], pnl: "1")))
        _ = try terms(try talk.decide())
    }

    @Test func `the learner's numbers and the account's fees take the place of ours`() throws {
        var talk = try Talk()
        talk.hear(
            nil,
            .weights(
                EngineWeights(
                    number: 1, eventTime: talk.now, weights: EngineList(house: [0.25, 0.25, 0.25, 0.25]),
                    scoreThreshold: 0.5, minTakeProfitMultiplier: 2, takeProfitMultiplier: 1.1, entryOffsetTicks: 0,
                    tradeCount: 100)))
        // min_tp: (2 × 0.02 % + 0.01 % + 0.05 %) × 2 = 0.2 %; the target is 1.1 × 0.26 %.
        #expect(try terms(try talk.decide()).takeProfitDistance.description == "0.28")
        talk.atr = 0.13
        #expect(try rule(try talk.decide(.long, of: talk.other)) == .minTakeProfit)
    }

    @Test func `the phase-1 profile risks one per cent whatever the confidence, without E5`() throws {
        var rules = RiskConfiguration()
        rules.profile = .phase1
        var talk = try Talk(rules)
        talk.regime.isTradeable = false
        let terms = try terms(try talk.decide(.long, confidence: 10))
        #expect(terms.riskRatio == 0.01 && terms.takeProfitDistance.description == "0.26")
    }

    @Test func `stop, target and sizes stay in order for any volatility, balance and strategy`() throws {
        var random = SplitMix64(seed: 9)
        var approved = 0
        for _ in 0..<600 {
            let atr = 0.1 + random.uniform() * 0.6, balance = Int(random.next() % 100_000) + 50
            var talk = try Talk(atr: atr, balance: "\(balance)")
            talk.regime.leverageMax = [8, 10, 12][Int(random.next() % 3)]
            talk.technical.bollingerLower = 99.9 - random.uniform()
            talk.technical.bollingerUpper = 100.1 + random.uniform()
            talk.technical.bollingerMiddle = 100
            talk.sentiment.nearestCluster = 100 + (random.uniform() - 0.5)
            let strategy = Strategy.allCases[Int(random.next() % 3)]
            for (action, symbol) in [(Action.long, talk.symbol), (.short, talk.other)] {
                let plan = try talk.decide(action, strategy, of: symbol, confidence: random.uniform() * 100)
                guard case .approved(let terms) = plan.verdict else { continue }
                approved += 1
                #expect(terms.stopDistance > .zero && terms.takeProfitDistance > terms.stopDistance)
                #expect(terms.stopDistance.double <= 0.0030 * 102 && terms.takeProfitDistance.double <= 0.0050 * 102)
                #expect(terms.margin.double <= 0.4 * Double(balance) + 0.01)
                #expect(5...talk.regime.leverageMax ~= terms.leverage)
                // Stop inside half of the way to liquidation, on the losing side of the entry.
                #expect(terms.stopDistance.double / 100 < (1 / Double(terms.leverage) - 0.01) / 2)
                // What the stop costs is never above the risk.
                let loss = terms.notional.double * terms.stopDistance.double / terms.entryPrice.double
                #expect(loss <= terms.riskRatio * Double(balance) * 1.0001)
            }
        }
        #expect(approved > 300)
    }

    @Test func `a tighter input never gives a larger size`() throws {
        func notional(_ tighten: (inout Talk, inout RiskConfiguration, inout Double) -> Void) throws -> Double {
            var rules = RiskConfiguration(), confidence = 90.0
            var probe = try Talk(atr: 0.3)
            tighten(&probe, &rules, &confidence)
            var talk = try Talk(atr: 0.3, rules)
            talk.regime = probe.regime
            talk.atr = probe.atr
            guard case .approved(let terms) = try talk.decide(.long, confidence: confidence).verdict else { return 0 }
            return terms.notional.double
        }
        let free = try notional { _, _, _ in }
        #expect(free > 0)
        let tighter: [(inout Talk, inout RiskConfiguration, inout Double) -> Void] = [
            { _, _, confidence in confidence = 70 }, { _, _, confidence in confidence = 10 },
            { talk, _, _ in talk.regime.sizeMultiplier = 0.5 }, { talk, _, _ in talk.regime.leverageMax = 8 },
            { _, rules, _ in rules.sizing.marginCap = 0.2 }, { _, rules, _ in rules.sizing.riskPerTrade = 0.005 },
            { _, rules, _ in rules.sizing.leverageMax = 6 }, { talk, _, _ in talk.atr = 0.36 },
            { _, rules, _ in rules.sizing.marginCapTotal = 0.4 },
        ]
        for change in tighter { #expect(try notional(change) <= free) }
    }
}
