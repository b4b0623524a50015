public import TradingPrimitives

/// Why a position ended.
public enum ExitReason: String, FieldValue, BitwiseCopyable, CaseIterable {
    case takeProfit1 = "TP1"
    case takeProfit2 = "TP2"
    case stopLoss = "SL"
    case timeout = "TIMEOUT"
    case manual = "MANUAL"
    case emergency = "EMERGENCY"
    case liquidation = "LIQUIDATION"
    case external = "EXTERNAL"
    /// An entry that filled less than half before its time-out, closed at once.
    case noFill = "NO_FILL"

    /// The states that the blueprint's chapter 12.5 has for such an end, in its order; empty where it has none. Here a position is
    /// CLOSED, and its exit reason says why.
    public var blueprintStates: String {
        switch self {
        case .takeProfit1: "TP1_HIT, CLOSED_TP1_FULL"
        case .takeProfit2: "TP1_HIT, TRAILING"
        case .stopLoss: "SL_HIT, CLOSED_SL"
        case .timeout: "CLOSED_TIMEOUT"
        case .manual: "CLOSED_MANUAL"
        case .noFill: "NO_FILL"
        case .emergency, .liquidation, .external: ""
        }
    }
}

/// A whole trade, from first fill to flat.
public struct TradeSummary: Equatable, Sendable {
    /// Whether it was a trade: what was given up before it was one costs its money, and is no win and no loss.
    public var isCounted: Bool { exitReason != .noFill }
    /// Parts of the quantity that were filled as maker: of the entries, and of entries and exits; nil where that was not told.
    public var entryMakerShare: Double? {
        entryMakerQuantity.flatMap { quantity > .zero ? Double($0.raw) / Double(quantity.raw) : nil }
    }
    public var makerShare: Double? {
        guard let entryMakerQuantity, let exitMakerQuantity, quantity > .zero else { return nil }
        return (Double(entryMakerQuantity.raw) + Double(exitMakerQuantity.raw)) / (2 * Double(quantity.raw))
    }

    public var exitReason: ExitReason
    /// Value of all entry fills.
    public var size: Notional
    /// Sum of all entry fills.
    public var quantity: Quantity
    /// Mean of the entry fills.
    public var entryPrice: Price
    /// Mean of the exit fills.
    public var exitPrice: Price
    /// What it was held with.
    public var leverage: Int
    /// Trigger of its first stop.
    public var initialStopPrice: Price
    /// Of its first target.
    public var takeProfitPrice: Price
    /// The last trailing stop.
    public var trailingStopPrice: Price?
    /// Before fees.
    public var grossPnl: Notional
    /// Of all fills; below zero for a rebate.
    public var fees: Notional
    /// Received while it was held, below zero when paid.
    public var funding: Notional
    /// Gross, less fees, plus funding.
    public var netPnl: Notional
    /// 0…100.
    public var confidence: Double
    /// Pieces that were filled as maker.
    public var makerFills: Int
    /// Pieces that were filled as taker.
    public var takerFills: Int
    /// What of the entries was filled as maker; absent of a position that was found, and in entries of earlier versions.
    public var entryMakerQuantity: Quantity?
    /// The same of the exits.
    public var exitMakerQuantity: Quantity?
    /// First fill.
    public var entryTime: Timestamp
    /// Last fill.
    public var exitTime: Timestamp

    public init(
        exitReason: ExitReason, size: Notional, quantity: Quantity, entryPrice: Price, exitPrice: Price, leverage: Int,
        initialStopPrice: Price, takeProfitPrice: Price, trailingStopPrice: Price?, grossPnl: Notional, fees: Notional,
        funding: Notional = .zero, netPnl: Notional, confidence: Double, makerFills: Int, takerFills: Int,
        entryTime: Timestamp,
        exitTime: Timestamp, entryMakerQuantity: Quantity? = nil, exitMakerQuantity: Quantity? = nil
    ) {
        self.exitReason = exitReason
        self.size = size
        self.quantity = quantity
        self.entryPrice = entryPrice
        self.exitPrice = exitPrice
        self.leverage = leverage
        self.initialStopPrice = initialStopPrice
        self.takeProfitPrice = takeProfitPrice
        self.trailingStopPrice = trailingStopPrice
        self.grossPnl = grossPnl
        self.fees = fees
        self.funding = funding
        self.netPnl = netPnl
        self.confidence = confidence
        self.makerFills = makerFills
        self.takerFills = takerFills
        self.entryTime = entryTime
        self.exitTime = exitTime
        self.entryMakerQuantity = entryMakerQuantity
        self.exitMakerQuantity = exitMakerQuantity
    }

    init?(ifPresentIn fields: Fields) throws(ContractError) {
        guard let reason: ExitReason = try fields.optional("exit_reason") else { return nil }
        exitReason = reason
        size = try fields.required("size_usdt", in: MarketBounds.values)
        quantity = try fields.amount("quantity_total")
        entryPrice = try fields.level("entry_price")
        exitPrice = try fields.level("exit_price")
        leverage = try fields.required("leverage", in: TradingBounds.leverages)
        initialStopPrice = try fields.level("sl_price")
        takeProfitPrice = try fields.level("tp1_price")
        trailingStopPrice = try fields.optional("tp2_price", in: TradingBounds.levels)
        grossPnl = try fields.money("pnl_gross")
        fees = try fields.money("fee_total")
        funding = try fields.optional("funding", in: TradingBounds.money) ?? .zero
        netPnl = try fields.money("pnl_net")
        confidence = try fields.required("confidence", in: TradingBounds.confidences)
        makerFills = try fields.count("maker_fills")
        takerFills = try fields.count("taker_fills")
        entryTime = try fields.time("entry_time")
        exitTime = try fields.time("exit_time")
        entryMakerQuantity = try fields.optional("entry_maker_quantity", in: MarketBounds.amounts)
        exitMakerQuantity = try fields.optional("exit_maker_quantity", in: MarketBounds.amounts)
    }

    func encode(into fields: inout Fields) {
        fields.put("exit_reason", exitReason)
        fields.put("size_usdt", size)
        fields.put("quantity_total", quantity)
        fields.put("entry_price", entryPrice)
        fields.put("exit_price", exitPrice)
        fields.put("leverage", leverage)
        fields.put("sl_price", initialStopPrice)
        fields.put("tp1_price", takeProfitPrice)
        fields.put("tp2_price", trailingStopPrice)
        fields.put("pnl_gross", grossPnl)
        fields.put("fee_total", fees)
        fields.put("funding", funding)
        fields.put("pnl_net", netPnl)
        fields.put("confidence", confidence)
        fields.put("maker_fills", makerFills)
        fields.put("taker_fills", takerFills)
        fields.put("entry_time", entryTime)
        fields.put("exit_time", exitTime)
        fields.put("entry_maker_quantity", entryMakerQuantity)
        fields.put("exit_maker_quantity", exitMakerQuantity)
    }
}
