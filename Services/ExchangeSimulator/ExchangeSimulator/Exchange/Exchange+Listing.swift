public import TradingPrimitives

/// New filters of a contract; what is nil stays.
public struct FilterChange: Equatable, Sendable {
    public var tickSize: Price?
    /// Also the least quantity.
    public var stepSize: Quantity?
    public var minNotional: Notional?
    /// Of one market order.
    public var maxMarketQuantity: Quantity?
    public var maxLeverage: Int?

    public init() {}
}

// What the venue decides about a contract, and what happens to its price.
extension Exchange {
    /// Throws when a contract takes no such order now, or an account is in a mode in which none fits.
    func admit(_ account: Int, _ index: Int, reduces: Bool) throws(Refusal) {
        if accounts[account].isHedged { throw .wrongPositionSide }
        if let refusal = books[index].status.refusal(reduces: reduces) { throw refusal }
    }

    /// Resting orders and stops stay. The market stands still while nothing trades, and goes on from where the source is.
    public mutating func setStatus(_ index: Int, _ status: SymbolStatus) { books[index].status = status }

    /// Announces that a contract ends: at that moment it is settled.
    public mutating func setDelivery(_ index: Int, _ time: Timestamp) {
        configuration.instruments[index].deliveryTime = time
        books[index].instrument.deliveryTime = time
    }

    mutating func deliverDueContracts() {
        for index in books.indices where books[index].instrument.deliveryTime <= now {
            guard books[index].status == .trading || books[index].status == .preSettle else { continue }
            setStatus(index, .settling)
            settle(index)
        }
    }

    /// Holds for orders to come; resting ones stay as they are.
    public mutating func setFilters(_ index: Int, _ change: FilterChange) {
        var instrument = instruments[index]
        let rules = instrument.rules
        let step = change.stepSize ?? rules.stepSize
        instrument.rules = InstrumentRules(
            symbol: rules.symbol, tickSize: change.tickSize ?? rules.tickSize, stepSize: step,
            minQuantity: change.stepSize ?? rules.minQuantity,
            maxQuantity: rules.maxQuantity.rounded(toMultipleOf: step, .down),
            maxMarketQuantity: (change.maxMarketQuantity ?? rules.maxMarketQuantity).rounded(toMultipleOf: step, .down),
            minNotional: change.minNotional ?? rules.minNotional,
            brackets: rules.brackets.map { bracket in
                LeverageBracket(
                    notionalCap: bracket.notionalCap,
                    maxLeverage: min(bracket.maxLeverage, change.maxLeverage ?? bracket.maxLeverage),
                    maintenanceMarginRatio: bracket.maintenanceMarginRatio,
                    maintenanceAmount: bracket.maintenanceAmount)
            })
        instrument.pricePrecision = max(instrument.pricePrecision, Self.decimals(instrument.rules.tickSize))
        instrument.quantityPrecision = max(instrument.quantityPrecision, Self.decimals(step))
        configuration.instruments[index] = instrument
        books[index].instrument = instrument
    }

    private static func decimals(_ step: some FixedDecimal) -> Int {
        var unit = fixedScale
        var decimals = 0
        while step.raw % unit != 0 {
            unit /= 10
            decimals += 1
        }
        return decimals
    }

    /// The market jumps by a share of its price at once, book, tape and mark, and goes on from there: what the source
    /// tells from now on is moved by the same distance. Own resting orders that it passes are filled at their prices.
    public mutating func gap(_ index: Int, by share: Ratio) throws(Refusal) {
        guard let best = books[index].best, let lowest = books[index].bids.market.last else { throw .noLiquidity }
        let middle = Price.middle(of: best.bid.price, and: best.ask.price)
        let move = (middle * share).rounded(toMultipleOf: instruments[index].rules.tickSize, .nearest)
        guard lowest.price + move > .zero else { throw .priceBelowZero }
        if move == .zero { return }
        books[index].shift += move
        func moved(_ levels: [DepthLevel]) -> [DepthLevel] {
            levels.map { DepthLevel(price: $0.price + move, quantity: $0.quantity) }
        }
        if var unseen = books[index].unseen {
            unseen.bids.replace(moved(unseen.bids.market))
            unseen.asks.replace(moved(unseen.asks.market))
            books[index].unseen = unseen
        }
        let isPassedThrough = books[index].hasOwnDepth
        replace(
            index, moved(books[index].bids.market), moved(books[index].asks.market), isPassedThrough: isPassedThrough,
            at: now)
        let mark = books[index].mark
        if mark.price > .zero { setMark(index, mark.price + move, index: mark.index + move) }
        if let reached = books[index].best {
            let isUp = move > .zero
            marketTrade(
                index, isUp ? reached.ask.price : reached.bid.price, instruments[index].rules.minQuantity,
                isUp ? .buy : .sell, at: now)
        }
        settle()
    }
}
