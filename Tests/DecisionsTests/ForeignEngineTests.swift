import Decisions
import SignalContracts
import Testing
import TradingPrimitives

/// Engines that are not the house's in the vote, and programs that speak under a name that is not theirs.
struct ForeignEngineTests {
    private let id: EngineId

    init() throws { id = try #require(EngineId("rsi")) }

    private func talk(weight: Double = 0.1, ageMaxMs: Int64 = 5000, others: [ForeignEngine] = []) throws -> Talk {
        var talk = try Talk(.momentum)
        var rules = DecisionConfiguration()
        rules.engines = [ForeignEngine(id, weight: weight, ageMaxMs: ageMaxMs)] + others
        talk.engine = DecisionEngine(symbols: [talk.symbol], rules)
        return talk
    }

    private func say(
        _ sign: Int, _ talk: inout Talk, strength: Double = 1, confidence: Double = 1, isWarm: Bool = true,
        as engine: EngineId? = nil, aheadMs: Int64 = 0
    ) {
        let signal = ForeignSignal(
            engine ?? id, cause: talk.nextCause(), eventTime: talk.now + aheadMs, isWarm: isWarm, sign: sign,
            strength: strength, confidence: confidence)
        _ = talk.hear(.signal(.foreign(signal)))
    }

    private let house = (0.35 * 0.9 + 0.25 * 0.8 + 0.20 * 0.7 + 0.12 * 0.5) / 0.92

    @Test func `its word counts by its weight, and the house shares the rest`() throws {
        var talk = try talk()
        _ = talk.evaluate()
        say(1, &talk, strength: 0.8, confidence: 0.5)
        let answer = talk.evaluate(afterMs: 60_000) { say(-1, &$0, strength: 0.8, confidence: 0.5) }
        let decision = try #require(answer)
        #expect(abs(decision.finalScore - (house * 0.9 - 0.1 * 0.4)) < 1e-12)
        #expect(EngineList(decision.votes)[id] == EngineVote(id, sign: -1, strength: 0.4, weight: 0.1))
        #expect(EngineList(decision.votes)[HouseEngine.orderFlow.id]?.weight == 0.3424)
        #expect(abs(decision.votes.map(\.weight).reduce(0, +) - 1) < 1e-3)
        // It is no engine of the four that must agree, and no gate is its.
        #expect(decision.enginesAgree == 5 && decision.failedGates.isEmpty)
        guard case .hash("engine_signals:{BTCUSDT}", let shown, false)? = talk.projections.last else {
            Issue.record("\(talk.projections)")
            return
        }
        #expect(shown["rsi"]?.contains("engine=rsi") == true && shown["rsi"]?.contains("sign=-1") == true)
        guard case .hash(_, let weights, true)? = talk.projections.first else { return }
        #expect(weights["others"] == "rsi:0.1" && weights["e1"] == "0.3424")
    }

    @Test func `absent, cold, late and early it is neutral`() throws {
        func score(_ heard: (inout Talk) -> Void) throws -> Double {
            var talk = try talk(ageMaxMs: 3000)
            let decision = talk.evaluate(heard: heard)
            return try #require(decision).finalScore
        }
        #expect(try abs(score { say(1, &$0) } - (house * 0.9 + 0.1)) < 1e-12)
        #expect(try abs(score { _ in } - house * 0.9) < 1e-12)
        #expect(try abs(score { say(1, &$0, isWarm: false) } - house * 0.9) < 1e-12)
        #expect(try abs(score { say(1, &$0, aheadMs: -3001) } - house * 0.9) < 1e-12)
        #expect(try abs(score { say(1, &$0, aheadMs: 3001) } - house * 0.9) < 1e-12)
        // Far in the future it does not make the house's engines look late.
        var ahead = try talk()
        let decision = ahead.evaluate { say(1, &$0, aheadMs: 1_000_000_000) }
        #expect(decision?.failedGates.isEmpty == true)
    }

    @Test func `without engines of others, and with those of weight 0, decisions are the house's`() throws {
        var plain = try Talk(.momentum), shadowed = try talk(weight: 0)
        for step in 0..<20 {
            let strength = Double(step) / 20
            for isPlain in [true, false] {
                if isPlain {
                    plain.signals.tick?.strength = strength
                } else {
                    shadowed.signals.tick?.strength = strength
                }
            }
            let own = plain.evaluate(), other = shadowed.evaluate(heard: { say(-1, &$0) })
            #expect(own?.finalScore == other?.finalScore && own?.action == other?.action)
        }
    }

    @Test func `who says very much is neutral while it does, and a person hears of it once`() throws {
        var talk = try talk()
        _ = talk.evaluate(afterMs: 1000)
        var scores: [Double] = []
        for second in 0..<4 {
            let isFlood = second < 2
            let decision = talk.evaluate(afterMs: 60_000) { talk in
                for _ in 0..<(isFlood ? 500 : 5) { say(-1, &talk) }
            }
            scores.append(try #require(decision).finalScore)
        }
        // The flood is counted at the end of its second: the next evaluation leaves it out.
        #expect(scores.map { abs($0 - house * 0.9) < 1e-12 } == [true, true, false, false])
        #expect(talk.alerts.map(\.event) == ["engine_floods"])
    }

    @Test func `an engine that nobody admitted counts for nothing, and a person hears of it once`() throws {
        var talk = try talk(weight: 0.25)
        let stranger = try #require(EngineId("stranger"))
        for _ in 0..<50 {
            let decision = talk.evaluate(afterMs: 10_000) { say(-1, &$0, as: stranger) }
            if let decision { #expect(abs(decision.finalScore - house * 0.75) < 1e-12) }
        }
        #expect(talk.alerts.map(\.event) == ["engine_not_admitted"])
    }

    @Test func `the maddest of engines moves the score by its weights and opens no other gate`() throws {
        let mad = try (1...4).map { ForeignEngine(try #require(EngineId("mad\($0)")), weight: 0.1) }
        var talk = try talk(weight: 0.1, others: mad)
        // E1 alone says anything.
        talk.signals.tick?.direction = .neutral
        talk.signals.technical?.direction = .neutral
        talk.signals.sentiment?.direction = .balanced
        let answer = talk.evaluate { talk in for engine in mad.map(\.id) + [id] { say(1, &talk, as: engine) } }
        let decision = try #require(answer)
        #expect(decision.action == .noTrade && decision.failedGates.contains(.agreement))
        #expect(abs(decision.finalScore - (0.35 * 0.9 / 0.92 * 0.5 + 0.5)) < 1e-12)
        #expect(decision.confidence <= 100)
    }

    @Test(arguments: HouseEngine.allCases)
    func `who speaks under a house engine's name takes its voice away, not over`(_ engine: HouseEngine) throws {
        var talk = try Talk(.momentum)
        let first = talk.evaluate()
        #expect(first?.action == .long)
        // A mirror: what the engine said last, the other way round, as of the same entry.
        let echo: (inout Talk) -> Void = { talk in
            switch engine {
            case .orderFlow:
                guard var signal = talk.signals.orderFlow else { return }
                (signal.direction, signal.isWarm, signal.eventTime) = (.sellPressure, true, talk.now)
                signal.cause = StreamId(milliseconds: 1, sequence: 1)
                #expect(talk.hear(.signal(.orderFlow(signal))) == nil, "it sets off no decision")
            case .tick:
                guard var signal = talk.signals.tick else { return }
                (signal.direction, signal.isWarm, signal.eventTime) = (.short, true, talk.now)
                _ = talk.hear(.signal(.tick(signal)))
            case .technical:
                guard var signal = talk.signals.technical else { return }
                (signal.direction, signal.isWarm, signal.eventTime) = (.short, true, talk.now)
                _ = talk.hear(.signal(.technical(signal)))
            case .sentiment:
                guard var signal = talk.signals.sentiment else { return }
                (signal.direction, signal.isWarm, signal.eventTime) = (.crowdLong, true, talk.now)
                _ = talk.hear(.signal(.sentiment(signal)))
            case .regime:
                guard var signal = talk.signals.regime else { return }
                (signal.isTradeable, signal.isWarm, signal.eventTime) = (true, true, talk.now)
                _ = talk.hear(.signal(.regime(signal)))
            }
        }
        let answer = talk.evaluate(afterMs: 60_000, heard: echo)
        let doubted = try #require(answer)
        #expect(EngineList(doubted.votes)[engine.id]?.sign ?? 0 == 0, "it is neutral")
        #expect(doubted.signals.regime == nil || engine != .regime)
        switch engine {
        case .orderFlow: #expect(doubted.failedGates.contains(.stale))
        case .regime: #expect(doubted.failedGates.contains(.tradeable))
        case .tick: #expect(doubted.failedGates.contains(.strategy))
        // Three of four still agree.
        case .technical, .sentiment: #expect(doubted.signals.technical == nil || engine != .technical)
        }
        #expect(talk.alerts.map(\.event) == ["engine_doubted"])
        // Ten seconds later it has its voice back; the score has jumped, and is stable half a second after.
        let back = talk.evaluate(afterMs: 60_000), settled = talk.evaluate(afterMs: 500)
        let after = settled ?? back
        #expect(after?.action == .long && after?.finalScore == first?.finalScore, "\(after?.reason ?? "nothing")")
    }
}
