public import SignalContracts
public import TradingPrimitives

/// S1: turns the engines' signals into a decision, on each E1 signal, for that symbol.
///
/// This is the `phase1` profile: trade when E1 and E2 agree and both are strong. Definitions: strategy reference,
/// "Decision".
public struct DecisionEngine: StreamProcessor {
    private let configuration: DecisionConfiguration
    private var symbols: [SymbolState]
    private var positions = OpenPositions()

    public init(symbols: [Symbol], _ configuration: DecisionConfiguration = DecisionConfiguration()) {
        self.configuration = configuration
        self.symbols = symbols.map(SymbolState.init)
    }

    public mutating func process(_ input: DecisionInput, emit: (DecisionOutput) -> Void) {
        switch input.event {
        case .signal(let signal):
            guard let index = symbols.firstIndex(where: { $0.symbol == input.symbol }) else { return }
            symbols[index].signals.update(signal)
            guard case .orderFlow(let trigger) = signal else { return }
            let decision = decide(on: trigger, for: &symbols[index])
            if symbols[index].isNews(decision, everyMs: configuration.publishEveryMs) {
                emit(DecisionOutput(symbol: input.symbol, decision: decision))
            }
        case .execution(let event):
            positions.apply(event, of: input.symbol)
        }
    }

    private func decide(on trigger: OrderFlowSignal, for state: inout SymbolState) -> Decision {
        let score = Score(state.signals, at: trigger.eventTime, configuration)
        let jump = state.scores.change(to: score.value, at: trigger.eventTime, over: configuration.stabilityMs)
        var decision = Decision(
            id: TradeId(symbol: state.symbol, cause: trigger.cause), cause: trigger.cause, eventTime: trigger.eventTime,
            profile: configuration.profile, action: .noTrade, strategy: .momentum, confidence: 0,
            finalScore: score.value,
            scoreMomentum: score.value, scoreReversion: 0, enginesAgree: score.enginesAgree, failedGates: GateSet(),
            reason: "", signals: state.signals)
        let direction: Direction = score.value < 0 ? .short : .long
        var gates = GateKeeper()
        gates.check(.stale, score.isFresh, "E1 or E2 is cold or old")
        gates.check(.agreement, score.enginesAgree == 2, "E1 and E2 do not agree")
        gates.check(
            .score, score.isStrong, "E1 \(percent(score.orderFlow)), E2 \(percent(score.tick)) are not both strong")
        gates.check(.spread, isTight(trigger), "the spread is too wide")
        gates.check(.stability, jump <= configuration.scoreJumpMax, "the score jumped by \(percent(jump))")
        gates.check(.hedge, positions[state.symbol] != direction.opposite, "a position stands the other way")
        gates.check(
            .maxPositions, positions.count < configuration.positionsMax, "\(positions.count) positions are open")
        gates.check(.locked, !positions.isLocked(state.symbol), "an order's outcome is not known")
        decision.failedGates = gates.failed
        decision.confidence = min(100, abs(score.value) * 100)
        if gates.failed.isEmpty {
            decision.action = direction == .long ? .long : .short
            decision.reason = "E1 \(percent(score.orderFlow)) and E2 \(percent(score.tick)) agree"
        } else {
            decision.reason = gates.reasons
        }
        return decision
    }

    private func isTight(_ signal: OrderFlowSignal) -> Bool {
        guard let bid = signal.bestBid, let ask = signal.bestAsk, bid > .zero, ask > bid else { return false }
        return Double(ask.raw - bid.raw) / Double(bid.raw) <= configuration.spreadMax
    }
}

/// A fraction as a whole percentage, for people: `0.614` is `61 %`.
private func percent(_ fraction: Double) -> String { "\(Int((fraction * 100).rounded())) %" }

/// Collects the gates that failed, and why.
private struct GateKeeper {
    private(set) var failed = GateSet()
    private(set) var reasons = ""

    mutating func check(_ gate: Gate, _ isOpen: Bool, _ reason: @autoclosure () -> String) {
        if isOpen { return }
        failed.insert(gate)
        reasons += reasons.isEmpty ? reason() : "; " + reason()
    }
}

/// An engine's signal, or what happened to a position.
public struct DecisionInput: StreamInput, SymbolKeyed {
    public enum Event: Sendable {
        case signal(EngineSignal)
        case execution(ExecutionEvent)
    }

    public static let streams: [StreamKind] = [.signal, .execution]
    /// Longer than any position is held.
    public static let warmUpMs: Int64 = 1_800_000

    public let symbol: Symbol
    public let event: Event

    public init(symbol: Symbol, event: Event) {
        self.symbol = symbol
        self.event = event
    }

    public init?(stream: StreamName, id: StreamId, fields: Fields) throws(ContractError) {
        guard let symbol = stream.symbol else { return nil }
        switch stream.kind {
        case .signal: self.init(symbol: symbol, event: .signal(try EngineSignal(fields)))
        case .execution: self.init(symbol: symbol, event: .execution(try ExecutionEvent(fields)))
        default: return nil
        }
    }
}

public struct DecisionOutput: StreamOutput {
    public let symbol: Symbol
    public let decision: Decision

    public var stream: StreamName { StreamName(.decision, symbol) }
    public func encode(into fields: inout Fields) { decision.encode(into: &fields) }
}
