public import TradingPrimitives

/// What the executor can ask of a venue. A value: the adapter performs it, a simulation can too.
public enum VenueRequest: Equatable, Sendable {
    case placeOrder(NewOrder)
    /// A stop that rests in the venue's conditional-order service.
    case placeStop(NewStop)
    case cancelOrder(Symbol, clientOrderId: String)
    case cancelStop(Symbol, clientOrderId: String)
    case queryOrder(Symbol, clientOrderId: String)
    case queryStop(Symbol, clientOrderId: String)
    /// Those of one contract, or of all.
    case queryOpenOrders(Symbol?)
    case queryOpenStops(Symbol?)
    case queryPositions
    case queryAccount
    /// The fee rates of the account for one symbol.
    case queryCommission(Symbol)
    /// Fills of one symbol with a trade id of at least `fromId`; from `since` when no id is known.
    case queryFills(Symbol, fromId: Int64?, since: Timestamp?)
    /// The account's brackets of leverage in one symbol.
    case queryBrackets(Symbol)
    /// What one unit of an asset is worth in the settlement asset.
    case queryAssetPrice(String)
    case setLeverage(Symbol, Int)
    case setIsolatedMargin(Symbol)

    public var symbol: Symbol? {
        switch self {
        case .placeOrder(let order): order.symbol
        case .placeStop(let stop): stop.symbol
        case .cancelOrder(let symbol, _), .cancelStop(let symbol, _), .queryOrder(let symbol, _),
            .queryStop(let symbol, _), .queryCommission(let symbol), .queryBrackets(let symbol),
            .queryFills(let symbol, _, _),
            .setLeverage(let symbol, _), .setIsolatedMargin(let symbol):
            symbol
        case .queryOpenOrders(let symbol), .queryOpenStops(let symbol): symbol
        case .queryPositions, .queryAccount, .queryAssetPrice: nil
        }
    }

    /// Whether it can make a position greater.
    public var opensRisk: Bool {
        if case .placeOrder(let order) = self { !order.isReduceOnly } else { false }
    }

    /// Whether the venue's state changes by it, so that its outcome must be known.
    public var isMutation: Bool {
        switch self {
        case .placeOrder, .placeStop, .cancelOrder, .cancelStop, .setLeverage, .setIsolatedMargin: true
        case .queryOrder, .queryStop, .queryOpenOrders, .queryOpenStops, .queryPositions, .queryAccount,
            .queryCommission, .queryFills, .queryBrackets, .queryAssetPrice:
            false
        }
    }
}

/// How long a limit order waits, as the venue spells it.
public enum TimeInForce: String, Sendable {
    case goodTillCancel = "GTC"
    case immediateOrCancel = "IOC"
    case fillOrKill = "FOK"
    /// Post-only: refused when it would take liquidity.
    case postOnly = "GTX"
}

/// An order to be placed; quantity in base units, prices in the quote asset.
public struct NewOrder: Equatable, Sendable {
    public enum Kind: Equatable, Sendable {
        case limit(Price, TimeInForce)
        case market
    }

    public let symbol: Symbol
    /// `[.A-Z:/a-z0-9_-]{1,36}`, unique among open orders.
    public let clientOrderId: String
    public let side: Side
    public let kind: Kind
    public let quantity: Quantity
    public let isReduceOnly: Bool

    public init(symbol: Symbol, clientOrderId: String, side: Side, kind: Kind, quantity: Quantity, isReduceOnly: Bool) {
        self.symbol = symbol
        self.clientOrderId = clientOrderId
        self.side = side
        self.kind = kind
        self.quantity = quantity
        self.isReduceOnly = isReduceOnly
    }
}

/// Closes a position by a market order once the price reaches the trigger.
public struct NewStop: Equatable, Sendable {
    public enum WorkingPrice: String, Sendable {
        case last = "CONTRACT_PRICE"
        case mark = "MARK_PRICE"
    }

    public let symbol: Symbol
    public let clientOrderId: String
    /// Side of the closing order.
    public let side: Side
    public let triggerPrice: Price
    public let workingPrice: WorkingPrice
    /// What it closes; nil for all there is then. The venue lets only one stop close all of a direction.
    public let quantity: Quantity?

    public init(
        symbol: Symbol, clientOrderId: String, side: Side, triggerPrice: Price, workingPrice: WorkingPrice,
        quantity: Quantity? = nil
    ) {
        self.symbol = symbol
        self.clientOrderId = clientOrderId
        self.side = side
        self.triggerPrice = triggerPrice
        self.workingPrice = workingPrice
        self.quantity = quantity
    }
}
