public import TradingPrimitives

/// Positioning of the crowd. Written by sentiment-engine on each metric. On `signal:{S}`, engine E4.
public struct SentimentSignal: Signal {
    public static let version = 1

    /// Id of the `md` entry that set it off.
    public var cause: StreamId
    /// Venue's time of that entry.
    public var eventTime: Timestamp
    /// False until the engine has all the data it needs; it is neutral until then.
    public var isWarm: Bool
    /// CROWD_SHORT is a long bias.
    public var direction: CrowdDirection
    /// In [0, 1]; 0 while balanced.
    public var strength: Double
    /// Percent against five minutes ago.
    public var openInterestChange: Double?
    public var openInterestReading: OpenInterestReading?
    /// Share of accounts net long.
    public var longRatio: Double?
    /// Share of all accounts that are net short, in [0, 1].
    public var shortRatio: Double?
    /// The one share by the other.
    public var longShortRatio: Double?
    /// Fraction an interval.
    public var fundingRate: Double?
    public var fundingSignal: FundingSignal?
    /// Share of top traders net long, as a fraction.
    public var topTraderLong: Double?
    /// Whether top traders lean one way while most accounts stand on the other side. For people: nothing is decided by it.
    public var smartRetailDivergence: Bool
    /// In [0, 1].
    public var liquidationProximity: Double?
    /// Price.
    public var nearestCluster: Double?
    public var clusterDirection: ClusterDirection?
    /// In [0, 1].
    public var extremeLevel: Double

    public var engine: EngineId { HouseEngine.sentiment.id }
    public var sign: Int { direction.sign }
    public var confidence: Double { 1 }

    /// A signal that says nothing yet: neutral, cold, all values absent.
    public init(cause: StreamId, eventTime: Timestamp) {
        self.cause = cause
        self.eventTime = eventTime
        isWarm = false
        direction = .balanced
        strength = 0
        smartRetailDivergence = false
        extremeLevel = 0
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        cause = try fields.required("cause")
        eventTime = try fields.time("event_time")
        isWarm = try fields.required("warm")
        direction = try fields.required("direction")
        strength = try fields.required("strength", in: MarketBounds.fractions)
        openInterestChange = try fields.optional("oi_change_pct")
        openInterestReading = try fields.optional("oi_interpretation")
        longRatio = try fields.optional("long_ratio", in: MarketBounds.fractions)
        shortRatio = try fields.optional("short_ratio", in: MarketBounds.fractions)
        longShortRatio = try fields.optional("long_short_ratio")
        fundingRate = try fields.optional("funding_rate", in: -0.1...0.1)
        fundingSignal = try fields.optional("funding_signal")
        topTraderLong = try fields.optional("top_trader_long_pct", in: MarketBounds.fractions)
        smartRetailDivergence = try fields.optional("smart_retail_divergence") ?? false
        liquidationProximity = try fields.optional("liq_proximity_score", in: MarketBounds.fractions)
        nearestCluster = try fields.optional("nearest_liq_cluster")
        clusterDirection = try fields.optional("liq_direction")
        extremeLevel = try fields.required("extreme_level", in: MarketBounds.fractions)
        try checkEnvelope(fields)
    }

    public func encode(into fields: inout Fields) {
        encodeEnvelope(into: &fields)
        fields.put("direction", direction)
        fields.put("oi_change_pct", openInterestChange)
        fields.put("oi_interpretation", openInterestReading)
        fields.put("long_ratio", longRatio)
        fields.put("short_ratio", shortRatio)
        fields.put("long_short_ratio", longShortRatio)
        fields.put("funding_rate", fundingRate)
        fields.put("funding_signal", fundingSignal)
        fields.put("top_trader_long_pct", topTraderLong)
        fields.put("smart_retail_divergence", smartRetailDivergence)
        fields.put("liq_proximity_score", liquidationProximity)
        fields.put("nearest_liq_cluster", nearestCluster)
        fields.put("liq_direction", clusterDirection)
        fields.put("extreme_level", extremeLevel)
    }
}
