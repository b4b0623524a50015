public import TradingPrimitives

/// Kinds of conditional orders, as the venue spells them.
public enum AlgoType: String, Sendable {
    case stop = "STOP"
    case stopMarket = "STOP_MARKET"
    case takeProfit = "TAKE_PROFIT"
    case takeProfitMarket = "TAKE_PROFIT_MARKET"
    case trailingStopMarket = "TRAILING_STOP_MARKET"

    var isStop: Bool { self == .stop || self == .stopMarket || self == .trailingStopMarket }
    var isMarket: Bool { self != .stop && self != .takeProfit }
}

/// Where a conditional order stands, as the venue spells it.
public enum AlgoStatus: String, Sendable {
    case new = "NEW"
    case triggering = "TRIGGERING"
    case triggered = "TRIGGERED"
    case finished = "FINISHED"
    case canceled = "CANCELED"
    case expired = "EXPIRED"
    case rejected = "REJECTED"

    var isOpen: Bool { self == .new }
}

/// Which price sets a conditional order off.
public enum WorkingType: String, Sendable {
    case contractPrice = "CONTRACT_PRICE"
    case markPrice = "MARK_PRICE"
}

/// What a client asks of the conditional order service.
public struct AlgoRequest: Sendable {
    public var instrument: Int
    public var side: Side
    public var type: AlgoType
    public var timeInForce: OrderValidity = .goodTillCancel
    /// Zero with `isClosePosition`.
    public var quantity: Quantity = .zero
    public var price: Price = .zero
    public var trigger: Price
    public var workingType: WorkingType = .contractPrice
    public var isReduceOnly = false
    public var isClosePosition = false
    public var isPriceProtected = false
    public var clientId: String?
    public var selfTrade: SelfTradePrevention = .expireMaker
    /// Of a trailing stop: where it starts to follow (zero: at once), and how far behind, 0.01 = 1 %.
    public var activation: Price = .zero
    public var callback: Ratio = .zero

    public init(instrument: Int, side: Side, type: AlgoType, trigger: Price) {
        (self.instrument, self.side, self.type, self.trigger) = (instrument, side, type, trigger)
    }
}

/// An order that waits for its trigger outside the matching engine.
public struct AlgoOrder: Sendable {
    public let id: Int64
    public let clientId: String
    public let account: Int
    public let request: AlgoRequest
    public let createTime: Timestamp

    public internal(set) var status: AlgoStatus = .new
    public internal(set) var updateTime: Timestamp
    public internal(set) var triggerTime: Timestamp = .zero
    /// The order it became; zero before the trigger.
    public internal(set) var orderId: Int64 = 0
    public internal(set) var averagePrice: Price = .zero
    public internal(set) var executed: Quantity = .zero
    public internal(set) var failure: String?
    /// Of a trailing stop: whether it follows, and the best price since.
    var isActivated = false
    /// Until then queries don't find it.
    var hiddenUntil: Timestamp = .zero
    var extreme: Price = .zero

    public var instrument: Int { request.instrument }
}
