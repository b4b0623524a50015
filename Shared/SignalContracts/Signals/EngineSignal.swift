public import TradingPrimitives

/// The five signal engines.
public enum Engine: String, FieldValue, BitwiseCopyable, CaseIterable {
    case orderFlow = "E1"
    case tick = "E2"
    case technical = "E3"
    case sentiment = "E4"
    case regime = "E5"

    /// Its name among a hash's fields.
    public var field: StaticString {
        switch self {
        case .orderFlow: "e1"
        case .tick: "e2"
        case .technical: "e3"
        case .sentiment: "e4"
        case .regime: "e5"
        }
    }

    /// Which way it votes with a word of its `direction`: +1 long, −1 short; 0 for neither, and for words that are not its own.
    /// The regime has no direction.
    public func sign(of direction: String) -> Int {
        switch self {
        case .orderFlow: BookPressure(rawValue: direction)?.sign ?? 0
        case .tick: Momentum(rawValue: direction)?.sign ?? 0
        case .technical: TrendDirection(rawValue: direction)?.sign ?? 0
        case .sentiment: CrowdDirection(rawValue: direction)?.sign ?? 0
        case .regime: 0
        }
    }

    /// Prefix of its fields where several engines' fields stand together.
    public var scope: StaticString {
        switch self {
        case .orderFlow: "e1."
        case .tick: "e2."
        case .technical: "e3."
        case .sentiment: "e4."
        case .regime: "e5."
        }
    }
}

/// One engine's signal, whichever engine it is. On `signal:{S}`; the field `engine` tells which.
public enum EngineSignal: StreamMessage {
    public static let version = 1

    case orderFlow(OrderFlowSignal)
    case tick(TickSignal)
    case technical(TechnicalSignal)
    case sentiment(SentimentSignal)
    case regime(RegimeSignal)

    public init(_ fields: Fields) throws(ContractError) {
        guard let text = fields["engine"] else { throw .missing(field: "engine") }
        guard let engine = Engine(rawValue: text) else { throw .unknownType(text) }
        switch engine {
        case .orderFlow: self = .orderFlow(try OrderFlowSignal(fields))
        case .tick: self = .tick(try TickSignal(fields))
        case .technical: self = .technical(try TechnicalSignal(fields))
        case .sentiment: self = .sentiment(try SentimentSignal(fields))
        case .regime: self = .regime(try RegimeSignal(fields))
        }
    }

    public func encode(into fields: inout Fields) {
        switch self {
        case .orderFlow(let signal): signal.encode(into: &fields)
        case .tick(let signal): signal.encode(into: &fields)
        case .technical(let signal): signal.encode(into: &fields)
        case .sentiment(let signal): signal.encode(into: &fields)
        case .regime(let signal): signal.encode(into: &fields)
        }
    }

    public var engine: Engine {
        switch self {
        case .orderFlow: .orderFlow
        case .tick: .tick
        case .technical: .technical
        case .sentiment: .sentiment
        case .regime: .regime
        }
    }

    /// Id of the `md` entry that set it off.
    public var cause: StreamId {
        switch self {
        case .orderFlow(let signal): signal.cause
        case .tick(let signal): signal.cause
        case .technical(let signal): signal.cause
        case .sentiment(let signal): signal.cause
        case .regime(let signal): signal.cause
        }
    }

    public var eventTime: Timestamp {
        switch self {
        case .orderFlow(let signal): signal.eventTime
        case .tick(let signal): signal.eventTime
        case .technical(let signal): signal.eventTime
        case .sentiment(let signal): signal.eventTime
        case .regime(let signal): signal.eventTime
        }
    }
}

/// The latest signal of each engine: what a decision was made from. Fields carry the engine's name as prefix: `e1.imbalance`.
public struct SignalSnapshot: Equatable, Sendable {
    public var orderFlow: OrderFlowSignal?
    public var tick: TickSignal?
    public var technical: TechnicalSignal?
    public var sentiment: SentimentSignal?
    public var regime: RegimeSignal?

    public init() {}

    public mutating func update(_ signal: EngineSignal) {
        switch signal {
        case .orderFlow(let signal): orderFlow = signal
        case .tick(let signal): tick = signal
        case .technical(let signal): technical = signal
        case .sentiment(let signal): sentiment = signal
        case .regime(let signal): regime = signal
        }
    }

    init(_ fields: Fields) throws(ContractError) {
        var scoped = fields
        orderFlow = try Self.read(&scoped, .orderFlow) { fields throws(ContractError) in try OrderFlowSignal(fields) }
        tick = try Self.read(&scoped, .tick) { fields throws(ContractError) in try TickSignal(fields) }
        technical = try Self.read(&scoped, .technical) { fields throws(ContractError) in try TechnicalSignal(fields) }
        sentiment = try Self.read(&scoped, .sentiment) { fields throws(ContractError) in try SentimentSignal(fields) }
        regime = try Self.read(&scoped, .regime) { fields throws(ContractError) in try RegimeSignal(fields) }
    }

    private static func read<Signal>(
        _ fields: inout Fields, _ engine: Engine, _ make: (Fields) throws(ContractError) -> Signal
    ) throws(ContractError) -> Signal? {
        fields.scope = engine.scope
        defer { fields.scope = "" }
        return fields["v"] == nil ? nil : try make(fields)
    }

    func encode(into fields: inout Fields) {
        defer { fields.scope = "" }
        if let orderFlow {
            fields.scope = Engine.orderFlow.scope
            orderFlow.encode(into: &fields)
        }
        if let tick {
            fields.scope = Engine.tick.scope
            tick.encode(into: &fields)
        }
        if let technical {
            fields.scope = Engine.technical.scope
            technical.encode(into: &fields)
        }
        if let sentiment {
            fields.scope = Engine.sentiment.scope
            sentiment.encode(into: &fields)
        }
        if let regime {
            fields.scope = Engine.regime.scope
            regime.encode(into: &fields)
        }
    }
}
