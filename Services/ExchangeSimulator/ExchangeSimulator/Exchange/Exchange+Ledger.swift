public import TradingPrimitives

// Money: what a trade does to an account. Each change of a wallet is an income, so that the balance is always the
// deposit plus the sum of the incomes, to the last 1e-8.
extension Exchange {
    mutating func fill(_ at: Int, _ quantity: Quantity, at price: Price, isMaker: Bool, tradeId: Int64) {
        let order = orders[at]
        let account = order.account
        let notional = price * quantity
        let rate = isMaker ? accounts[account].makerFee : accounts[account].takerFee
        let usual = order.isLiquidation ? .zero : notional * rate
        let burnt = burnt(for: usual, account)
        let fee = burnt == nil ? usual : .zero
        let hadPosition = !accounts[account].positions[order.instrument].isFlat
        let sideBefore = accounts[account].positions[order.instrument].side
        let profit = accounts[account].positions[order.instrument].trade(order.side, quantity, at: price, fee: fee)
        accounts[account].positions[order.instrument].updateTime = now
        if profit.raw != 0 { book(account, .realizedProfit, profit, order.instrument, tradeId) }
        if fee.raw != 0 { book(account, .commission, -fee, order.instrument, tradeId) }
        if let burnt { book(account, .commission, -burnt, order.instrument, tradeId, asset: .bnb) }

        orders[at].executed += quantity
        orders[at].quote += notional
        orders[at].updateTime = now
        orders[at].status = orders[at].remaining == .zero ? .filled : .partiallyFilled
        let fill = OrderFill(
            tradeId: tradeId, orderId: order.id, account: account, instrument: order.instrument, side: order.side,
            price: price, quantity: quantity, isMaker: isMaker, fee: burnt ?? fee,
            feeAsset: burnt == nil ? .settlement : .bnb, realizedProfit: profit, time: now)
        accounts[account].remember(fill)
        tell(account, .tradeLite(orders[at], fill))
        tell(account, .order(orders[at], order.isLiquidation ? .calculated(fill) : .trade(fill)))
        touch(account, order.instrument)
        if orders[at].status == .filled { finish(at) }
        let position = accounts[account].positions[order.instrument]
        if hadPosition, position.isFlat || position.side != sideBefore {
            endedPositions.append((account, order.instrument, sideBefore))
        }
    }

    mutating func book(
        _ account: Int, _ type: IncomeType, _ amount: Notional, _ instrument: Int?, _ tradeId: Int64? = nil,
        asset: Asset = .settlement
    ) {
        lastIncomeId += 1
        accounts[account].book(
            Income(
                id: lastIncomeId, type: type, amount: amount, asset: asset, instrument: instrument, tradeId: tradeId,
                time: now))
    }

    /// What a fee comes to in BNB, with its discount of a tenth; nil where it is paid in USDT: when the owner does not want it
    /// otherwise, or has not enough BNB for all of it.
    private func burnt(for fee: Notional, _ account: Int) -> Notional? {
        guard accounts[account].isBurning, fee > .zero, let price = bnbPrice else { return nil }
        let amount = Notional(clamping: Int128(fee.raw) * 9 * Int128(fixedScale) / (10 * Int128(price.raw)))
        return amount > .zero && amount <= accounts[account].bnb ? amount : nil
    }

    /// Of the contract on BNB; nil where it is not listed.
    public var bnbPrice: Price? {
        instrument(named: "BNBUSDT").map { books[$0].markPrice }.flatMap { $0 > .zero ? $0 : nil }
    }

    /// Notes that an account's balance or position changed by orders; told once, when the matching is done.
    mutating func touch(_ account: Int, _ instrument: Int) {
        if !touched.contains(where: { $0.account == account && $0.instrument == instrument }) {
            touched.append((account, instrument))
        }
    }

    /// Ends one step of the venue: triggers that the step set off, orders that lost their position, account updates.
    mutating func settle() {
        while true {
            tellTouched()
            if let ended = endedPositions.popLast() {
                expireOrders(ofEndedPosition: ended.account, ended.instrument, ended.side)
            } else if let index = triggersToCheck.popLast() {
                checkTriggers(index)
            } else {
                return
            }
        }
    }

    private mutating func tellTouched() {
        var done: [Int] = []
        for (account, _) in touched where !done.contains(account) {
            done.append(account)
            let instruments = touched.filter { $0.account == account }.map(\.instrument)
            tellAccount(account, .order, instruments)
        }
        touched.removeAll(keepingCapacity: true)
    }

    mutating func tellAccount(
        _ account: Int, _ reason: AccountChange.Reason, _ instruments: [Int], balanceChange: Notional = .zero,
        fundingInstrument: Int? = nil
    ) {
        let positions = instruments.map {
            (instrument: $0, position: accounts[account].positions[$0], mark: books[$0].markPrice)
        }
        tell(
            account,
            .account(
                AccountChange(
                    reason: reason, wallet: accounts[account].wallet, crossWallet: accounts[account].crossWallet,
                    bnb: accounts[account].bnb, hasBnb: accounts[account].isBurning, balanceChange: balanceChange,
                    positions: positions, fundingInstrument: fundingInstrument, time: now)
            ))
    }

    // MARK: Funding

    mutating func payFunding(_ index: Int) {
        let mark = books[index].markPrice
        let rate = books[index].mark.fundingRate
        books[index].fundings.append((books[index].mark.nextFunding, rate, mark))
        if books[index].fundings.count > 2000 { books[index].fundings.removeFirst(1000) }
        books[index].mark.nextFunding = books[index].mark.nextFunding + configuration.fundingIntervalMs
        for account in accounts.indices {
            let position = accounts[account].positions[index]
            if position.isFlat { continue }
            let payment = -(position.notional(at: mark) * rate)
            if payment.raw == 0 { continue }
            book(account, .funding, payment, index)
            if position.isIsolated { accounts[account].positions[index].isolatedWallet += payment }
            tellAccount(
                account, .funding, position.isIsolated ? [index] : [], balanceChange: payment, fundingInstrument: index)
        }
    }
}
