/// What the venue demands of orders in one contract, from its `exchangeInfo` and `leverageBracket`.
public struct InstrumentRules: Equatable, Sendable {
    public let symbol: Symbol
    /// Prices are multiples of it.
    public let tickSize: Price
    /// Quantities are multiples of it.
    public let stepSize: Quantity
    public let minQuantity: Quantity
    public let maxQuantity: Quantity
    /// Bound of one market order.
    public let maxMarketQuantity: Quantity
    /// Least value of an order that is not reduce-only.
    public let minNotional: Notional
    /// Ascending by notional; empty when unknown.
    public let brackets: [LeverageBracket]

    public init(
        symbol: Symbol, tickSize: Price, stepSize: Quantity, minQuantity: Quantity, maxQuantity: Quantity,
        maxMarketQuantity: Quantity, minNotional: Notional, brackets: [LeverageBracket] = []
    ) {
        precondition(tickSize.raw > 0 && stepSize.raw > 0, "\(symbol): tick and step are greater than zero")
        self.symbol = symbol
        self.tickSize = tickSize
        self.stepSize = stepSize
        self.minQuantity = minQuantity
        self.maxQuantity = maxQuantity
        self.maxMarketQuantity = maxMarketQuantity
        self.minNotional = minNotional
        self.brackets = brackets
    }

    /// The same with the brackets that the account has.
    public func with(brackets: [LeverageBracket]) -> InstrumentRules {
        InstrumentRules(
            symbol: symbol, tickSize: tickSize, stepSize: stepSize, minQuantity: minQuantity, maxQuantity: maxQuantity,
            maxMarketQuantity: maxMarketQuantity, minNotional: minNotional, brackets: brackets)
    }

    /// The neighbouring valid price.
    public func price(_ price: Price, rounding direction: RoundingDirection) -> Price {
        price.rounded(toMultipleOf: tickSize, direction)
    }

    /// The greatest valid quantity not above `quantity`; zero when even the least is above it.
    public func quantity(atMost quantity: Quantity) -> Quantity {
        let fitted = min(quantity, maxQuantity).rounded(toMultipleOf: stepSize, .down)
        return fitted < minQuantity ? .zero : fitted
    }

    /// What one market order may take of `quantity`: all of it, or as much as the venue's bound lets.
    public func marketSlice(of quantity: Quantity) -> Quantity {
        let bound = maxMarketQuantity > .zero ? min(maxMarketQuantity, maxQuantity) : maxQuantity
        guard quantity > bound, bound >= stepSize else { return quantity }
        return bound.rounded(toMultipleOf: stepSize, .down)
    }

    /// Whether the venue takes an opening order of this size.
    public func admits(_ quantity: Quantity, at price: Price) -> Bool {
        quantity >= minQuantity && quantity <= maxQuantity && quantity.isMultiple(of: stepSize)
            && price * quantity >= minNotional
    }

    /// Margin below which a position of this notional is liquidated: notional × ratio − amount of its bracket.
    /// Nil while the brackets are unknown.
    public func maintenanceMargin(of notional: Notional) -> Notional? {
        bracket(of: notional).map { notional * $0.maintenanceMarginRatio - $0.maintenanceAmount }
    }

    /// The bracket that a position of this notional falls in; the last one for what is above all of them.
    public func bracket(of notional: Notional) -> LeverageBracket? {
        brackets.first { notional <= $0.notionalCap } ?? brackets.last
    }
}

/// One step of the venue's table of leverage against position size.
public struct LeverageBracket: Equatable, Sendable {
    public let notionalCap: Notional
    public let maxLeverage: Int
    public let maintenanceMarginRatio: Ratio
    /// Subtracted from notional × ratio, so that the margin is continuous over the brackets.
    public let maintenanceAmount: Notional

    /// Nil for what no bracket can be.
    public init?(
        checked notionalCap: Notional, maxLeverage: Int, maintenanceMarginRatio: Ratio, maintenanceAmount: Notional
    ) {
        guard notionalCap > .zero, 1...1000 ~= maxLeverage, maintenanceMarginRatio >= .zero,
            maintenanceMarginRatio < Ratio(raw: fixedScale), maintenanceAmount >= .zero
        else { return nil }
        self.init(
            notionalCap: notionalCap, maxLeverage: maxLeverage, maintenanceMarginRatio: maintenanceMarginRatio,
            maintenanceAmount: maintenanceAmount)
    }

    public init(notionalCap: Notional, maxLeverage: Int, maintenanceMarginRatio: Ratio, maintenanceAmount: Notional) {
        self.notionalCap = notionalCap
        self.maxLeverage = maxLeverage
        self.maintenanceMarginRatio = maintenanceMarginRatio
        self.maintenanceAmount = maintenanceAmount
    }
}
