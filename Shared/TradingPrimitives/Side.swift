/// Side of an order.
public enum Side: String, Sendable, BitwiseCopyable, CaseIterable {
    case buy = "BUY"
    case sell = "SELL"

    @inlinable public var opposite: Side { self == .buy ? .sell : .buy }
    /// +1 for a purchase, −1 for a sale.
    @inlinable public var sign: Int64 { self == .buy ? 1 : -1 }
}

/// Direction of a position or of a wish for one.
public enum Direction: String, Sendable, BitwiseCopyable, CaseIterable {
    case long = "LONG"
    case short = "SHORT"

    @inlinable public var opposite: Direction { self == .long ? .short : .long }
    /// +1 for long, −1 for short.
    @inlinable public var sign: Int64 { self == .long ? 1 : -1 }
    /// Side of the order that opens it.
    @inlinable public var entrySide: Side { self == .long ? .buy : .sell }
    /// Side of the order that closes it.
    @inlinable public var exitSide: Side { entrySide.opposite }
}
