public import TradingPrimitives

/// What every signal says, whichever engine it is of: the envelope. A house engine's own fields stand in the same entry.
public protocol Signal: StreamMessage {
    var engine: EngineId { get }
    /// Id of the `md` entry that set it off.
    var cause: StreamId { get }
    /// Venue's time of that entry.
    var eventTime: Timestamp { get }
    /// False until the engine has all the data it needs; it counts as neutral until then.
    var isWarm: Bool { get }
    /// +1 long, −1 short, 0 neither.
    var sign: Int { get }
    /// In [0, 1].
    var strength: Double { get }
    /// In [0, 1]: how far the reading is to be trusted.
    var confidence: Double { get }
}

extension Signal {
    /// The envelope's fields, which begin each entry.
    func encodeEnvelope(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("engine", engine)
        fields.put("cause", cause)
        fields.put("event_time", eventTime)
        fields.put("warm", isWarm)
        fields.put("sign", sign)
        fields.put("strength", strength)
        fields.put("confidence", confidence)
    }

    /// Throws where the envelope does not say what the engine's own fields say; entries of earlier versions have no `sign` and no
    /// `confidence`.
    func checkEnvelope(_ fields: Fields) throws(ContractError) {
        if let told: Int = try fields.optional("sign"), told != sign { throw fields.outOfRange("sign", "\(sign)") }
        if let told: Double = try fields.optional("confidence"), told != confidence {
            throw fields.outOfRange("confidence", "\(confidence)")
        }
    }
}

/// The signal of an engine that is not the house's: the envelope alone. What else stands in its entry is the engine's own. On `signal:{S}`.
public struct ForeignSignal: Signal, BitwiseCopyable {
    public static let version = 1

    /// Its name, as `decision-engine.engines` has it.
    public var engine: EngineId
    /// Id of the `md` entry that set it off.
    public var cause: StreamId
    /// Venue's time of that entry.
    public var eventTime: Timestamp
    /// False until the engine has all the data it needs; it counts as neutral until then.
    public var isWarm: Bool
    /// 1 long, -1 short, 0 neither.
    public var sign: Int
    /// In [0, 1].
    public var strength: Double
    /// In [0, 1]: how far the reading is to be trusted.
    public var confidence: Double

    public init(
        _ engine: EngineId, cause: StreamId, eventTime: Timestamp, isWarm: Bool, sign: Int, strength: Double,
        confidence: Double = 1
    ) {
        self.engine = engine
        self.cause = cause
        self.eventTime = eventTime
        self.isWarm = isWarm
        self.sign = sign
        self.strength = strength
        self.confidence = confidence
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        engine = try fields.required("engine")
        cause = try fields.required("cause")
        eventTime = try fields.time("event_time")
        isWarm = try fields.required("warm")
        sign = try fields.required("sign", in: -1...1)
        strength = try fields.required("strength", in: 0...1)
        confidence = try fields.required("confidence", in: 0...1)
    }

    public func encode(into fields: inout Fields) { encodeEnvelope(into: &fields) }
}

/// One engine's signal, whichever engine it is. On `signal:{S}`; the field `engine` tells which.
public enum EngineSignal: StreamMessage {
    public static let version = 1

    case orderFlow(OrderFlowSignal)
    case tick(TickSignal)
    case technical(TechnicalSignal)
    case sentiment(SentimentSignal)
    case regime(RegimeSignal)
    case foreign(ForeignSignal)

    public init(_ fields: Fields) throws(ContractError) {
        switch HouseEngine(try fields.required("engine") as EngineId) {
        case .orderFlow: self = .orderFlow(try OrderFlowSignal(fields))
        case .tick: self = .tick(try TickSignal(fields))
        case .technical: self = .technical(try TechnicalSignal(fields))
        case .sentiment: self = .sentiment(try SentimentSignal(fields))
        case .regime: self = .regime(try RegimeSignal(fields))
        case nil: self = .foreign(try ForeignSignal(fields))
        }
    }

    public func encode(into fields: inout Fields) {
        switch self {
        case .orderFlow(let signal): signal.encode(into: &fields)
        case .tick(let signal): signal.encode(into: &fields)
        case .technical(let signal): signal.encode(into: &fields)
        case .sentiment(let signal): signal.encode(into: &fields)
        case .regime(let signal): signal.encode(into: &fields)
        case .foreign(let signal): signal.encode(into: &fields)
        }
    }

    public var engine: EngineId {
        switch self {
        case .orderFlow(let signal): signal.engine
        case .tick(let signal): signal.engine
        case .technical(let signal): signal.engine
        case .sentiment(let signal): signal.engine
        case .regime(let signal): signal.engine
        case .foreign(let signal): signal.engine
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
        case .foreign(let signal): signal.cause
        }
    }

    public var eventTime: Timestamp {
        switch self {
        case .orderFlow(let signal): signal.eventTime
        case .tick(let signal): signal.eventTime
        case .technical(let signal): signal.eventTime
        case .sentiment(let signal): signal.eventTime
        case .regime(let signal): signal.eventTime
        case .foreign(let signal): signal.eventTime
        }
    }
}

/// The latest signal of each house engine: what a decision was made from. Fields carry the engine's name as prefix: `e1.imbalance`.
public struct SignalSnapshot: Equatable, Sendable {
    public var orderFlow: OrderFlowSignal?
    public var tick: TickSignal?
    public var technical: TechnicalSignal?
    public var sentiment: SentimentSignal?
    public var regime: RegimeSignal?

    public init() {}

    /// Takes a house engine's signal; others have no place here.
    public mutating func update(_ signal: EngineSignal) {
        switch signal {
        case .orderFlow(let signal): orderFlow = signal
        case .tick(let signal): tick = signal
        case .technical(let signal): technical = signal
        case .sentiment(let signal): sentiment = signal
        case .regime(let signal): regime = signal
        case .foreign: break
        }
    }

    /// Leaves one out.
    public mutating func remove(_ engine: HouseEngine) {
        switch engine {
        case .orderFlow: orderFlow = nil
        case .tick: tick = nil
        case .technical: technical = nil
        case .sentiment: sentiment = nil
        case .regime: regime = nil
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
        _ fields: inout Fields, _ engine: HouseEngine, _ make: (Fields) throws(ContractError) -> Signal
    ) throws(ContractError) -> Signal? {
        fields.scope = engine.scope
        defer { fields.scope = "" }
        return fields["v"] == nil ? nil : try make(fields)
    }

    func encode(into fields: inout Fields) {
        defer { fields.scope = "" }
        if let orderFlow {
            fields.scope = HouseEngine.orderFlow.scope
            orderFlow.encode(into: &fields)
        }
        if let tick {
            fields.scope = HouseEngine.tick.scope
            tick.encode(into: &fields)
        }
        if let technical {
            fields.scope = HouseEngine.technical.scope
            technical.encode(into: &fields)
        }
        if let sentiment {
            fields.scope = HouseEngine.sentiment.scope
            sentiment.encode(into: &fields)
        }
        if let regime {
            fields.scope = HouseEngine.regime.scope
            regime.encode(into: &fields)
        }
    }
}
