public import TradingPrimitives

/// State of the market: a gate and a set of multipliers, no direction. Written by regime-filter every 30 s and when the spread gate changes. On `signal:{S}`, engine E5.
public struct RegimeSignal: Signal {
    public static let version = 1
    /// Id of the `md` entry that set it off.
    public var cause: StreamId
    /// Venue's time of that entry.
    public var eventTime: Timestamp
    /// False until the engine has all the data it needs; it is neutral until then.
    public var isWarm: Bool
    /// Warm and not EXTREME.
    public var isTradeable: Bool
    /// What stopped it.
    public var reason: String?
    public var regime: TrendRegime
    public var volatilityPhase: VolatilityPhase
    /// Whether the spread lets an entry pass.
    public var isSpreadOk: Bool
    /// (ask − bid)/bid.
    public var spread: Double?
    /// ATR(14)/price on 3m, a fraction.
    public var atrRatio: Double?
    /// ADX(14) of three-minute candles, 0…100.
    public var adx: Double?
    /// Pearson of 5 s returns with the reference symbol over 10 min.
    public var correlation: Double?
    /// Whether BTC and ETH have come apart that moved together half an hour ago: size is halved.
    public var isRiskOff: Bool
    /// Log return of the last 5 s, for the other symbol's worker.
    public var return5s: Double?
    /// Weight of E1 before normalising.
    public var weight1: Double
    /// The same for E2.
    public var weight2: Double
    /// The same for E3.
    public var weight3: Double
    /// The same for E4.
    public var weight4: Double
    /// By which targets are stretched.
    public var takeProfitMultiplier: Double
    /// By which stops are stretched.
    public var stopLossMultiplier: Double
    /// What the regime bounds leverage to.
    public var leverageMax: Int
    /// By which positions are made smaller, in [0, 1].
    public var sizeMultiplier: Double
    public var preferredStrategy: PreferredStrategy

    public var engine: EngineId { HouseEngine.regime.id }
    /// It has no direction, so its word has no weight in the score.
    public var sign: Int { 0 }
    public var strength: Double { 0 }
    public var confidence: Double { 0 }

    /// Weight of one of E1–E4; E5 has none.
    public func weight(of engine: HouseEngine) -> Double {
        switch engine {
        case .orderFlow: weight1
        case .tick: weight2
        case .technical: weight3
        case .sentiment: weight4
        case .regime: 0
        }
    }

    /// A signal that says nothing yet: neutral, cold, all values absent.
    public init(cause: StreamId, eventTime: Timestamp) {
        self.cause = cause
        self.eventTime = eventTime
        isWarm = false
        isTradeable = false
        regime = .choppy
        volatilityPhase = .normal
        isSpreadOk = false
        isRiskOff = false
        weight1 = HouseEngine.orderFlow.baseWeight
        weight2 = HouseEngine.tick.baseWeight
        weight3 = HouseEngine.technical.baseWeight
        weight4 = HouseEngine.sentiment.baseWeight
        takeProfitMultiplier = 1
        stopLossMultiplier = 1
        leverageMax = 12
        sizeMultiplier = 1
        preferredStrategy = PreferredStrategy.none
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        cause = try fields.required("cause")
        eventTime = try fields.time("event_time")
        isWarm = try fields.required("warm")
        isTradeable = try fields.required("tradeable")
        reason = try fields.optional("reason")
        regime = try fields.required("regime")
        volatilityPhase = try fields.required("vol_phase")
        isSpreadOk = try fields.required("spread_ok")
        spread = try fields.optional("current_spread")
        atrRatio = try fields.optional("atr_pct")
        adx = try fields.optional("adx")
        correlation = try fields.optional("correlation", in: MarketBounds.signedFractions)
        isRiskOff = try fields.required("risk_off")
        return5s = try fields.optional("return_5s", in: -100...100)
        weight1 = try fields.required("weight_e1", in: MarketBounds.multipliers)
        weight2 = try fields.required("weight_e2", in: MarketBounds.multipliers)
        weight3 = try fields.required("weight_e3", in: MarketBounds.multipliers)
        weight4 = try fields.required("weight_e4", in: MarketBounds.multipliers)
        takeProfitMultiplier = try fields.required("tp_multiplier", in: MarketBounds.multipliers)
        stopLossMultiplier = try fields.required("sl_multiplier", in: MarketBounds.multipliers)
        leverageMax = try fields.required("leverage_max", in: 1...200)
        sizeMultiplier = try fields.required("size_multiplier", in: MarketBounds.multipliers)
        preferredStrategy = try fields.required("preferred_strategy")
        _ = try fields.optional("strength", in: 0...0) as Double?
        try checkEnvelope(fields)
    }

    public func encode(into fields: inout Fields) {
        encodeEnvelope(into: &fields)
        fields.put("tradeable", isTradeable)
        fields.put("reason", reason)
        fields.put("regime", regime)
        fields.put("vol_phase", volatilityPhase)
        fields.put("spread_ok", isSpreadOk)
        fields.put("current_spread", spread)
        fields.put("atr_pct", atrRatio)
        fields.put("adx", adx)
        fields.put("correlation", correlation)
        fields.put("risk_off", isRiskOff)
        fields.put("return_5s", return5s)
        fields.put("weight_e1", weight1)
        fields.put("weight_e2", weight2)
        fields.put("weight_e3", weight3)
        fields.put("weight_e4", weight4)
        fields.put("tp_multiplier", takeProfitMultiplier)
        fields.put("sl_multiplier", stopLossMultiplier)
        fields.put("leverage_max", leverageMax)
        fields.put("size_multiplier", sizeMultiplier)
        fields.put("preferred_strategy", preferredStrategy)
    }
}
