public import TradingPrimitives

/// What the venue tells of our account without being asked.
public enum UserEvent: Equatable, Sendable {
    /// An order changed; `fill` when it was executed.
    case order(OrderReport, fill: Fill?)
    case stop(StopReport)
    /// Balances and positions that changed. `walletBalance` is nil when USDT is not among them; `transferred` is what a person
    /// brought in, or below zero took out, and no result of trading.
    case account(walletBalance: Notional?, transferred: Notional, positions: [PositionChange])
    /// Funding was paid (below zero) or received. `symbol` is nil for a position with crossed margin, of which the venue
    /// does not say whose it was.
    case funding(Symbol?, amount: Notional, time: Timestamp, walletBalance: Notional?)
    /// The stream's key is no longer valid: open a new one.
    case listenKeyExpired
    /// The account's leverage for a symbol was changed, by us or by a person.
    case leverageChanged(Symbol, Int)
    case marginCall
}

public struct PositionChange: Equatable, Sendable {
    public var symbol: Symbol
    /// Positive for long, negative for short.
    public var quantity: Quantity
    public var entryPrice: Price

    public init(symbol: Symbol, quantity: Quantity, entryPrice: Price) {
        self.symbol = symbol
        self.quantity = quantity
        self.entryPrice = entryPrice
    }
}
