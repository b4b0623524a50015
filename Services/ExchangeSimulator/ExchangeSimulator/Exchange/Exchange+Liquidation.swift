import TradingPrimitives

extension Exchange {
    /// Liquidates what no longer covers its maintenance margin at the mark prices.
    mutating func liquidate() {
        for account in accounts.indices where accounts[account].positions.contains(where: { !$0.isFlat }) {
            for index in books.indices {
                let position = accounts[account].positions[index]
                guard position.isIsolated, !position.isFlat else { continue }
                let balance = position.isolatedWallet + position.unrealizedProfit(at: books[index].markPrice)
                if balance < margin(account, index).maintenance { liquidate(account, [index]) }
            }
            let summary = marginSummary(account)
            if summary.crossMaintenance > .zero,
                summary.crossWallet + summary.crossUnrealized < summary.crossMaintenance
            {
                liquidate(account, books.indices.filter { !accounts[account].positions[$0].isIsolated })
            }
            warn(account)
        }
    }

    /// Calls for margin, once, when maintenance takes four fifths of what stands behind a position.
    private mutating func warn(_ account: Int) {
        let summary = marginSummary(account)
        let cross = summary.crossWallet + summary.crossUnrealized
        let isCrossShort = Self.isShort(cross, summary.crossMaintenance)
        var short: [Int] = []
        for index in books.indices where !accounts[account].positions[index].isFlat {
            let position = accounts[account].positions[index]
            let own = position.isolatedWallet + position.unrealizedProfit(at: books[index].markPrice)
            let isShort =
                position.isIsolated ? Self.isShort(own, margin(account, index).maintenance) : isCrossShort
            if isShort { short.append(index) }
        }
        let isNew = short.contains { !accounts[account].calledFor.contains($0) }
        accounts[account].calledFor = short
        if isNew { tell(account, .marginCall(short)) }
    }

    private static func isShort(_ balance: Notional, _ maintenance: Notional) -> Bool {
        maintenance > .zero && maintenance.raw > balance.raw / 5 * 4
    }

    /// Cancels the open orders and closes the positions with `autoclose-` orders at the market; the insurance fund takes
    /// what the book does not, and what the account can't pay.
    mutating func liquidate(_ account: Int, _ indexes: [Int]) {
        for index in indexes {
            for side in [Side.buy, .sell] {
                for id in books[index].resting(side) {
                    if let at = self.index(ofOrder: id), orders[at].account == account { expire(at, .liquidated) }
                }
            }
        }
        for index in indexes where !accounts[account].positions[index].isFlat { closeByForce(account, index) }
        settle()
        if accounts[account].wallet < .zero {
            let missing = -accounts[account].wallet
            book(account, .insurance, missing, nil)
            tellAccount(account, .insurance, [], balanceChange: missing)
        }
    }

    private mutating func closeByForce(_ account: Int, _ index: Int) {
        let position = accounts[account].positions[index]
        let instrument = instruments[index]
        let side = position.side.opposite
        let mark = books[index].markPrice
        // The worst price that the price filter allows; the fund takes the rest at the mark.
        let bound = mark * (side == .buy ? instrument.multiplierUp : instrument.multiplierDown)
        let price = instrument.rules.price(bound, rounding: side == .buy ? .down : .up)
        var request = OrderRequest(
            instrument: index, side: side, type: .limit, quantity: position.amount.magnitude, price: price)
        request.timeInForce = .immediateOrCancel
        request.isReduceOnly = true
        request.clientId = "autoclose-\(now.milliseconds)\(lastOrderId % 1000)"
        let at = record(request, account, algo: nil, isLiquidation: true)
        take(at)
        if orders[at].status.isOpen {
            books[index].lastTradeId += 1
            fill(at, orders[at].remaining, at: mark, isMaker: false, tradeId: books[index].lastTradeId)
        }
        let fee = min(orders[at].quote * instrument.liquidationFee, max(accounts[account].wallet, .zero))
        if fee > .zero { book(account, .insurance, -fee, index) }
        liquidationHappened(
            Liquidation(
                instrument: index, side: side, price: orders[at].price, average: orders[at].averagePrice,
                quantity: orders[at].executed, time: now))
    }
}

extension Price {
    static func * (price: Price, ratio: Ratio) -> Price {
        Price(raw: Int64(Int128(price.raw) * Int128(ratio.raw) / Int128(fixedScale)))
    }
}
