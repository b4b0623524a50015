public import TradingPrimitives

/// The terms of an approved trade.
public struct TradeTerms: Equatable, Sendable {
    /// Price of the post-only entry when the plan was made; the executor fits it to the live book.
    public var entryPrice: Price
    /// The strategy's own level: the entry is never worse than it. Absent for an entry at the best price.
    public var entryLevel: Price?
    /// On the instrument's step.
    public var quantity: Quantity
    /// quantity × entry price.
    public var notional: Notional
    /// What the position is opened with.
    public var leverage: Int
    /// notional/leverage.
    public var margin: Notional
    /// From entry to stop.
    public var stopDistance: Price
    /// From entry to the first target.
    public var takeProfitDistance: Price
    /// From the best price to the stop after the first target.
    public var trailDistance: Price
    /// Part of the position closed at the first target.
    public var takeProfitFraction: Ratio
    /// Ticks inside the spread.
    public var entryOffsetTicks: Int
    /// How long the entry may rest, ms of the venue's clock.
    public var entryTimeoutMs: Int64
    /// How long the position is held at most, ms of the venue's clock.
    public var maxHoldMs: Int64
    /// What sizes are parts of: the wallet, or the capital limit where that is less. Absent in entries of earlier versions.
    public var balance: Notional?
    /// Part of the balance that the stop may cost.
    public var riskRatio: Double
    /// The bound that set it.
    public var riskBound: String
    /// tp1/sl.
    public var grossRewardToRisk: Double
    /// The same after fees.
    public var effectiveRewardToRisk: Double
    /// 1/(1 + effective_rr).
    public var breakevenWinRate: Double
    /// As a fraction, as the venue charges it.
    public var makerFeeRate: Ratio
    /// The same for what takes.
    public var takerFeeRate: Ratio

    public init(
        entryPrice: Price, entryLevel: Price? = nil, quantity: Quantity, notional: Notional, leverage: Int,
        margin: Notional, stopDistance: Price,
        takeProfitDistance: Price, trailDistance: Price, takeProfitFraction: Ratio, entryOffsetTicks: Int,
        entryTimeoutMs: Int64, maxHoldMs: Int64, riskRatio: Double, riskBound: String, grossRewardToRisk: Double,
        effectiveRewardToRisk: Double, breakevenWinRate: Double, makerFeeRate: Ratio, takerFeeRate: Ratio
    ) {
        self.entryPrice = entryPrice
        self.entryLevel = entryLevel
        self.quantity = quantity
        self.notional = notional
        self.leverage = leverage
        self.margin = margin
        self.stopDistance = stopDistance
        self.takeProfitDistance = takeProfitDistance
        self.trailDistance = trailDistance
        self.takeProfitFraction = takeProfitFraction
        self.entryOffsetTicks = entryOffsetTicks
        self.entryTimeoutMs = entryTimeoutMs
        self.maxHoldMs = maxHoldMs
        self.riskRatio = riskRatio
        self.riskBound = riskBound
        self.grossRewardToRisk = grossRewardToRisk
        self.effectiveRewardToRisk = effectiveRewardToRisk
        self.breakevenWinRate = breakevenWinRate
        self.makerFeeRate = makerFeeRate
        self.takerFeeRate = takerFeeRate
    }

    init(_ fields: Fields) throws(ContractError) {
        entryPrice = try fields.price("entry_price")
        entryLevel = try fields.optional("entry_level", in: TradingBounds.levels)
        quantity = try fields.quantity("quantity", at: entryPrice)
        notional = try fields.required("notional", in: MarketBounds.values)
        leverage = try fields.required("leverage", in: TradingBounds.leverages)
        margin = try fields.required("margin", in: MarketBounds.values)
        stopDistance = try fields.level("sl_distance")
        takeProfitDistance = try fields.level("tp1_distance")
        trailDistance = try fields.level("trail_distance")
        takeProfitFraction = try fields.share("tp1_fraction")
        entryOffsetTicks = try fields.required("entry_offset_ticks", in: 0...10_000)
        entryTimeoutMs = try fields.required("entry_timeout_ms", in: 0...3_600_000)
        maxHoldMs = try fields.required("max_hold_ms", in: 0...604_800_000)
        balance = try fields.optional("balance", in: TradingBounds.money)
        riskRatio = try fields.required("risk_pct", in: MarketBounds.fractions)
        riskBound = try fields.shortText("risk_bound")
        grossRewardToRisk = try fields.required("gross_rr", in: TradingBounds.ratios)
        effectiveRewardToRisk = try fields.required("effective_rr", in: TradingBounds.ratios)
        breakevenWinRate = try fields.required("breakeven_win_rate", in: TradingBounds.ratios)
        makerFeeRate = try fields.required("maker_fee_rate", in: ContractTerms.feeRates)
        takerFeeRate = try fields.required("taker_fee_rate", in: ContractTerms.feeRates)
    }

    func encode(into fields: inout Fields) {
        fields.put("entry_price", entryPrice)
        fields.put("entry_level", entryLevel)
        fields.put("quantity", quantity)
        fields.put("notional", notional)
        fields.put("leverage", leverage)
        fields.put("margin", margin)
        fields.put("sl_distance", stopDistance)
        fields.put("tp1_distance", takeProfitDistance)
        fields.put("trail_distance", trailDistance)
        fields.put("tp1_fraction", takeProfitFraction)
        fields.put("entry_offset_ticks", entryOffsetTicks)
        fields.put("entry_timeout_ms", entryTimeoutMs)
        fields.put("max_hold_ms", maxHoldMs)
        fields.put("balance", balance)
        fields.put("risk_pct", riskRatio)
        fields.put("risk_bound", riskBound)
        fields.put("gross_rr", grossRewardToRisk)
        fields.put("effective_rr", effectiveRewardToRisk)
        fields.put("breakeven_win_rate", breakevenWinRate)
        fields.put("maker_fee_rate", makerFeeRate)
        fields.put("taker_fee_rate", takerFeeRate)
    }
}

extension TradePlan {
    public enum Verdict: Equatable, Sendable {
        case approved(TradeTerms)
        /// `detail` holds the rule's numbers: what was, and what is allowed.
        case rejected(rule: RiskRule, detail: String)

        private enum Word: String, FieldValue {
            case approved = "APPROVED"
            case rejected = "REJECTED"
        }

        init(_ fields: Fields) throws(ContractError) {
            switch try fields.required("verdict") as Word {
            case .approved: self = .approved(try TradeTerms(fields))
            case .rejected: self = .rejected(rule: try fields.required("rule"), detail: try fields.required("detail"))
            }
        }

        func encode(into fields: inout Fields) {
            switch self {
            case .approved(let terms):
                fields.put("verdict", Word.approved)
                terms.encode(into: &fields)
            case .rejected(let rule, let detail):
                fields.put("verdict", Word.rejected)
                fields.put("rule", rule)
                fields.put("detail", detail)
            }
        }
    }
}
