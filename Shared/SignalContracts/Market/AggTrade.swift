public import TradingPrimitives

/// One aggregated trade: fills of one taker order at one price. On `md.trade:{S}`.
public struct AggTrade: StreamMessage, BitwiseCopyable {
    public static let version = 1

    /// The venue's number of the aggregate trade; rises by one.
    public let tradeId: Int64
    /// Venue's time of the trade (`T`): the event time of what follows from it.
    public let tradeTime: Timestamp
    /// Venue's time of the message (`E`).
    public let eventTime: Timestamp
    /// What each of its fills was traded at.
    public let price: Price
    /// Of all its fills.
    public let quantity: Quantity
    /// Whether the buyer was the maker: true for a sale by the taker.
    public let buyerIsMaker: Bool
    /// The venue's number of its first fill.
    public let firstFillId: Int64
    /// And of its last: last − first + 1 fills.
    public let lastFillId: Int64

    public init(
        tradeId: Int64, tradeTime: Timestamp, eventTime: Timestamp, price: Price, quantity: Quantity,
        buyerIsMaker: Bool,
        firstFillId: Int64, lastFillId: Int64
    ) {
        self.tradeId = tradeId
        self.tradeTime = tradeTime
        self.eventTime = eventTime
        self.price = price
        self.quantity = quantity
        self.buyerIsMaker = buyerIsMaker
        self.firstFillId = firstFillId
        self.lastFillId = lastFillId
    }

    /// Side of the order that took liquidity.
    @inlinable public var takerSide: Side { buyerIsMaker ? .sell : .buy }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        let price = try fields.price("price")
        self.init(
            tradeId: try fields.number("trade_id"), tradeTime: try fields.time("trade_time"),
            eventTime: try fields.time("event_time"), price: price,
            quantity: try fields.quantity("quantity", at: price),
            buyerIsMaker: try fields.required("buyer_is_maker"), firstFillId: try fields.number("first_fill_id"),
            lastFillId: try fields.number("last_fill_id"))
        guard abs(eventTime - tradeTime) <= TimeGate.dayMs else {
            throw fields.outOfRange("trade_time", "within a day of event_time")
        }
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("trade_id", tradeId)
        fields.put("trade_time", tradeTime)
        fields.put("event_time", eventTime)
        fields.put("price", price)
        fields.put("quantity", quantity)
        fields.put("buyer_is_maker", buyerIsMaker)
        fields.put("first_fill_id", firstFillId)
        fields.put("last_fill_id", lastFillId)
    }
}
