public import SignalContracts
public import TradingPrimitives

/// An engine's signal, what happened to a position, or what the risk manager or the learner says.
public struct DecisionInput: StreamInput {
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

    public init?(stream: StreamName, id: StreamId, fields: Fields) throws(ContractError) {
        switch stream.kind {
        case .signal: self.init(symbol: stream.symbol, event: .signal(try EngineSignal(fields)))
        case .execution: self.init(symbol: stream.symbol, event: .execution(try ExecutionEvent(fields)))
        case .plan: self.init(symbol: stream.symbol, event: .plan(try TradePlan(fields)))
        case .account: self.init(symbol: nil, event: .account(try AccountUpdate(fields)))
        case .decision: self.init(symbol: stream.symbol, event: .decision(try Decision(fields)))
        case .risk: self.init(symbol: nil, event: .risk(try RiskState(fields)))
        case .weights: self.init(symbol: nil, event: .weights(try EngineWeights(fields)))
        default: return nil
        }
    }
}

/// A decision, whether a contract could be entered, or a word to a person.
public enum DecisionOutput: StreamOutput {
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

    public func encode(into fields: inout Fields) {
        switch self {
        case .decision(_, let decision, _): decision.encode(into: &fields)
        case .readiness(_, let readiness): readiness.encode(into: &fields)
        case .alert(let alert): alert.encode(into: &fields)
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
