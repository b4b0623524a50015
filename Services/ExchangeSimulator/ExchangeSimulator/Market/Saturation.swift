package import TradingPrimitives

// Sums of a market that plays contracts of any price: of a cheap one a day's volume may be beyond what a number holds.
extension FixedDecimal {
    /// The sum, or the greatest number there is.
    func plus(_ other: Self) -> Self {
        let (sum, isTooGreat) = raw.addingReportingOverflow(other.raw)
        return isTooGreat ? Self(raw: other.raw < 0 ? .min : .max) : Self(raw: sum)
    }
}

extension Notional {
    /// What this buys at `price`, or the greatest quantity there is.
    package func buys(at price: Price) -> Quantity {
        Quantity(raw: Int64(clamping: Int128(raw) * Int128(fixedScale) / Int128(price.raw)))
    }
}
