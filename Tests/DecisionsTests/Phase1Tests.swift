import Decisions
import SignalContracts
import Testing
import TradingPrimitives

/// A conversation with the decision engine in the phase-1 profile.
struct Phase1Tests {
    private struct Talk {
        let symbol: Symbol
        var engine: DecisionEngine
        var now = Timestamp(milliseconds: 1_700_000_000_000)
        private var counter: UInt64 = 0

        init() throws {
            symbol = try #require(Symbol("BTCUSDT"))
            var rules = DecisionConfiguration()
            rules.profile = .phase1
            engine = DecisionEngine(symbols: [symbol], rules)
        }

        mutating func hear(_ event: DecisionInput.Event) -> Decision? {
            var answer: Decision?
            engine.process(DecisionInput(symbol: symbol, event: event)) { output in
                if case .decision(_, let decision, _) = output { answer = decision }
            }
            return answer
        }

        mutating func tick(_ direction: Momentum, _ strength: Double) {
            var signal = TickSignal(cause: .zero, eventTime: now)
            signal.isWarm = true
            signal.direction = direction
            signal.strength = strength
            _ = hear(.signal(.tick(signal)))
        }

        mutating func flow(
            _ direction: BookPressure, _ strength: Double, conviction: Double = 1, spreadTicks: Int64 = 1,
            afterMs: Int64 = 100
        ) -> Decision? {
            now = now + afterMs
            counter += 1
            _ = hear(.risk(RiskState(eventTime: now)))
            var signal = OrderFlowSignal(
                cause: StreamId(milliseconds: UInt64(now.milliseconds), sequence: counter), eventTime: now)
            signal.isWarm = true
            signal.direction = direction
            signal.strength = strength
            signal.conviction = conviction
            signal.bestBid = Price(raw: 61_800 * fixedScale)
            signal.bestAsk = Price(raw: 61_800 * fixedScale + spreadTicks * 10_000_000)
            return hear(.signal(.orderFlow(signal)))
        }
    }

    @Test func `trades when both agree and are strong, and says it once`() throws {
        var talk = try Talk()
        talk.tick(.long, 0.8)
        let first = talk.flow(.buyPressure, 0.9)
        let decision = try #require(first)
        #expect(decision.action == .long && decision.failedGates.isEmpty && decision.profile == "phase1")
        #expect(decision.finalScore == (0.35 * 0.9 + 0.25 * 0.8) / 0.6)
        #expect(decision.id == TradeId(symbol: talk.symbol, cause: decision.cause))
        #expect(decision.signals.tick?.strength == 0.8 && decision.signals.orderFlow?.strength == 0.9)
        #expect(talk.flow(.buyPressure, 0.9) == nil)
    }

    @Test func `mirrored inputs give the mirrored decision`() throws {
        var rise = try Talk(), fall = try Talk()
        rise.tick(.long, 0.8)
        fall.tick(.short, 0.8)
        let up = rise.flow(.buyPressure, 0.7), down = fall.flow(.sellPressure, 0.7)
        let long = try #require(up), short = try #require(down)
        #expect(long.finalScore == -short.finalScore && long.confidence == short.confidence)
        #expect(long.action == .long && short.action == .short)
    }

    @Test func `each gate stops it by its name`() throws {
        var weak = try Talk()
        weak.tick(.long, 0.3)
        let weakAnswer = weak.flow(.buyPressure, 0.9)
        #expect(weakAnswer?.failedGates == GateSet(.score))
        var apart = try Talk()
        apart.tick(.short, 0.9)
        let apartAnswer = apart.flow(.buyPressure, 0.9)
        #expect(apartAnswer?.failedGates == GateSet(.agreement))
        var wide = try Talk()
        wide.tick(.long, 0.9)
        let wideAnswer = wide.flow(.buyPressure, 0.9, spreadTicks: 100)
        #expect(wideAnswer?.failedGates == GateSet(.spread))
        var old = try Talk()
        old.tick(.long, 0.9)
        let oldAnswer = old.flow(.buyPressure, 0.9, afterMs: 5001)
        #expect(oldAnswer?.failedGates.contains(.stale) == true)
        var jumpy = try Talk()
        jumpy.tick(.short, 0.9)
        _ = jumpy.flow(.sellPressure, 0.9)
        jumpy.tick(.long, 0.9)
        let jumpyAnswer = jumpy.flow(.buyPressure, 0.9, afterMs: 600)
        #expect(jumpyAnswer?.failedGates == GateSet(.stability))
    }

    @Test func `an open position, two positions and an unknown order each close a gate`() throws {
        var talk = try Talk()
        func event(_ kind: ExecutionKind, _ direction: Direction) -> ExecutionEvent {
            var event = ExecutionEvent(
                plan: TradeId(symbol: talk.symbol, cause: .zero), cause: .zero, eventTime: talk.now, kind: kind,
                state: .active,
                direction: direction, strategy: .momentum)
            event.clientOrderId = "v7-x-e"
            return event
        }
        talk.tick(.long, 0.9)
        _ = talk.hear(.execution(event(.entryFilled, .short)))
        let answer1 = talk.flow(.buyPressure, 0.9)
        #expect(answer1?.failedGates == GateSet(.hedge))
        _ = talk.hear(.execution(event(.positionClosed, .short)))
        _ = talk.hear(.execution(event(.orderUnknown, .long)))
        let answer2 = talk.flow(.buyPressure, 0.9)
        #expect(answer2?.failedGates == GateSet(.locked))
        _ = talk.hear(.execution(event(.orderResolved, .long)))
        let answer3 = talk.flow(.buyPressure, 0.9)
        #expect(answer3?.action == .long)
    }

    @Test func `it speaks at least once a minute`() throws {
        var talk = try Talk()
        var count = 0
        for _ in 0..<1300 where talk.flow(.neutral, 0) != nil { count += 1 }
        #expect(count == 3)
    }
}
