public import SignalContracts
public import TradingPrimitives

/// An engine's signal, what happened to a position, or what the risk manager or the learner says.
public struct DecisionInput: MessageInput {
    public enum Event: Sendable {
        case signal(EngineSignal)
        case execution(ExecutionEvent)
        case risk(RiskState)
        case weights(EngineWeights)
        /// What became of a decision to trade.
        case plan(TradePlan)
        case account(AccountUpdate)
        /// One of our own, recalled: the day's counts go on from it.
        case decision(Decision)
    }

    public static let streams: [StreamKind] = [.signal, .plan, .execution, .account, .risk, .weights]
    public static let recalled: [StreamKind] = [.decision]

    public static func warmUpMs(of kind: StreamKind) -> Int64 {
        switch kind {
        // The rarest signal comes every thirty seconds, and scores are compared over a few.
        case .signal, .account: 65_000
        // The learner speaks seldom; its last word counts whatever its age.
        case .weights: .max
        // Longer than any position is held.
        default: 1_800_000
        }
    }

    /// Nil for what concerns all.
    public let symbol: Symbol?
    public let event: Event

    public init(symbol: Symbol?, event: Event) {
        self.symbol = symbol
        self.event = event
    }

    public init?(stream: StreamName, id: StreamId, message: SuiteMessage) {
        switch message {
        case .signal(let signal): self.init(symbol: stream.symbol, event: .signal(signal))
        case .execution(let execution): self.init(symbol: stream.symbol, event: .execution(execution))
        case .plan(let plan): self.init(symbol: stream.symbol, event: .plan(plan))
        case .account(let account): self.init(symbol: nil, event: .account(account))
        case .decision(let decision): self.init(symbol: stream.symbol, event: .decision(decision))
        case .risk(let state): self.init(symbol: nil, event: .risk(state))
        case .weights(let weights): self.init(symbol: nil, event: .weights(weights))
        default: return nil
        }
    }
}

/// A decision, whether a contract could be entered, or a word to a person.
public enum DecisionOutput: MessageOutput {
    /// With the weights that it was made with.
    case decision(Symbol, Decision, WeightsInForce)
    case readiness(Symbol, Readiness)
    case alert(Alert)

    public var stream: StreamName {
        switch self {
        case .decision(let symbol, _, _): StreamName(.decision, symbol)
        case .readiness(let symbol, _): StreamName(.readiness, symbol)
        case .alert: StreamName(.alert)
        }
    }

    public var message: SuiteMessage {
        switch self {
        case .decision(_, let decision, _): .decision(decision)
        case .readiness(_, let readiness): .readiness(readiness)
        case .alert(let alert): .alert(alert)
        }
    }

    public func forEachProjection(_ body: (Projection) -> Void) {
        guard case .decision(let symbol, let decision, let weights) = self else { return }
        body(
            .hash(
                key: "engine_weights:{\(symbol.name)}", fields: weights.shown(at: decision.eventTime), replacing: true))
        for signal in weights.heard { body(.engineSignal(.foreign(signal), of: symbol)) }
    }
}
