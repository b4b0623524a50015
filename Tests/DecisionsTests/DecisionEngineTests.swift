import Decisions
import SignalContracts
import Testing
import TradingPrimitives

/// All engines, all gates, all three strategies.
struct DecisionEngineTests {
    @Test(arguments: Strategy.allCases, Direction.allCases)
    func `each strategy trades when its conditions hold`(_ strategy: Strategy, _ direction: Direction) throws {
        var talk = try Talk(strategy, direction)
        let first = talk.evaluate()
        let decision = try #require(first)
        #expect(decision.action == (direction == .long ? .long : .short), "\(decision.reason)")
        #expect(decision.strategy == strategy && decision.failedGates.isEmpty && decision.profile == "vortex7")
        #expect(talk.evaluate() == nil, "said once")
    }

    @Test func `the score is the weighted mean of four engines, and confidence follows from it`() throws {
        var talk = try Talk(.momentum)
        let first = talk.evaluate()
        let decision = try #require(first)
        // (0.35·0.9·1 + 0.25·0.8 + 0.20·0.7 + 0.12·0.5)/0.92
        let score = (0.35 * 0.9 + 0.25 * 0.8 + 0.20 * 0.7 + 0.12 * 0.5) / 0.92
        #expect(abs(decision.finalScore - score) < 1e-12 && decision.scoreMomentum == decision.finalScore)
        // All four agree and E5 prefers A: five. Strategy score 0.4 + 0.3 + 0.2 + 0.1 = 1.
        #expect(decision.enginesAgree == 5)
        #expect(abs(decision.confidence - score * 1.2 * 100) < 1e-9)
    }

    @Test func `reversion is judged by its own score`() throws {
        var talk = try Talk(.reversion)
        let first = talk.evaluate()
        let decision = try #require(first)
        #expect(decision.finalScore == decision.scoreReversion)
        #expect(abs(decision.scoreReversion - (0.35 * 0.9 + 0.25 * 0.8 + 0.20 * 0.9 + 0.12 * 0.5) / 0.92) < 1e-12)
        #expect(abs(decision.scoreMomentum - (0.35 * 0.9 + 0.25 * 0.8 + 0.12 * 0.5) / 0.92) < 1e-12)
    }

    private func learned(number: Int, scoreThreshold: Double, at time: Timestamp) -> EngineWeights {
        EngineWeights(
            number: number, eventTime: time, weights: EngineList(house: [0.4, 0.3, 0.2, 0.1]),
            scoreThreshold: scoreThreshold, minTakeProfitMultiplier: 1, takeProfitMultiplier: 1, entryOffsetTicks: 1,
            tradeCount: 100)
    }

    @Test func `regime and learner change the weights`() throws {
        var talk = try Talk(.momentum)
        talk.signals.regime?.weight3 = 0.20 * 1.25
        let first = talk.evaluate()
        let score = try #require(first).finalScore
        #expect(abs(score - (0.35 * 0.9 + 0.25 * 0.8 + 0.25 * 0.7 + 0.12 * 0.5) / 0.97) < 1e-12)
        _ = talk.hear(.weights(learned(number: 1, scoreThreshold: 0.9, at: talk.now)))
        let second = talk.evaluate(afterMs: 60_000)
        let learned = try #require(second)
        #expect(abs(learned.finalScore - (0.4 * 0.9 + 0.3 * 0.8 + 0.25 * 0.7 + 0.1 * 0.5) / 1.05) < 1e-12)
        #expect(learned.failedGates == GateSet(.score))
    }

    @Test func `reliability counts where it is on, and the threshold goes with its mean`() throws {
        func decide(_ isOn: Bool, _ values: [Double]) throws -> Decision {
            var talk = try Talk(.momentum)
            var rules = DecisionConfiguration()
            rules.usesReliability = isOn
            talk.engine = DecisionEngine(symbols: [talk.symbol], rules)
            var weights = learned(number: 1, scoreThreshold: 0.55, at: talk.now)
            weights.reliabilities = EngineList(house: values)
            _ = talk.hear(.weights(weights))
            let decision = talk.evaluate()
            return try #require(decision)
        }
        let whole = 0.4 * 0.9 + 0.3 * 0.8 + 0.2 * 0.7 + 0.1 * 0.5
        let off = try decide(false, [0.6, 0.6, 0.6, 0.6])
        #expect(abs(off.finalScore - whole) < 1e-12 && off.failedGates.isEmpty)
        // All are equally unreliable: the score and its threshold shrink alike, and it is the same trade.
        let even = try decide(true, [0.6, 0.6, 0.6, 0.6])
        #expect(abs(even.finalScore - 0.6 * whole) < 1e-12 && even.failedGates.isEmpty)
        // E1, which says most, is right half of the time: 0.61 of 0.55 × 0.875.
        let uneven = try decide(true, [0.5, 1, 1, 1])
        #expect(abs(uneven.finalScore - (whole - 0.5 * 0.4 * 0.9)) < 1e-12 && uneven.failedGates.isEmpty)
    }

