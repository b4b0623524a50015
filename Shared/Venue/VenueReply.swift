public import TradingPrimitives

/// How a request ended, as far as the venue's evidence goes.
public enum VenueReply: Equatable, Sendable {
    /// Accepted or found.
    case order(OrderReport)
    case stop(StopReport)
    case openOrders([OrderReport])
    case openStops([StopReport])
    case positions([PositionReport])
    case account(AccountReport)
    case commission(CommissionReport)
    case fills([Fill])
    case assetPrice(Price)
    /// Ascending by notional.
    case brackets([LeverageBracket])
    /// Done, with nothing to say.
    case done
    /// The venue refused it: nothing was executed.
    case rejected(VenueError)
    /// It certainly did not reach the matching engine (throttled, unavailable, never sent): it may be tried again.
    case notExecuted(String)
    /// It may or may not have been executed. Only the venue's evidence can end this.
    case unknown(String)

    public var isUnknown: Bool { if case .unknown = self { true } else { false } }
}

/// A refusal with the venue's own code.
public struct VenueError: Error, Equatable, Sendable {
    public let code: Int
    public let message: String

    public init(code: Int, message: String) {
        self.code = code
        self.message = message
    }

    /// For people.
    public var text: String { "\(code) \(message)" }
}

public enum OrderStatus: String, Sendable {
    case new = "NEW"
    case partiallyFilled = "PARTIALLY_FILLED"
    case filled = "FILLED"
    case canceled = "CANCELED"
    case expired = "EXPIRED"
    case expiredInMatch = "EXPIRED_IN_MATCH"
    case rejected = "REJECTED"

    public var isOpen: Bool { self == .new || self == .partiallyFilled }
}

/// An order as the venue knows it.
public struct OrderReport: Equatable, Sendable {
    public var symbol: Symbol
    public var clientOrderId: String
    public var orderId: Int64
    public var side: Side
    public var status: OrderStatus
    /// Zero for a market order.
    public var price: Price
    public var quantity: Quantity
    public var executedQuantity: Quantity
    public var isReduceOnly: Bool
    public var updateTime: Timestamp

    public init(
        symbol: Symbol, clientOrderId: String, orderId: Int64, side: Side, status: OrderStatus, price: Price,
        quantity: Quantity,
        executedQuantity: Quantity, isReduceOnly: Bool, updateTime: Timestamp
    ) {
        self.symbol = symbol
        self.clientOrderId = clientOrderId
        self.orderId = orderId
        self.side = side
        self.status = status
        self.price = price
        self.quantity = quantity
        self.executedQuantity = executedQuantity
        self.isReduceOnly = isReduceOnly
        self.updateTime = updateTime
    }
}

public enum StopStatus: String, Sendable {
    case new = "NEW"
    /// The condition is met; the order is on its way.
    case triggering = "TRIGGERING"
    /// The order stands in the matching engine under its own id.
    case triggered = "TRIGGERED"
    case finished = "FINISHED"
    case canceled = "CANCELED"
    case expired = "EXPIRED"
    case rejected = "REJECTED"
}

/// A conditional order as the venue knows it.
public struct StopReport: Equatable, Sendable {
    public var symbol: Symbol
    public var clientOrderId: String
    public var algoId: Int64
    public var side: Side
    public var status: StopStatus
    public var triggerPrice: Price
    /// What it closes; nil for all there is.
    public var quantity: Quantity?
    /// Of the order that it became; nil before the trigger.
    public var orderId: Int64?
    /// Why it was rejected.
    public var reason: String?
    public var updateTime: Timestamp

    public init(
        symbol: Symbol, clientOrderId: String, algoId: Int64, side: Side, status: StopStatus, triggerPrice: Price,
        quantity: Quantity? = nil, orderId: Int64?, reason: String?, updateTime: Timestamp
    ) {
        self.symbol = symbol
        self.clientOrderId = clientOrderId
        self.algoId = algoId
        self.side = side
        self.status = status
        self.triggerPrice = triggerPrice
        self.quantity = quantity
        self.orderId = orderId
        self.reason = reason
        self.updateTime = updateTime
    }
}

public struct PositionReport: Equatable, Sendable {
    public var symbol: Symbol
    /// Positive for long, negative for short.
    public var quantity: Quantity
    public var entryPrice: Price
    public var markPrice: Price
    /// Zero when there is none.
    public var liquidationPrice: Price
    public var unrealizedPnl: Notional

    public init(
        symbol: Symbol, quantity: Quantity, entryPrice: Price, markPrice: Price, liquidationPrice: Price,
        unrealizedPnl: Notional
    ) {
        self.symbol = symbol
        self.quantity = quantity
        self.entryPrice = entryPrice
        self.markPrice = markPrice
        self.liquidationPrice = liquidationPrice
        self.unrealizedPnl = unrealizedPnl
    }
}

public struct AccountReport: Equatable, Sendable {
    public var walletBalance: Notional
    public var availableBalance: Notional
    public var unrealizedPnl: Notional

    public init(walletBalance: Notional, availableBalance: Notional, unrealizedPnl: Notional) {
        self.walletBalance = walletBalance
        self.availableBalance = availableBalance
        self.unrealizedPnl = unrealizedPnl
    }
}

/// What the account pays for one symbol.
public struct CommissionReport: Equatable, Sendable {
    public var symbol: Symbol
    /// Parts of the notional.
    public var makerFeeRate: Ratio
    public var takerFeeRate: Ratio

    public init(symbol: Symbol, makerFeeRate: Ratio, takerFeeRate: Ratio) {
        self.symbol = symbol
        self.makerFeeRate = makerFeeRate
        self.takerFeeRate = takerFeeRate
    }
}

/// One execution of one of our orders. (symbol, tradeId) is its identity.
public struct Fill: Equatable, Sendable {
    public var symbol: Symbol
    public var tradeId: Int64
    public var orderId: Int64
    /// Nil when the source does not tell it.
    public var clientOrderId: String?
    public var side: Side
    public var price: Price
    public var quantity: Quantity
    /// In `feeAsset`; positive is paid. A rebate counts as if it had been paid: its sign is not the same in all sources.
    public var fee: Notional
    public var feeAsset: String
    public var isMaker: Bool
    /// Before fees.
    public var realizedPnl: Notional
    public var time: Timestamp

    public init(
        symbol: Symbol, tradeId: Int64, orderId: Int64, clientOrderId: String?, side: Side, price: Price,
        quantity: Quantity,
        fee: Notional, feeAsset: String, isMaker: Bool, realizedPnl: Notional, time: Timestamp
    ) {
        self.symbol = symbol
        self.tradeId = tradeId
        self.orderId = orderId
        self.clientOrderId = clientOrderId
        self.side = side
        self.price = price
        self.quantity = quantity
        self.fee = fee
        self.feeAsset = feeAsset
        self.isMaker = isMaker
        self.realizedPnl = realizedPnl
        self.time = time
    }
}

/// Assets that money is counted in.
public enum ExecutionAsset {
    /// What profit, margin and funding of all contracts are paid in.
    public static let settlement = "USDT"

    /// The name as the venue tells it; `UNKNOWN` for what is no name of an asset.
    public static func name(_ text: String) -> String {
        let isName = 1...16 ~= text.utf8.count && text.utf8.allSatisfy { 65...90 ~= $0 || 48...57 ~= $0 }
        return isName ? text : "UNKNOWN"
    }
}
