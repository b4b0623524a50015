public import TradingPrimitives

/// What an account holds of one contract, in one-way mode, and how it is set up for it.
public struct AccountPosition: Equatable, Sendable {
    /// Positive for long, negative for short.
    public internal(set) var amount: Quantity = .zero
    /// What the held amount was bought or sold for; never negative.
    public internal(set) var cost: Notional = .zero
    /// Profit of the trades so far, before fees.
    public internal(set) var accumulatedProfit: Notional = .zero
    /// Fees of the held amount's trades, for the break-even price.
    public internal(set) var fees: Notional = .zero
    public internal(set) var leverage = 20
    public internal(set) var isIsolated = false
    /// Part of the wallet that stands for this position alone.
    public internal(set) var isolatedWallet: Notional = .zero
    public internal(set) var updateTime: Timestamp = .zero

    public var isFlat: Bool { amount.raw == 0 }
    public var side: Side { amount.raw < 0 ? .sell : .buy }

    /// What the held amount cost on average when it last grew; a part that goes leaves it as it is.
    public private(set) var entryPrice: Price = .zero

    /// The price at which closing earns the fees paid so far.
    public var breakEvenPrice: Price {
        if isFlat { return .zero }
        return Self.price(amount.raw > 0 ? cost + fees : cost - fees, amount.magnitude)
    }

    /// Value at a price, with the sign of the position.
    public func notional(at price: Price) -> Notional {
        amount.raw < 0 ? -(price * amount.magnitude) : price * amount
    }

    public func unrealizedProfit(at price: Price) -> Notional {
        if isFlat { return .zero }
        let value = price * amount.magnitude
        return amount.raw > 0 ? value - cost : cost - value
    }

    private static func price(_ value: Notional, _ quantity: Quantity) -> Price {
        Price(raw: Int64(Int128(value.raw) * Int128(fixedScale) / Int128(quantity.raw)))
    }

    /// Takes a trade; returns the profit it realized, before fees. The parts of a cost always sum to the whole.
    mutating func trade(_ side: Side, _ quantity: Quantity, at price: Price, fee: Notional) -> Notional {
        let signed = Quantity(raw: quantity.raw * side.sign)
        let isAdding = isFlat || (amount.raw > 0) == (signed.raw > 0)
        if isAdding {
            amount += signed
            cost += price * quantity
            fees += fee
            entryPrice = Self.price(cost, amount.magnitude)
            isolate(price * quantity)
            return .zero
        }
        let closing = min(quantity, amount.magnitude)
        let isWhole = closing == amount.magnitude
        let closedCost = isWhole ? cost : Self.share(cost, closing, of: amount.magnitude)
        let exit = price * closing
        let profit = amount.raw > 0 ? exit - closedCost : closedCost - exit
        fees = isWhole ? .zero : fees - Self.share(fees, closing, of: amount.magnitude)
        isolatedWallet = isWhole ? .zero : isolatedWallet - Self.share(isolatedWallet, closing, of: amount.magnitude)
        cost -= closedCost
        amount += Quantity(raw: closing.raw * side.sign)
        accumulatedProfit += profit
        if isWhole { entryPrice = .zero }
        if quantity > closing {
            amount = Quantity(raw: (quantity - closing).raw * side.sign)
            cost = price * (quantity - closing)
            fees = Self.share(fee, quantity - closing, of: quantity)
            entryPrice = price
            isolate(cost)
        }
        return profit
    }

    private mutating func isolate(_ notional: Notional) {
        if isIsolated { isolatedWallet += Notional(raw: notional.raw / Int64(leverage)) }
    }

    private static func share(_ value: Notional, _ part: Quantity, of whole: Quantity) -> Notional {
        Notional(raw: Int64(Int128(value.raw) * Int128(part.raw) / Int128(whole.raw)))
    }
}