    @Test func `the weights in force are shown, whoever set them`() throws {
        func shown(_ talk: Talk) throws -> [String: String] {
            guard case .hash("engine_weights:{BTCUSDT}", let fields, true)? = talk.projections.first else { return [:] }
            return Dictionary(uniqueKeysWithValues: fields.pairs.map { ($0.name, $0.value) })
        }
        var talk = try Talk(.momentum)
        talk.signals.regime?.weight3 = 0.20 * 1.25
        let first = talk.evaluate()
        var wanted = [
            "event_time": "\(try #require(first).eventTime.milliseconds)", "e1": "0.3608", "e2": "0.2577",
            "e3": "0.2577",
            "e4": "0.1237", "score_min": "0.55", "set": "0",
        ]
        // 0.35, 0.25, 0.25 and 0.12 of 0.97.
        #expect(try shown(talk) == wanted)
        _ = talk.hear(.weights(learned(number: 7, scoreThreshold: 0.6, at: talk.now)))
        let second = talk.evaluate(afterMs: 60_000)
        // 0.4, 0.3, 0.25 and 0.1 of 1.05.
        wanted = [
            "event_time": "\(try #require(second).eventTime.milliseconds)", "e1": "0.381", "e2": "0.2857",
            "e3": "0.2381",
            "e4": "0.0952", "score_min": "0.6", "set": "7",
        ]
        #expect(try shown(talk) == wanted)
    }

    @Test func `a decision names the account that the executor told last, and the venue`() throws {
        var talk = try Talk(.momentum)
        talk.account.account = "P1"
        let first = talk.evaluate()
        #expect(first?.account == "P1" && first?.mode == nil)
        var rules = DecisionConfiguration()
        (rules.mode, rules.program) = (.demo, "9.9.9")
        talk.engine = DecisionEngine(symbols: [talk.symbol], rules)
        let second = talk.evaluate(afterMs: 60_000)
        #expect(second?.mode == .demo && second?.program == "9.9.9" && second?.account == "P1")
    }

