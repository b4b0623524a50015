public import TradingPrimitives

/// Indicators on candles. Written by technical-engine once a second of event time. On `signal:{S}`, engine E3.
public struct TechnicalSignal: Signal {
    public static let version = 1

    /// Id of the `md` entry that set it off.
    public var cause: StreamId
    /// Venue's time of that entry.
    public var eventTime: Timestamp
    /// False until the engine has all the data it needs; it is neutral until then.
    public var isWarm: Bool
    public var direction: TrendDirection
    /// In [0, 1]: size of the vote, also where it is too small for a direction; 0 while cold.
    public var strength: Double
    /// Reading of the same indicators for a return to the mean.
    public var reversionDirection: TrendDirection
    /// In [0, 1]; 0 while cold.
    public var reversionStrength: Double
    /// EMA 9 against EMA 21 on 1m.
    public var emaTrend: EMATrend
    /// A cross within the last three candles.
    public var emaCross: Direction?
    /// Change of the 3m EMA 9 a candle over five candles, quote units.
    public var emaSlope3m: Double?
    /// RSI(14) on 1m, 0…100.
    public var rsi: Double?
    public var rsiZone: RSIZone
    /// Whether price and RSI(14) disagree at their last two turning points.
    public var rsiDivergence: Bool
    public var rsiDivergenceDirection: Direction?
    /// MACD(12, 26, 9), quote units.
    public var macdHistogram: Double?
    public var macdMomentum: MACDMomentum
    /// Bollinger bands (20, 2), quote units.
    public var bollingerUpper: Double?
    /// Mean of 20 closes, quote units.
    public var bollingerMiddle: Double?
    /// Lower band, quote units.
    public var bollingerLower: Double?
    public var bollingerZone: BollingerZone
    /// Whether the bands are among the narrowest of the last 100.
    public var bollingerSqueeze: Bool
    /// From 00:00 UTC.
    public var vwap: Double?
    public var vwapSide: VWAPSide?
    /// (price − vwap)/vwap.
    public var vwapDistance: Double?
    /// ATR(14) on 1m, quote units.
    public var atr: Double?
    /// Close of the candle in progress.
    public var price: Double?
    /// The nearest level above the price.
    public var nearestResistance: Price?
    /// The nearest level below the price.
    public var nearestSupport: Price?
    /// Up to five nearest swings above and five below.
    public var keyLevels: PriceList

    public var engine: EngineId { HouseEngine.technical.id }
    public var sign: Int { direction.sign }
    public var confidence: Double { 1 }

    /// A signal that says nothing yet: neutral, cold, all values absent.
    public init(cause: StreamId, eventTime: Timestamp) {
        self.cause = cause
        self.eventTime = eventTime
        isWarm = false
        direction = .neutral
        strength = 0
        reversionDirection = .neutral
        reversionStrength = 0
        emaTrend = .neutral
        rsiZone = .normal
        rsiDivergence = false
        macdMomentum = .neutral
        bollingerZone = .middle
        bollingerSqueeze = false
        keyLevels = PriceList()
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        cause = try fields.required("cause")
        eventTime = try fields.time("event_time")
        isWarm = try fields.required("warm")
        direction = try fields.required("direction")
        strength = try fields.required("strength", in: MarketBounds.fractions)
        reversionDirection = try fields.required("reversion_direction")
        reversionStrength = try fields.required("reversion_strength", in: MarketBounds.fractions)
        emaTrend = try fields.required("ema_trend")
        emaCross = try fields.optional("ema_cross")
        emaSlope3m = try fields.optional("ema_slope_3m")
        rsi = try fields.optional("rsi")
        rsiZone = try fields.required("rsi_zone")
        rsiDivergence = try fields.required("rsi_divergence")
        rsiDivergenceDirection = try fields.optional("rsi_divergence_direction")
        macdHistogram = try fields.optional("macd_histogram")
        macdMomentum = try fields.required("macd_momentum")
        bollingerUpper = try fields.optional("bb_upper")
        bollingerMiddle = try fields.optional("bb_middle")
        bollingerLower = try fields.optional("bb_lower")
        bollingerZone = try fields.required("bb_zone")
        bollingerSqueeze = try fields.required("bb_squeeze")
        vwap = try fields.optional("vwap")
        vwapSide = try fields.optional("vwap_side")
        vwapDistance = try fields.optional("vwap_distance")
        atr = try fields.optional("atr")
        price = try fields.optional("price")
        nearestResistance = try fields.optional("nearest_resistance")
        nearestSupport = try fields.optional("nearest_support")
        keyLevels = try fields.required("key_levels")
        try checkEnvelope(fields)
    }

    public func encode(into fields: inout Fields) {
        encodeEnvelope(into: &fields)
        fields.put("direction", direction)
        fields.put("reversion_direction", reversionDirection)
        fields.put("reversion_strength", reversionStrength)
        fields.put("ema_trend", emaTrend)
        fields.put("ema_cross", emaCross)
        fields.put("ema_slope_3m", emaSlope3m)
        fields.put("rsi", rsi)
        fields.put("rsi_zone", rsiZone)
        fields.put("rsi_divergence", rsiDivergence)
        fields.put("rsi_divergence_direction", rsiDivergenceDirection)
        fields.put("macd_histogram", macdHistogram)
        fields.put("macd_momentum", macdMomentum)
        fields.put("bb_upper", bollingerUpper)
        fields.put("bb_middle", bollingerMiddle)
        fields.put("bb_lower", bollingerLower)
        fields.put("bb_zone", bollingerZone)
        fields.put("bb_squeeze", bollingerSqueeze)
        fields.put("vwap", vwap)
        fields.put("vwap_side", vwapSide)
        fields.put("vwap_distance", vwapDistance)
        fields.put("atr", atr)
        fields.put("price", price)
        fields.put("nearest_resistance", nearestResistance)
        fields.put("nearest_support", nearestSupport)
        fields.put("key_levels", keyLevels)
    }
}
