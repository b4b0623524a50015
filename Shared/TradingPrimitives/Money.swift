/// A price in quote currency for one unit of the base asset.
public struct Price: FixedDecimal {
    public let raw: Int64
    @inlinable public init(raw: Int64) { self.raw = raw }
}

/// An amount of the base asset.
public struct Quantity: FixedDecimal {
    public let raw: Int64
    @inlinable public init(raw: Int64) { self.raw = raw }
}

/// An amount of quote currency (USDT): notional, margin, fee, profit, balance.
public struct Notional: FixedDecimal {
    public let raw: Int64
    @inlinable public init(raw: Int64) { self.raw = raw }
}

/// A dimensionless share or rate, as a fraction: 0.0002 is 0.02 %. Fee rates, funding rates, margin ratios.
public struct Ratio: FixedDecimal {
    public let raw: Int64
    @inlinable public init(raw: Int64) { self.raw = raw }
}

extension Price {
    /// Value of `quantity` at this price; parts below 1e-8 USDT are dropped towards zero.
    @inlinable public static func * (price: Price, quantity: Quantity) -> Notional {
        Notional(raw: price.raw).times(quantity)
    }
}

extension Notional {
    /// Parts below 1e-8 USDT are dropped towards zero.
    @inlinable public static func * (amount: Notional, rate: Ratio) -> Notional { amount.times(rate) }

    /// The greatest quantity on the 1e-8 grid whose value at `price` is not above this amount. `price` must be positive.
    @inlinable public func quantity(at price: Price) -> Quantity {
        precondition(price.raw > 0, "a price is greater than zero")
        return Quantity(clamping: Int128(raw) * Int128(fixedScale) / Int128(price.raw))
    }
}
