import Decisions
import SignalContracts
import Testing
import TradingPrimitives

/// What is said of whether a contract could be entered, and what stops it.
struct ReadinessTests {
    /// Evaluations each second for so long.
    private func pass(_ talk: inout Talk, seconds: Int) {
        for _ in 0..<seconds { _ = talk.evaluate(afterMs: 1000) }
    }

    @Test func `while the market alone decides, an entry is possible`() throws {
        var talk = try Talk(.momentum)
        talk.signals.orderFlow?.conviction = 0.1
        talk.signals.regime?.isSpreadOk = false
        pass(&talk, seconds: 40)
        let word = try #require(talk.words.last)
        #expect(word.obstacles.isEmpty && word.reason.isEmpty && !word.isFault)
        #expect(talk.now - word.possibleAt < 15_000)
        #expect(talk.words.count < 6, "said again each quarter of a minute, not more")
    }

    @Test func `volatility is the market's, a cold E5 is a fault`() throws {
        var talk = try Talk(.momentum)
        talk.signals.regime?.isTradeable = false
        talk.signals.regime?.volatilityPhase = .extreme
        pass(&talk, seconds: 3)
        #expect(talk.words.last?.obstacles.isEmpty == true)
        talk.signals.regime = nil
        pass(&talk, seconds: 95)
        let word = try #require(talk.words.last)
        #expect(word.obstacles.names == ["gate:tradeable"] && word.isFault)
    }

    @Test func `each obstacle is named, and faults are told from wishes`() throws {
        func word(_ spoil: (inout Talk) -> Void) throws -> Readiness {
            var talk = try Talk(.momentum)
            spoil(&talk)
            pass(&talk, seconds: 3)
            return try #require(talk.words.last)
        }
        let stopped = try word { $0.account.hindrances = HindranceList([.stopped]) }
        #expect(stopped.obstacles.names == ["hindrance:stopped"] && !stopped.isFault)
        let unlisted = try word { $0.account.contracts = ContractHindrances([.init($0.symbol, [.notListed])]) }
        #expect(unlisted.obstacles.names == ["hindrance:not_listed"] && unlisted.isFault)
        let halted = try word { $0.halt() }
        #expect(halted.obstacles.names == ["gate:breaker"] && !halted.isFault && halted.reason == "halted by a person")
        let paused = try word { $0.pause($0.symbol) }
        #expect(paused.obstacles.names == ["gate:breaker"] && !paused.isFault && paused.reason == "paused by a person")
        let held = try word { _ = $0.hear(.execution($0.event(.entryFilled, .long))) }
        #expect(held.obstacles.names == ["gate:hedge"] && !held.isFault)
        let locked = try word {
            _ = $0.hear(.execution($0.event(.orderUnknown, .long)))
            $0.account.unknownOrders = 1
        }
        #expect(locked.obstacles.names == ["gate:locked"] && locked.isFault)
        let alone = try word { $0.hasCompany = false }
        #expect(alone.obstacles.names == ["silence:executor", "silence:risk"] && alone.isFault)
        let both = try word {
            $0.account.hindrances = HindranceList([.stopped])
            _ = $0.hear(.execution($0.event(.orderUnknown, .long)))
        }
        #expect(!both.isFault, "a person's wish stops it anyhow")
    }

    @Test func `a plan refused for want of something stops it until another one passes`() throws {
        var talk = try Talk(.momentum)
        func plan(_ verdict: TradePlan.Verdict) -> DecisionInput.Event {
            .plan(
                TradePlan(
                    id: TradeId(symbol: talk.symbol, cause: .zero), cause: .zero, eventTime: talk.now, direction: .long,
                    strategy: .momentum, confidence: 50, verdict: verdict))
        }
        let refusals: [(RiskRule, [String])] = [(.noRules, ["rule:no_rules"]), (.rewardToRisk, [])]
        for (rule, names) in refusals {
            let refused = plan(.rejected(rule: rule, detail: ""))
            _ = talk.hear(refused)
            pass(&talk, seconds: 3)
            #expect(talk.words.last?.obstacles.names == names)
        }
    }

    @Test func `without evaluations the executor's word is the clock`() throws {
        var talk = try Talk(.momentum)
        pass(&talk, seconds: 2)
        for _ in 0..<5 {
            talk.now = talk.now + 5000
            talk.keepCompany()
        }
        let word = try #require(talk.words.last)
        #expect(word.obstacles.names == ["silence:market"] && word.isFault)
        pass(&talk, seconds: 2)
        #expect(talk.words.last?.obstacles.isEmpty == true)
    }

    @Test func `a person hears each quarter of an hour that nothing but faults stops it`() throws {
        var talk = try Talk(.momentum)
        talk.account.contracts = ContractHindrances([.init(talk.symbol, [.noRules])])
        pass(&talk, seconds: 899)
        #expect(talk.alerts.isEmpty)
        pass(&talk, seconds: 902)
        #expect(talk.alerts.map(\.event) == ["entries_impossible", "entries_impossible"])
        #expect(talk.alerts.first?.text.contains(EntryHindrance.noRules.text) == true)
        talk.account.contracts = ContractHindrances()
        pass(&talk, seconds: 5)
        talk.account.contracts = ContractHindrances([.init(talk.symbol, [.noRules])])
        pass(&talk, seconds: 600)
        #expect(talk.alerts.count == 2)
    }

    @Test func `a lock that the executor knows no order for ends after a minute, and a person hears of it`() throws {
        var talk = try Talk(.momentum)
        _ = talk.hear(.execution(talk.event(.orderUnknown, .long)))
        pass(&talk, seconds: 30)
        #expect(talk.words.last?.obstacles.names == ["gate:locked"])
        talk.account.unknownOrders = 1
        pass(&talk, seconds: 100)
        #expect(talk.words.last?.obstacles.names == ["gate:locked"], "it knows of one")
        talk.account.unknownOrders = 0
        pass(&talk, seconds: 65)
        #expect(talk.alerts.map(\.event) == ["lock_without_doubt"])
        #expect(talk.words.last?.obstacles.isEmpty == true)
    }

    @Test(arguments: [ExecutionKind.positionClosed, .noFill, .planDenied])
    func `a lock ends with what it was for`(kind: ExecutionKind) throws {
        var talk = try Talk(.momentum)
        _ = talk.hear(.execution(talk.event(.orderUnknown, .long)))
        _ = talk.hear(.execution(talk.event(kind, .long)))
        let decision = talk.evaluate()
        #expect(decision?.failedGates == GateSet())
    }

    @Test func `a signal from the future is none, and holds up nobody once its engine speaks again`() throws {
        var talk = try Talk(.momentum)
        var mad = SentimentSignal(cause: .zero, eventTime: talk.now + 86_400_000)
        mad.isWarm = true
        _ = talk.hear(.signal(.sentiment(mad)))
        let during = talk.evaluate(others: false)
        #expect(during?.failedGates.contains(.stale) == true)
        let after = talk.evaluate(afterMs: 60_000)
        #expect(after?.failedGates.contains(.stale) == false)
    }
}
