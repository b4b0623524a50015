public import TradingPrimitives

/// Order flow: what the book and the taker volume say. Written by order-flow-engine on each book update. On `signal:{S}`, engine E1.
public struct OrderFlowSignal: Signal {
    public static let version = 1

    /// Id of the `md` entry that set it off.
    public var cause: StreamId
    /// Venue's time of that entry.
    public var eventTime: Timestamp
    /// False until the engine has all the data it needs; it is neutral until then.
    public var isWarm: Bool
    public var direction: BookPressure
    /// In [0, 1]; 0 while neutral.
    public var strength: Double
    /// In [0, 1]: how far the reading is to be trusted.
    public var conviction: Double
    /// (bids − asks)/(bids + asks) over ten levels, in [−1, 1].
    public var imbalance: Double?
    /// Change of `imbalance` a second over the last five readings.
    public var imbalanceVelocity: Double
    /// Taker buy volume minus taker sell volume since the last multiple of 4 h UTC, base units.
    public var cvd: Quantity
    /// Mean change of `cvd` a second over 30 s.
    public var cvdSlope: Double
    /// Signed share of the 30 s volume, in [−1, 1].
    public var cvdPressure: Double
    /// Whether price and `cvd` went opposite ways over 30 s.
    public var cvdDivergence: Bool
    /// Relative change of the last trade price over 30 s.
    public var priceChange30s: Double?
    /// Whether a wall stands within 0.10 % of `micro_price`.
    public var wallNear: Bool
    /// Price of the nearest such wall.
    public var wallLevel: Price?
    /// Side of the book that it stands on.
    public var wallSide: Side?
    /// Whether a wall was absorbed within the last 3 s.
    public var wallAbsorbed: Bool
    /// LONG for an ask wall, SHORT for a bid wall.
    public var wallAbsorbedDirection: Direction?
    /// In [0, 1]: greatest size of the absorbed wall against the mean level.
    public var wallStrength: Double?
    /// Share of new liquidity that flickered away over 60 s, in [0, 1].
    public var spoofRatio: Double
    /// Of the book that it was made from.
    public var bestBid: Price?
    /// Of the same book.
    public var bestAsk: Price?
    /// Mid price weighted by the opposite quantities.
    public var microPrice: Double?
    /// Price of the last trade.
    public var lastPrice: Price?

    public var engine: EngineId { HouseEngine.orderFlow.id }
    public var sign: Int { direction.sign }
    public var confidence: Double { conviction }

    /// A signal that says nothing yet: neutral, cold, all values absent.
    public init(cause: StreamId, eventTime: Timestamp) {
        self.cause = cause
        self.eventTime = eventTime
        isWarm = false
        direction = .neutral
        strength = 0
        conviction = 0
        imbalanceVelocity = 0
        cvd = .zero
        cvdSlope = 0
        cvdPressure = 0
        cvdDivergence = false
        wallNear = false
        wallAbsorbed = false
        spoofRatio = 0
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        cause = try fields.required("cause")
        eventTime = try fields.time("event_time")
        isWarm = try fields.required("warm")
        direction = try fields.required("direction")
        strength = try fields.required("strength", in: MarketBounds.fractions)
        conviction = try fields.required("conviction", in: MarketBounds.fractions)
        imbalance = try fields.optional("imbalance", in: MarketBounds.signedFractions)
        imbalanceVelocity = try fields.required("imbalance_velocity")
        cvd = try fields.required("cvd")
        cvdSlope = try fields.required("cvd_slope")
        cvdPressure = try fields.required("cvd_pressure", in: MarketBounds.signedFractions)
        cvdDivergence = try fields.required("cvd_divergence")
        priceChange30s = try fields.optional("price_change_30s")
        wallNear = try fields.required("wall_near")
        wallLevel = try fields.optional("wall_level")
        wallSide = try fields.optional("wall_side")
        wallAbsorbed = try fields.required("wall_absorbed")
        wallAbsorbedDirection = try fields.optional("wall_absorbed_direction")
        wallStrength = try fields.optional("wall_strength", in: MarketBounds.fractions)
        spoofRatio = try fields.required("spoof_ratio", in: MarketBounds.fractions)
        bestBid = try fields.optional("best_bid")
        bestAsk = try fields.optional("best_ask")
        microPrice = try fields.optional("micro_price")
        lastPrice = try fields.optional("last_price")
        try checkEnvelope(fields)
    }

    public func encode(into fields: inout Fields) {
        encodeEnvelope(into: &fields)
        fields.put("direction", direction)
        fields.put("conviction", conviction)
        fields.put("imbalance", imbalance)
        fields.put("imbalance_velocity", imbalanceVelocity)
        fields.put("cvd", cvd)
        fields.put("cvd_slope", cvdSlope)
        fields.put("cvd_pressure", cvdPressure)
        fields.put("cvd_divergence", cvdDivergence)
        fields.put("price_change_30s", priceChange30s)
        fields.put("wall_near", wallNear)
        fields.put("wall_level", wallLevel)
        fields.put("wall_side", wallSide)
        fields.put("wall_absorbed", wallAbsorbed)
        fields.put("wall_absorbed_direction", wallAbsorbedDirection)
        fields.put("wall_strength", wallStrength)
        fields.put("spoof_ratio", spoofRatio)
        fields.put("best_bid", bestBid)
        fields.put("best_ask", bestAsk)
        fields.put("micro_price", microPrice)
        fields.put("last_price", lastPrice)
    }
}
