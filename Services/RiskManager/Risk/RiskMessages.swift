public import SignalContracts
public import TradingPrimitives

/// A decision, or one of the facts that it is judged by.
public struct RiskInput: MessageInput {
    public enum Event: Sendable {
        case decision(Decision)
        case metric(MarketMetric)
        case execution(ExecutionEvent)
        case account(AccountUpdate)
        case contract(ContractTerms)
        case weights(EngineWeights)
        case command(Command)
        /// One of our own, recalled: it counts as it was made, whatever would be said now.
        case plan(TradePlan)
    }

    public static let streams: [StreamKind] = [.decision, .metric, .execution, .contract, .account, .weights, .command]
    public static let recalled: [StreamKind] = [.plan]

    public static func warmUpMs(of kind: StreamKind) -> Int64 {
        switch kind {
        // What it came to is in the plans.
        case .decision: 10_000
        // Told every minute.
        case .contract: 130_000
        // Of the clock.
        case .metric: 5000
        case .weights: .max
        // Longer than any position is held; what is older is in the journal.
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
        case .decision(let decision): self.init(symbol: stream.symbol, event: .decision(decision))
        case .metric(let metric): self.init(symbol: stream.symbol, event: .metric(metric))
        case .execution(let execution): self.init(symbol: stream.symbol, event: .execution(execution))
        case .contract(let terms): self.init(symbol: stream.symbol, event: .contract(terms))
        case .plan(let plan): self.init(symbol: stream.symbol, event: .plan(plan))
        case .account(let account): self.init(symbol: nil, event: .account(account))
        case .weights(let weights): self.init(symbol: nil, event: .weights(weights))
        case .command(let command): self.init(symbol: nil, event: .command(command))
        default: return nil
        }
    }
}

/// A plan, what the manager lets trade, or a word to a person.
public enum RiskOutput: MessageOutput {
    case plan(Symbol, TradePlan)
    /// With the session that it is of.
    case state(RiskState, RiskSession)
    case alert(Alert)
    case reply(Reply)

    public var stream: StreamName {
        switch self {
        case .plan(let symbol, _): StreamName(.plan, symbol)
        case .state: StreamName(.risk)
        case .alert: StreamName(.alert)
        case .reply: StreamName(.reply)
        }
    }

    public var message: SuiteMessage {
        switch self {
        case .plan(_, let plan): .plan(plan)
        case .state(let state, _): .risk(state)
        case .alert(let alert): .alert(alert)
        case .reply(let reply): .reply(reply)
        }
    }

    /// `session` shows the day, `circuit_breaker` what stops entries and until when: an empty reason and 0 where nothing does, 0 also
    /// where it is for a person to end. `risk_session` is what the journal has,
    /// for an instance on another machine that takes over.
    public func forEachProjection(_ body: (Projection) -> Void) {
        guard case .state(let state, let session) = self else { return }
        var record = Fields()
        session.encode(into: &record)
        body(.hash(key: "risk_session", fields: record, replacing: true))
        body(.hash(key: "session", fields: state.fields, replacing: true))
        var breaker = Fields()
        let longest = state.breakers.breakers.max { $0.until < $1.until }
        breaker.put("state", state.allowsEntries(at: state.eventTime) ? "OFF" : "ON")
        breaker.put("reason", state.isHalted ? "halted" : longest?.breaker.rawValue ?? "")
        breaker.put("cooldown_until", state.isHalted ? .zero : longest?.until ?? .zero)
        body(.hash(key: "circuit_breaker", fields: breaker, replacing: true))
    }
}
