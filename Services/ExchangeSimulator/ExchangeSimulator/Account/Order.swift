public import TradingPrimitives

/// Kinds of orders of the matching engine, as the venue spells them.
public enum OrderType: String, Sendable {
    case limit = "LIMIT"
    case market = "MARKET"
}

/// How long an order waits, as the venue spells it.
public enum OrderValidity: String, Sendable {
    case goodTillCancel = "GTC"
    case immediateOrCancel = "IOC"
    case fillOrKill = "FOK"
    case postOnly = "GTX"
    case goodTillDate = "GTD"
    /// Good till the position ends; for conditional orders.
    case goodTillPosition = "GTE_GTC"
}

/// Where an order stands, as the venue spells it.
public enum OrderStanding: String, Sendable {
    case new = "NEW"
    case partiallyFilled = "PARTIALLY_FILLED"
    case filled = "FILLED"
    case canceled = "CANCELED"
    case expired = "EXPIRED"
    case expiredInMatch = "EXPIRED_IN_MATCH"

    public var isOpen: Bool { self == .new || self == .partiallyFilled }
}

/// Why an order ended by itself: the venue's `er`.
public enum ExpiryReason: Int, Sendable {
    case none = 0
    case selfTrade = 1
    case immediateRemainder = 2
    case wouldReverse = 4
    case liquidated = 5
    case marketRemainder = 9
}

/// Which order gives way when one would trade with another of its account.
public enum SelfTradePrevention: String, Sendable {
    case none = "NONE"
    case expireTaker = "EXPIRE_TAKER"
    case expireMaker = "EXPIRE_MAKER"
    case expireBoth = "EXPIRE_BOTH"
}

/// A price that the venue takes from its book: the other side's (opponent) or the own side's (queue), so many levels deep.
public enum PriceMatch: String, Sendable {
    case none = "NONE"
    case opponent = "OPPONENT"
    case opponent5 = "OPPONENT_5"
    case opponent10 = "OPPONENT_10"
    case opponent20 = "OPPONENT_20"
    case queue = "QUEUE"
    case queue5 = "QUEUE_5"
    case queue10 = "QUEUE_10"
    case queue20 = "QUEUE_20"

    var isOpponent: Bool { rawValue.hasPrefix("OPPONENT") }

    var level: Int {
        switch self {
        case .none, .opponent, .queue: 1
        case .opponent5, .queue5: 5
        case .opponent10, .queue10: 10
        case .opponent20, .queue20: 20
        }
    }
}

/// What a client asks for.
public struct OrderRequest: Sendable {
    public var instrument: Int
    public var side: Side
    public var type: OrderType
    public var timeInForce: OrderValidity = .goodTillCancel
    public var quantity: Quantity
    /// Zero for a market order.
    public var price: Price = .zero
    public var isReduceOnly = false
    public var isClosePosition = false
    /// Made by the venue when nil.
    public var clientId: String?
    public var selfTrade: SelfTradePrevention = .expireMaker
    public var goodTill: Timestamp = .zero
    /// Where `price` came from.
    public var priceMatch = PriceMatch.none

    public init(instrument: Int, side: Side, type: OrderType, quantity: Quantity, price: Price = .zero) {
        (self.instrument, self.side, self.type) = (instrument, side, type)
        (self.quantity, self.price) = (quantity, price)
    }
}

/// An order in the matching engine.
public struct Order: Sendable {
    public let id: Int64
    public let clientId: String
    public let account: Int
    public let instrument: Int
    public let side: Side
    public let type: OrderType
    /// Type of the conditional order that it came from, else its own.
    public let originalType: String
    public let timeInForce: OrderValidity
    public internal(set) var quantity: Quantity
    public internal(set) var price: Price
    /// Trigger of the conditional order that it came from, else zero.
    public let stopPrice: Price
    public let isReduceOnly: Bool
    public let isClosePosition: Bool
    public let isLiquidation: Bool
    public let selfTrade: SelfTradePrevention
    public let goodTill: Timestamp
    public let priceMatch: PriceMatch
    public let time: Timestamp
    /// The conditional order that it came from.
    public let algoId: Int64?

    public internal(set) var status: OrderStanding = .new
    public internal(set) var executed: Quantity = .zero
    public internal(set) var quote: Notional = .zero
    public internal(set) var updateTime: Timestamp
    public internal(set) var expiry: ExpiryReason = .none
    /// How often its owner changed it.
    public internal(set) var amendments = 0
    /// Market quantity that trades before this order at its price.
    var queueAhead: Quantity = .zero

    public var remaining: Quantity { quantity - executed }
    /// Average price of the fills, cut to the 1e-8 grid; zero before the first.
    public var averagePrice: Price {
        executed.raw == 0 ? .zero : Price(raw: Int64(Int128(quote.raw) * Int128(fixedScale) / Int128(executed.raw)))
    }
}

/// One execution of an order.
public struct OrderFill: Sendable {
    public let tradeId: Int64
    public let orderId: Int64
    public let account: Int
    public let instrument: Int
    public let side: Side
    public let price: Price
    public let quantity: Quantity
    public let isMaker: Bool
    /// In units of `feeAsset`.
    public let fee: Notional
    public var feeAsset = Asset.settlement
    /// Before fees.
    public let realizedProfit: Notional
    public let time: Timestamp

    public var quote: Notional { price * quantity }
}
