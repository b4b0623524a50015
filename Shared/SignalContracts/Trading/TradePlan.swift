public import TradingPrimitives

/// A risk rule that can refuse a plan. Codes are stable and never used again.
public enum RiskRule: String, FieldValue, BitwiseCopyable, CaseIterable {
    case stale
    case noAtr = "no_atr"
    case noBook = "no_book"
    case noBalance = "no_balance"
    case noRules = "no_rules"
    case noRegime = "no_regime"
    /// The strategy's own level or target is not known, or lies on the wrong side.
    case noTarget = "no_target"
    case symbolBusy = "symbol_busy"
    case maxPositions = "max_positions"
    case spread
    case rewardToRisk = "rr"
    case effectiveRewardToRisk = "effective_rr"
    case minTakeProfit = "min_tp"
    case minNotional = "min_notional"
    case marginCap = "margin_cap"
    case liquidation
    case dailyLoss = "daily_loss"
    case lossStreak = "loss_streak"
    case hourlyLoss = "hourly_loss"
    case overtrade
    case halted
    /// The risk journal can't be written.
    case journal

    /// Whether it refused for want of something that should have been there, and not for what the trade is.
    public var isFault: Bool {
        switch self {
        case .stale, .noAtr, .noBook, .noBalance, .noRules, .noRegime, .journal: true
        case .noTarget, .symbolBusy, .maxPositions, .spread, .rewardToRisk, .effectiveRewardToRisk, .minTakeProfit,
            .minNotional, .marginCap, .liquidation, .dailyLoss, .lossStreak, .hourlyLoss, .overtrade, .halted:
            false
        }
    }
}

/// What risk-manager makes of a decision to trade: the terms of the trade, or the rule that refused it. On `plan:{S}`.
public struct TradePlan: StreamMessage {
    public static let version = 1

    /// Id of the decision.
    public var id: TradeId
    /// Id of the `md` entry that set it off.
    public var cause: StreamId
    /// Venue's time of that entry.
    public var eventTime: Timestamp
    public var direction: Direction
    public var strategy: Strategy
    /// 0…100.
    public var confidence: Double
    /// APPROVED with its terms, or REJECTED with the rule and its numbers.
    public var verdict: Verdict

    public init(
        id: TradeId, cause: StreamId, eventTime: Timestamp, direction: Direction, strategy: Strategy,
        confidence: Double, verdict: Verdict
    ) {
        self.id = id
        self.cause = cause
        self.eventTime = eventTime
        self.direction = direction
        self.strategy = strategy
        self.confidence = confidence
        self.verdict = verdict
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        id = try fields.required("id")
        cause = try fields.required("cause")
        eventTime = try fields.time("event_time")
        direction = try fields.required("direction")
        strategy = try fields.required("strategy")
        confidence = try fields.required("confidence", in: TradingBounds.confidences)
        verdict = try Verdict(fields)
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("id", id)
        fields.put("cause", cause)
        fields.put("event_time", eventTime)
        fields.put("direction", direction)
        fields.put("strategy", strategy)
        fields.put("confidence", confidence)
        verdict.encode(into: &fields)
    }
}
