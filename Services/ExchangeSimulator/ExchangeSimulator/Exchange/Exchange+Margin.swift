public import TradingPrimitives

/// What an account's margin looks like at the mark prices of a moment.
public struct MarginSummary: Sendable {
    public var positionMargin = Notional.zero
    public var orderMargin = Notional.zero
    public var maintenance = Notional.zero
    public var unrealized = Notional.zero
    /// Of cross positions only.
    public var crossMaintenance = Notional.zero
    public var crossUnrealized = Notional.zero
    public var crossWallet = Notional.zero
    public var wallet = Notional.zero
    /// Margin that cross positions and all open orders hold.
    public var heldCross = Notional.zero

    public var available: Notional { max(crossWallet + crossUnrealized - heldCross, .zero) }
    public var marginBalance: Notional { wallet + unrealized }
    public var maxWithdraw: Notional { max(min(available, crossWallet - heldCross), .zero) }
}

/// Margin of one position and the open orders beside it.
public struct PositionMargin: Sendable {
    public var position = Notional.zero
    public var orders = Notional.zero
    public var maintenance = Notional.zero
    public var bidNotional = Notional.zero
    public var askNotional = Notional.zero
}

extension Exchange {
    public func margin(_ account: Int, _ index: Int) -> PositionMargin {
        let position = accounts[account].positions[index]
        let mark = books[index].markPrice
        let notional = position.notional(at: mark)
        var margin = PositionMargin()
        for side in [Side.buy, .sell] {
            for id in books[index].resting(side) {
                guard let at = self.index(ofOrder: id), orders[at].account == account, !orders[at].isReduceOnly
                else { continue }
                let value = orders[at].price * orders[at].remaining
                if side == .buy { margin.bidNotional += value } else { margin.askNotional += value }
            }
        }
        let leverage = Int64(position.leverage)
        margin.position = Notional(raw: notional.magnitude.raw / leverage)
        margin.orders = Self.orderMargin(notional, margin.bidNotional, margin.askNotional, leverage)
        margin.maintenance = instruments[index].rules.maintenanceMargin(of: notional.magnitude) ?? .zero
        return margin
    }

    /// What open orders add to a position's margin: the worse of all bids filled and all asks filled.
    static func orderMargin(_ notional: Notional, _ bids: Notional, _ asks: Notional, _ leverage: Int64) -> Notional {
        let worst = max((notional + bids).magnitude, (notional - asks).magnitude)
        return Notional(raw: max(worst - notional.magnitude, .zero).raw / leverage)
    }

    public func marginSummary(_ account: Int) -> MarginSummary {
        var sum = MarginSummary()
        sum.wallet = accounts[account].wallet
        sum.crossWallet = accounts[account].crossWallet
        for index in books.indices {
            let position = accounts[account].positions[index]
            if position.isFlat, books[index].restingBuys.isEmpty, books[index].restingSells.isEmpty { continue }
            let margin = margin(account, index)
            let profit = position.unrealizedProfit(at: books[index].markPrice)
            sum.positionMargin += margin.position
            sum.orderMargin += margin.orders
            sum.maintenance += margin.maintenance
            sum.unrealized += profit
            sum.heldCross += margin.orders
            if position.isIsolated { continue }
            sum.crossMaintenance += margin.maintenance
            sum.crossUnrealized += profit
            sum.heldCross += margin.position
        }
        return sum
    }

    /// Throws when an order needs more margin than there is, or more position than the leverage allows.
    func checkMargin(_ request: OrderRequest, _ account: Int, price: Price) throws(Refusal) {
        if request.isReduceOnly { return }
        let index = request.instrument
        let position = accounts[account].positions[index]
        let margin = margin(account, index)
        let notional = position.notional(at: books[index].markPrice)
        let value = price * request.quantity
        let bids = margin.bidNotional + (request.side == .buy ? value : .zero)
        let asks = margin.askNotional + (request.side == .sell ? value : .zero)
        let worst = max((notional + bids).magnitude, (notional - asks).magnitude)
        let wanted = Self.orderMargin(notional, bids, asks, Int64(position.leverage))
        let added = wanted - margin.orders
        if added <= .zero { return }
        if worst > instruments[index].maxNotional(leverage: position.leverage) { throw .positionLimit }
        // An order on the wrong side of the mark starts with a loss.
        let mark = books[index].markPrice
        let apart = request.side == .buy ? price - mark : mark - price
        let openLoss = apart > .zero ? apart * request.quantity : .zero
        if added + openLoss > marginSummary(account).available { throw .marginShort }
    }

    /// The mark price at which the position is liquidated; zero when there is none above zero.
    public func liquidationPrice(_ account: Int, _ index: Int) -> Price {
        let position = accounts[account].positions[index]
        if position.isFlat { return .zero }
        let summary = marginSummary(account)
        let mark = books[index].markPrice
        let own = margin(account, index)
        let wallet: Notional
        if position.isIsolated {
            wallet = position.isolatedWallet
        } else {
            wallet =
                summary.crossWallet - (summary.crossMaintenance - own.maintenance)
                + (summary.crossUnrealized - position.unrealizedProfit(at: mark))
        }
        guard let bracket = instruments[index].rules.bracket(of: position.notional(at: mark).magnitude) else {
            return .zero
        }
        let sign = position.amount.raw < 0 ? -1.0 : 1.0
        let size = position.amount.magnitude.double
        let numerator = wallet.double + bracket.maintenanceAmount.double - sign * position.cost.double
        let denominator = size * (bracket.maintenanceMarginRatio.double - sign)
        let price = Price(numerator / denominator, rounding: .nearest) ?? .zero
        return price > .zero ? price : .zero
    }
}
