public import TradingPrimitives

/// What the venue tells: to all (market streams) or to one account (user stream).
public struct ExchangeEvent: Sendable {
    public enum Body: Sendable {
        case market(MarketNews)
        case user(account: Int, UserFrame)
        /// The listen key of an account was not kept alive.
        case listenKeyExpired(account: Int)
    }

    /// The venue's time when it told it: `E` of the frame.
    public let time: Timestamp
    public let body: Body
}

/// One frame of a market stream, before it is written as JSON.
public enum MarketNews: Sendable {
    case aggregateTrade(AggregateTrade)
    case bestPrices(BestPrices)
    /// A whole top of the book, for `depth5`, `depth10` and `depth20` of one speed.
    case partialDepth(DepthFrame, speedMs: Int)
    /// Changed levels since the last frame of this speed.
    case depthChange(DepthFrame, speedMs: Int)
    case candle(instrument: Int, Timeframe, MarketCandle, isClosed: Bool)
    case mark(MarkPrice)
    /// The marks of all contracts.
    case marks([MarkPrice])
    case dayTicker(DayTicker)
    /// Those of all contracts.
    case dayTickers([DayTicker])
    case liquidation(Liquidation)
}

/// Fills of one taker order at one price.
public struct AggregateTrade: Equatable, Sendable {
    public let instrument: Int
    public let id: Int64
    public let price: Price
    public internal(set) var quantity: Quantity
    public let firstTradeId: Int64
    public internal(set) var lastTradeId: Int64
    public let aggressor: Side
    public let time: Timestamp
}

/// A change of the best bid or ask of an instrument.
public struct BestPrices: Equatable, Sendable {
    public let instrument: Int
    public let bid: DepthLevel
    public let ask: DepthLevel
    public let updateId: Int64
    public let time: Timestamp
}

/// Changes of a book since the frame before; a level of quantity zero is gone.
public struct DepthFrame: Equatable, Sendable {
    public let instrument: Int
    public let firstUpdateId: Int64
    public let lastUpdateId: Int64
    public let previousUpdateId: Int64
    public let bids: [DepthLevel]
    public let asks: [DepthLevel]
    public let time: Timestamp
}

/// Mark and index price of an instrument, in the quote asset, with its funding.
public struct MarkPrice: Equatable, Sendable {
    public let instrument: Int
    public internal(set) var price: Price
    public internal(set) var average: Price
    public internal(set) var index: Price
    public internal(set) var fundingRate: Ratio
    public internal(set) var nextFunding: Timestamp
}

/// A liquidation order, of a client or of somebody else.
public struct Liquidation: Equatable, Sendable {
    public let instrument: Int
    public let side: Side
    public let price: Price
    public let average: Price
    public let quantity: Quantity
    public let time: Timestamp
}

/// One frame of a user stream.
public enum UserFrame: Sendable {
    case order(Order, OrderChange)
    case tradeLite(Order, OrderFill)
    case algo(AlgoOrder)
    case account(AccountChange)
    case leverage(instrument: Int, Int)
    /// Positions that are near their liquidation.
    case marginCall([Int])
}

/// What happened to the order of an ORDER_TRADE_UPDATE.
public enum OrderChange: Sendable {
    case new
    case trade(OrderFill)
    case canceled
    case expired
    /// Changed by its owner, who may have numbered the change.
    case amended(modifyId: Int64?)
    /// A liquidation's or insurance fund's execution.
    case calculated(OrderFill)
}

/// Balances and positions of an account after a change, and what changed them.
public struct AccountChange: Sendable {
    public enum Reason: String, Sendable {
        case order = "ORDER"
        case funding = "FUNDING_FEE"
        case deposit = "DEPOSIT"
        case marginTransfer = "MARGIN_TRANSFER"
        case marginType = "MARGIN_TYPE_CHANGE"
        case insurance = "INSURANCE_CLEAR"
        case withdraw = "WITHDRAW"
    }

    public let reason: Reason
    public let wallet: Notional
    public let crossWallet: Notional
    /// Where fees are paid in BNB.
    public let bnb: Notional
    public let hasBnb: Bool
    /// Change of the balance that is neither profit nor commission.
    public let balanceChange: Notional
    /// Positions as they are now, with the mark price for the unrealized profit.
    public let positions: [(instrument: Int, position: AccountPosition, mark: Price)]
    public let fundingInstrument: Int?
    public let time: Timestamp
}
