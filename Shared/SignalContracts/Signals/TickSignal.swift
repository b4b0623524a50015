public import TradingPrimitives

/// Trade flow: what takers just did. Written by tick-engine when it changes and at least every 100 ms of event time. On `signal:{S}`, engine E2.
public struct TickSignal: Signal {
    public static let version = 1

    /// Id of the `md` entry that set it off.
    public var cause: StreamId
    /// Venue's time of that entry.
    public var eventTime: Timestamp
    /// False until the engine has all the data it needs; it is neutral until then.
    public var isWarm: Bool
    public var direction: Momentum
    /// In [0, 1]; 0 while neutral.
    public var strength: Double
    /// Trades in the last second.
    public var velocity1s: Int
    /// Trades a second over 30 s.
    public var velocityAverage: Double
    /// `velocity_1s`/`velocity_avg`; absent before 30 s of data.
    public var velocityRatio: Double?
    /// Taker buys' share of the volume of 5 s, in [0, 1].
    public var aggressorRatio: Double
    /// Length of the run of same-side trades that ends now, 0…20.
    public var streak: Int
    /// Its taker side.
    public var streakSide: Side?
    /// Whether `spike_ratio` is above its threshold.
    public var volumeSpike: Bool
    /// Volume of 3 s against the mean of 30 s.
    public var spikeRatio: Double?
    /// Whether a trade of great notional happened within 1 s.
    public var bigTrade: Bool
    /// Taker side of the latest one.
    public var bigTradeSide: Side?
    /// Least-squares slope of the last six 5 s deltas, base units a second.
    public var deltaSlope: Double?

    public var engine: EngineId { HouseEngine.tick.id }
    public var sign: Int { direction.sign }
    public var confidence: Double { 1 }

    /// A signal that says nothing yet: neutral, cold, all values absent.
    public init(cause: StreamId, eventTime: Timestamp) {
        self.cause = cause
        self.eventTime = eventTime
        isWarm = false
        direction = .neutral
        strength = 0
        velocity1s = 0
        velocityAverage = 0
        aggressorRatio = 0.5
        streak = 0
        volumeSpike = false
        bigTrade = false
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        cause = try fields.required("cause")
        eventTime = try fields.time("event_time")
        isWarm = try fields.required("warm")
        direction = try fields.required("direction")
        strength = try fields.required("strength", in: MarketBounds.fractions)
        velocity1s = try fields.required("velocity_1s", in: 0...Int(Int32.max))
        velocityAverage = try fields.required("velocity_avg")
        velocityRatio = try fields.optional("velocity_ratio")
        aggressorRatio = try fields.required("aggressor_ratio", in: MarketBounds.fractions)
        streak = try fields.required("streak", in: 0...1000)
        streakSide = try fields.optional("streak_side")
        volumeSpike = try fields.required("volume_spike")
        spikeRatio = try fields.optional("spike_ratio")
        bigTrade = try fields.required("big_trade")
        bigTradeSide = try fields.optional("big_trade_direction")
        deltaSlope = try fields.optional("delta_slope")
        try checkEnvelope(fields)
    }

    public func encode(into fields: inout Fields) {
        encodeEnvelope(into: &fields)
        fields.put("direction", direction)
        fields.put("velocity_1s", velocity1s)
        fields.put("velocity_avg", velocityAverage)
        fields.put("velocity_ratio", velocityRatio)
        fields.put("aggressor_ratio", aggressorRatio)
        fields.put("streak", streak)
        fields.put("streak_side", streakSide)
        fields.put("volume_spike", volumeSpike)
        fields.put("spike_ratio", spikeRatio)
        fields.put("big_trade", bigTrade)
        fields.put("big_trade_direction", bigTradeSide)
        fields.put("delta_slope", deltaSlope)
    }
}
