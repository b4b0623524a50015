public import TradingPrimitives

/// What a fact of a market can be. A value beyond it is refused where it is read, by name: it may be a legal number of the venue's,
/// but what the suite would make of it can't be right, and sums and products within these bounds can't overflow.
public enum MarketBounds {
    /// 1970 to 2100.
    @inlinable public static var times: ClosedRange<Timestamp> {
        .zero...Timestamp(milliseconds: 4_102_444_800_000)
    }
    /// Numbers that the venue counts trades, fills and changes by.
    @inlinable public static var numbers: ClosedRange<Int64> { 0...1_000_000_000_000_000_000 }
    /// Greater than zero, and not above the next: the sum of two prices fits.
    @inlinable public static var prices: ClosedRange<Price> { Price(raw: 1)...Price(raw: .max / 2) }
    @inlinable public static var amounts: ClosedRange<Quantity> { .zero...Quantity(raw: .max) }
    /// An amount of which there is some.
    @inlinable public static var quantities: ClosedRange<Quantity> { Quantity(raw: 1)...Quantity(raw: .max) }
    @inlinable public static var values: ClosedRange<Notional> { .zero...Notional(raw: .max) }
    /// Parts of a whole.
    @inlinable public static var shares: ClosedRange<Ratio> { .zero...Ratio(raw: fixedScale) }
    /// Shares that engines have computed; the last digit of a sum may be too great.
    @inlinable public static var fractions: ClosedRange<Double> { 0...1.000_001 }
    @inlinable public static var signedFractions: ClosedRange<Double> { -1.000_001...1.000_001 }
    /// What multiplies a weight, a distance or a size.
    @inlinable public static var multipliers: ClosedRange<Double> { 0...100 }
    /// Of one interval. Venues cap it at a few per cent.
    @inlinable public static var fundingRates: ClosedRange<Ratio> {
        Ratio(raw: -fixedScale / 10)...Ratio(raw: fixedScale / 10)
    }
    /// Value of one trade, or of what stands at one price, in quote currency: 10,000,000,000.
    @inlinable public static var valueMax: Int64 { 10_000_000_000 }

    /// Whether a trade of this size, or a level of a book, can be.
    @inlinable public static func admits(_ quantity: Quantity, at price: Price) -> Bool {
        Int128(price.raw) * Int128(quantity.raw) <= Int128(valueMax) * Int128(fixedScale) * Int128(fixedScale)
    }
}

extension Fields {
    /// Venue's time of an event.
    func time(_ name: StaticString) throws(ContractError) -> Timestamp { try required(name, in: MarketBounds.times) }
    func price(_ name: StaticString) throws(ContractError) -> Price { try required(name, in: MarketBounds.prices) }
    func amount(_ name: StaticString) throws(ContractError) -> Quantity { try required(name, in: MarketBounds.amounts) }
    func share(_ name: StaticString) throws(ContractError) -> Ratio { try required(name, in: MarketBounds.shares) }
    func number(_ name: StaticString) throws(ContractError) -> Int64 { try required(name, in: MarketBounds.numbers) }

    /// What was traded at `price`.
    func quantity(_ name: StaticString, at price: Price) throws(ContractError) -> Quantity {
        let quantity = try required(name, in: MarketBounds.quantities)
        guard MarketBounds.admits(quantity, at: price) else {
            throw outOfRange(name, "of a value up to \(MarketBounds.valueMax)")
        }
        return quantity
    }

    /// One side of a book, each level of which can be.
    func side(_ name: StaticString) throws(ContractError) -> BookSide {
        let side: BookSide = try required(name)
        for index in 0..<side.count {
            let level = side[index]
            guard MarketBounds.prices.contains(level.price), level.quantity >= .zero,
                MarketBounds.admits(level.quantity, at: level.price)
            else {
                let bound = "prices above 0, quantities from 0, values up to \(MarketBounds.valueMax)"
                throw .outOfRange(field: "\(scope)\(name)", text: "\(level.price):\(level.quantity)", bound: bound)
            }
        }
        return side
    }
}
