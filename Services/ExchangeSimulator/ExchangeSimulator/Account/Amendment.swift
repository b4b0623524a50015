public import TradingPrimitives

/// One change that an owner made to an open order.
public struct Amendment: Sendable {
    public let id: Int64
    public let instrument: Int
    public let orderId: Int64
    public let clientId: String
    public let oldPrice: Price
    public let newPrice: Price
    public let oldQuantity: Quantity
    public let newQuantity: Quantity
    /// How often the order was changed, with this change.
    public let count: Int
    public let time: Timestamp
}

/// Margin that an owner put to an isolated position (positive) or took from it.
public struct MarginMove: Sendable {
    public let instrument: Int
    public let amount: Notional
    public let time: Timestamp
}
