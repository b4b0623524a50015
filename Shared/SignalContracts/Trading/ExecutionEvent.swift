public import TradingPrimitives

/// What happened. Facts, in the past tense.
public enum ExecutionKind: String, FieldValue, BitwiseCopyable, CaseIterable {
    case planDenied = "PLAN_DENIED"
    case entrySent = "ENTRY_SENT"
    case entryAccepted = "ENTRY_ACCEPTED"
    case entryRepriced = "ENTRY_REPRICED"
    case entryFilled = "ENTRY_FILLED"
    case noFill = "NO_FILL"
    case stopAccepted = "STOP_ACCEPTED"
    case stopMoved = "STOP_MOVED"
    case stopRefused = "STOP_REFUSED"
    case takeProfitAccepted = "TP_ACCEPTED"
    case takeProfitRefused = "TP_REFUSED"
    case takeProfitFilled = "TP_FILLED"
    case exitSent = "EXIT_SENT"
    case exitFilled = "EXIT_FILLED"
    case fundingPaid = "FUNDING_PAID"
    case positionAdopted = "POSITION_ADOPTED"
    case positionClosed = "POSITION_CLOSED"
    case orderUnknown = "ORDER_UNKNOWN"
    case orderResolved = "ORDER_RESOLVED"
}

/// Where a position is in its life. The transitions are in the executor's table.
public enum PositionState: String, FieldValue, BitwiseCopyable, CaseIterable {
    case pendingEntry = "PENDING_ENTRY"
    case entrySent = "ENTRY_SENT"
    case partialFill = "PARTIAL_FILL"
    case active = "ACTIVE_POSITION"
    case trailing = "TRAILING"
    case closing = "CLOSING"
    case noFill = "NO_FILL"
    case closed = "CLOSED"
}

/// One thing that happened to a plan, an order or a position. On `execution:{S}`.
public struct ExecutionEvent: StreamMessage {
    public static let version = 1

    /// Id of the plan that it belongs to.
    public var plan: TradeId
    /// Id of the `md` entry that set the plan off.
    public var cause: StreamId
    /// Venue's time when known, else the executor's clock.
    public var eventTime: Timestamp
    public var kind: ExecutionKind
    /// State of the position after it.
    public var state: PositionState
    public var direction: Direction
    /// Absent for a position that was found, not planned.
    public var strategy: Strategy?
    /// Of the order that it is about.
    public var clientOrderId: String?
    /// Of the order or the fill.
    public var price: Price?
    /// Of the order or the fill.
    public var quantity: Quantity?
    /// What is held after it.
    public var positionQuantity: Quantity?
    /// Mean of the entry's fills.
    public var averageEntryPrice: Price?
    /// Of the stop that protects now.
    public var stopPrice: Price?
    /// Of a fill.
    public var isMaker: Bool?
    /// Of a fill; USDT. Absent for one that was paid in another asset.
    public var fee: Notional?
    /// What a fee was paid in, where that is not USDT, and how much of it.
    public var feeAsset: String?
    /// In that asset.
    public var feeAmount: Notional?
    /// Of a fill, before fees; of a payment of funding, what was received.
    public var realizedPnl: Notional?
    /// Reason or venue code.
    public var detail: String?
    /// Which venue it happened at; absent in entries of earlier versions, as are the next two.
    public var mode: TradingMode?
    /// The account's name at the venue, once the venue has told it: a code, no secret. A simulated venue that starts anew is a new
    /// account.
    public var account: String?
    /// Version of the program that wrote it.
    public var program: String?
    /// The whole trade, when it is closed.
    public var summary: TradeSummary?

    public init(
        plan: TradeId, cause: StreamId, eventTime: Timestamp, kind: ExecutionKind, state: PositionState,
        direction: Direction, strategy: Strategy? = nil, clientOrderId: String? = nil, price: Price? = nil,
        quantity: Quantity? = nil, positionQuantity: Quantity? = nil, averageEntryPrice: Price? = nil,
        stopPrice: Price? = nil, isMaker: Bool? = nil, fee: Notional? = nil, realizedPnl: Notional? = nil,
        detail: String? = nil, summary: TradeSummary? = nil
    ) {
        self.plan = plan
        self.cause = cause
        self.eventTime = eventTime
        self.kind = kind
        self.state = state
        self.direction = direction
        self.strategy = strategy
        self.clientOrderId = clientOrderId
        self.price = price
        self.quantity = quantity
        self.positionQuantity = positionQuantity
        self.averageEntryPrice = averageEntryPrice
        self.stopPrice = stopPrice
        self.isMaker = isMaker
        self.fee = fee
        self.realizedPnl = realizedPnl
        self.detail = detail
        self.summary = summary
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        plan = try fields.required("plan")
        cause = try fields.required("cause")
        eventTime = try fields.time("event_time")
        kind = try fields.required("event")
        state = try fields.required("state")
        direction = try fields.required("direction")
        strategy = try fields.optional("strategy")
        clientOrderId = try fields.optional("client_order_id")
        price = try fields.optional("price", in: MarketBounds.prices)
        quantity = try fields.optional("quantity", in: MarketBounds.amounts)
        positionQuantity = try fields.optional("position_quantity", in: MarketBounds.amounts)
        averageEntryPrice = try fields.optional("avg_entry_price", in: TradingBounds.levels)
        stopPrice = try fields.optional("stop_price", in: TradingBounds.levels)
        isMaker = try fields.optional("maker")
        fee = try fields.optional("fee", in: TradingBounds.money)
        feeAsset = try fields.optional("fee_asset")
        feeAmount = try fields.optional("fee_amount", in: TradingBounds.money)
        realizedPnl = try fields.optional("realized_pnl", in: TradingBounds.money)
        detail = try fields.optional("detail")
        mode = try fields.optional("mode")
        account = try fields.optionalShortText("account")
        program = try fields.optionalShortText("program")
        summary = try TradeSummary(ifPresentIn: fields)
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("plan", plan)
        fields.put("cause", cause)
        fields.put("event_time", eventTime)
        fields.put("event", kind)
        fields.put("state", state)
        fields.put("direction", direction)
        fields.put("strategy", strategy)
        fields.put("client_order_id", clientOrderId)
        fields.put("price", price)
        fields.put("quantity", quantity)
        fields.put("position_quantity", positionQuantity)
        fields.put("avg_entry_price", averageEntryPrice)
        fields.put("stop_price", stopPrice)
        fields.put("maker", isMaker)
        fields.put("fee", fee)
        fields.put("fee_asset", feeAsset)
        fields.put("fee_amount", feeAmount)
        fields.put("realized_pnl", realizedPnl)
        fields.put("detail", detail)
        fields.put("mode", mode)
        fields.put("account", account)
        fields.put("program", program)
        summary?.encode(into: &fields)
    }
}