    @Test func `each gate stops it by its name`() throws {
        func failures(_ strategy: Strategy = .momentum, _ spoil: (inout Talk) -> Void) throws -> GateSet {
            var talk = try Talk(strategy)
            spoil(&talk)
            let answer = talk.evaluate()
            return try #require(answer).failedGates
        }
        #expect(try failures { $0.signals.orderFlow?.conviction = 0.2 } == GateSet(.score))
        #expect(
            try failures {
                $0.signals.tick?.direction = .neutral
                $0.signals.sentiment?.direction = .balanced
                $0.signals.technical?.strength = 1
                $0.signals.orderFlow?.strength = 1
            } == GateSet(.agreement))
        #expect(try failures { $0.signals.regime?.isTradeable = false } == GateSet(.tradeable))
        #expect(try failures { $0.signals.regime?.isSpreadOk = false } == GateSet(.spread))
        #expect(try failures { $0.signals.regime = nil } == GateSet(.tradeable, .spread, .strategy))
        #expect(try failures { $0.signals.tick?.volumeSpike = false } == GateSet(.strategy))
        #expect(try failures { $0.signals.tick?.streakSide = .sell } == GateSet(.strategy))
        #expect(try failures { $0.signals.regime?.regime = .choppy } == GateSet(.strategy))
        #expect(try failures(.reversion) { $0.signals.regime?.regime = .trending } == GateSet(.strategy))
        #expect(try failures(.cascade) { $0.signals.sentiment?.clusterDirection = .below } == GateSet(.strategy))
        #expect(try failures(.cascade) { $0.signals.regime?.volatilityPhase = .low } == GateSet(.strategy))
        #expect(try failures { $0.halt() } == GateSet(.breaker))
        #expect(try failures { $0.pause($0.symbol) } == GateSet(.breaker))
        let other = try #require(Symbol("XRPUSDT"))
        #expect(try failures { $0.pause(other) } == GateSet())
        #expect(try failures { $0.trip(.lossStreak, forMs: 60_000) } == GateSet(.breaker))
        #expect(try failures { $0.trip(.lossStreak, forMs: 50) } == GateSet())
    }

    @Test func `confirmations are counted: two of four for A, two of three for B and C`() throws {
        var a = try Talk(.momentum)
        a.signals.orderFlow?.imbalance = 0.2
        a.signals.orderFlow?.cvdSlope = -0.1
        let twoOfFour = a.evaluate()
        #expect(twoOfFour?.action == .long)
        a.signals.technical?.nearestResistance = Price(raw: 60_020 * fixedScale)
        let oneOfFour = a.evaluate()
        #expect(oneOfFour?.failedGates == GateSet(.strategy))
        var b = try Talk(.reversion)
        b.signals.technical?.rsiDivergence = true
        b.signals.technical?.rsiDivergenceDirection = .short
        let twoOfThree = b.evaluate()
        #expect(twoOfThree?.action == .long)
        b.signals.orderFlow?.imbalance = 0.39
        let oneOfThree = b.evaluate()
        #expect(oneOfThree?.failedGates == GateSet(.strategy))
    }

    @Test func `the greatest strategy score wins, and A before C before B among equals`() throws {
        var talk = try Talk(.cascade)
        talk.signals.tick?.velocityRatio = 2.5
        // A: 0.4 + 0.3 + 0.2 + 0.1 = 1; C: 0.5 + 0.3 + 0.2 = 1.
        let tie = talk.evaluate()
        #expect(tie?.strategy == .momentum)
        talk.signals.orderFlow?.strength = 0.6
        let second = talk.evaluate()
        #expect(second?.strategy == .cascade)
    }

    @Test func `an old signal counts as neutral, and an old regime as not tradeable`() throws {
        var talk = try Talk(.momentum)
        _ = talk.evaluate()
        // Five seconds later only E1 spoke: E2 and E3 are too old.
        let late = talk.evaluate(afterMs: 5001, others: false)
        let decision = try #require(late)
        #expect(decision.failedGates.contains(.agreement) && decision.failedGates.contains(.strategy))
        #expect(abs(decision.scoreMomentum - (0.35 * 0.9 + 0.12 * 0.5) / 0.92) < 1e-12)
        let older = talk.evaluate(afterMs: 90_000, others: false)
        #expect(older?.failedGates.contains(.tradeable) == true)
    }

    @Test func `E1 that opposes, a jump, a position and an unknown order each stop it`() throws {
        var opposed = try Talk(.momentum)
        _ = opposed.evaluate()
        opposed.signals.orderFlow?.direction = .sellPressure
        opposed.signals.orderFlow?.strength = 0.05
        let answer = opposed.evaluate()
        #expect(answer?.failedGates.contains(.primary) == true)
        var jumpy = try Talk(.momentum, .short)
        _ = jumpy.evaluate()
        jumpy.signals = Talk.signals(for: .momentum, .long)
        let jumped = jumpy.evaluate(afterMs: 600)
        #expect(jumped?.failedGates == GateSet(.stability))
        var held = try Talk(.momentum)
        _ = held.hear(.execution(held.event(.entryFilled, .short)))
        let hedged = held.evaluate()
        #expect(hedged?.failedGates == GateSet(.hedge))
        _ = held.hear(.execution(held.event(.positionClosed, .short)))
        _ = held.hear(.execution(held.event(.orderUnknown, .long)))
        let locked = held.evaluate()
        #expect(locked?.failedGates == GateSet(.locked))
        var behind = try Talk(.momentum)
        var newer = TickSignal(cause: .zero, eventTime: behind.now + 1200)
        newer.isWarm = true
        _ = behind.hear(.signal(.tick(newer)))
        let stale = behind.evaluate(others: false)
        #expect(stale?.failedGates.contains(.stale) == true)
    }

    @Test func `the funnel counts every evaluation and survives a restart`() throws {
        var talk = try Talk(.momentum)
        talk.signals.regime?.isTradeable = false
        var last: Decision?
        for _ in 0..<700 { last = talk.evaluate() ?? last }
        let told = try #require(last)
        let at = told.gateCounts.evaluations
        #expect(at > 600 && told.gateCounts[.tradeable].failed == at && told.gateCounts[.tradeable].failedAlone == at)
        #expect(told.gateCounts[.score].failed == 0)
        // A new process reads its predecessor's last decision back.
        talk.engine = DecisionEngine(symbols: [talk.symbol])
        _ = talk.hear(.decision(told))
        var next = talk.evaluate(), made = 1
        while next == nil, made < 1000 {
            next = talk.evaluate()
            made += 1
        }
        #expect(next?.gateCounts.evaluations == at + made)
        // Read again it does not set it back; a new day begins anew.
        _ = talk.hear(.decision(told))
        let morning = talk.evaluate(afterMs: 86_400_000)
        #expect(morning?.gateCounts.evaluations == 1)
        #expect(morning?.gateCounts.since == talk.now.floored(to: 86_400_000))
    }

    @Test func `signals stand in decisions to trade, in near misses and once a minute, over a restart as well`() throws
    {
        /// What is said when two gates are shut and a third goes to and fro; a restart after so many evaluations.
        func told(restartAfter: Int?) throws -> [Decision] {
            var talk = try Talk(.momentum), told: [Decision] = []
            talk.signals.regime?.isTradeable = false
            for number in 0..<2000 {
                if number == restartAfter {
                    talk.engine = DecisionEngine(symbols: [talk.symbol])
                    for decision in told { _ = talk.hear(.decision(decision)) }
                }
                talk.signals.orderFlow?.conviction = 0.1
                talk.signals.regime?.isSpreadOk = number % 2 == 0
                if let decision = talk.evaluate() { told.append(decision) }
            }
            return told
        }
        let decisions = try told(restartAfter: nil)
        #expect(decisions.count == 2000 && decisions.allSatisfy { $0.failedGates.count >= 2 })
        let whole = decisions.filter(\.isWhole).map(\.eventTime)
        #expect(zip(whole, whole.dropFirst()).map { $1 - $0 } == [60_000, 60_000, 60_000])
        #expect(decisions.allSatisfy { $0.isWhole || $0.signals == SignalSnapshot() })
        let again = try told(restartAfter: 1000)
        #expect(again.filter(\.isWhole).map(\.eventTime) == whole)
        var talk = try Talk(.momentum)
        let first = talk.evaluate()
        #expect(first?.isWhole == true && first?.action == .long)
        for _ in 0..<3 {
            talk.signals.regime?.isSpreadOk.toggle()
            let decision = talk.evaluate()
            #expect(decision?.isWhole == true && decision.map { $0.failedGates.count <= 1 } == true)
        }
    }

    @Test func `any mixture of signals keeps all numbers in their ranges, and mirrors`() throws {
        var random = SplitMix64(seed: 7)
        for round in 0..<2000 {
            let seed = random.next()
            var up = try Talk(.momentum), down = try Talk(.momentum)
            up.signals = randomSignals(seed, mirrored: false)
            down.signals = randomSignals(seed, mirrored: true)
            let first = up.evaluate(), second = down.evaluate()
            let long = try #require(first), short = try #require(second)
            #expect((-1...1).contains(long.finalScore) && (0...100).contains(long.confidence), "round \(round)")
            #expect(long.scoreMomentum == -short.scoreMomentum && long.scoreReversion == -short.scoreReversion)
            #expect(long.confidence == short.confidence && long.failedGates == short.failedGates, "round \(round)")
            #expect(long.strategy == short.strategy && long.action.direction?.opposite == short.action.direction)
        }
    }

    /// Random signals; mirrored, the same market seen upside down.
    private func randomSignals(_ seed: UInt64, mirrored: Bool) -> SignalSnapshot {
        var random = SplitMix64(seed: seed)
        func part() -> Double { Double(random.next() >> 11) / Double(1 << 53) }
        let strategies = Strategy.allCases
        let strategy = strategies[Int(random.next() % 3)]
        let direction: Direction = mirrored ? .short : .long
        let sign = Double(direction.sign)
        var signals = Talk.signals(for: strategy, direction)
        if part() < 0.3 { signals.tick?.direction = mirrored ? .long : .short }
        if part() < 0.3 { signals.technical?.direction = mirrored ? .long : .short }
        if part() < 0.3 { signals.sentiment?.direction = mirrored ? .crowdShort : .crowdLong }
        signals.orderFlow?.strength = part()
        signals.orderFlow?.imbalance = sign * (2 * part() - 1)
        signals.tick?.strength = part()
        signals.tick?.streak = Int(20 * part())
        signals.technical?.strength = part()
        signals.sentiment?.strength = part()
        signals.sentiment?.liquidationProximity = part()
        return signals
    }
}

extension Talk {
    func event(_ kind: ExecutionKind, _ direction: Direction) -> ExecutionEvent {
        var event = ExecutionEvent(
            plan: TradeId(symbol: symbol, cause: .zero), cause: .zero, eventTime: now, kind: kind, state: .active,
            direction: direction, strategy: .momentum)
        event.clientOrderId = "v7-x-e"
        return event
    }

    mutating func halt() {
        var state = RiskState(eventTime: now)
        state.isHalted = true
        _ = hear(.risk(state))
    }

    mutating func pause(_ symbol: Symbol) {
        var state = RiskState(eventTime: now)
        state.paused = SymbolList([symbol])
        _ = hear(.risk(state))
    }

    mutating func trip(_ breaker: Breaker, forMs: Int64) {
        var state = RiskState(eventTime: now)
        state.breakers.breakers = [ActiveBreaker(breaker, until: now + forMs)]
        _ = hear(.risk(state))
    }
}
