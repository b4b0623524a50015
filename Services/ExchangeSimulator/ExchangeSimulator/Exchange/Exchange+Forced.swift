public import TradingPrimitives

// What the venue does to a position whether its owner wants it or not.
extension Exchange {
    /// Liquidates the account's position at once, whatever margin stands behind it.
    public mutating func liquidate(_ account: Int, _ index: Int) throws(Refusal) {
        if accounts[account].positions[index].isFlat { throw Self.nothingHeld }
        liquidate(account, [index])
    }

    private static let nothingHeld = Refusal(-2022, "There is no position of this contract.")

    /// Closes a part of the position at the mark against somebody's ruin: `adl_autoclose`.
    public mutating func deleverage(_ account: Int, _ index: Int, _ fraction: Ratio) throws(Refusal) {
        let whole = accounts[account].positions[index].amount.magnitude
        let part = Quantity(raw: Int64(Int128(whole.raw) * Int128(fraction.raw) / Int128(fixedScale)))
            .rounded(toMultipleOf: instruments[index].rules.stepSize, .up)
        if whole == .zero || part <= .zero { throw Self.nothingHeld }
        closeAtMark(account, index, min(part, whole), name: "adl_autoclose")
        settle()
    }

    /// The owner closes the position by a market order of their own.
    public mutating func close(_ account: Int, _ index: Int) throws(Refusal) {
        let position = accounts[account].positions[index]
        if position.isFlat { throw Self.nothingHeld }
        var request = OrderRequest(
            instrument: index, side: position.side.opposite, type: .market, quantity: position.amount.magnitude)
        request.isReduceOnly = true
        request.clientId = "web_\(Self.madeClientId(lastOrderId + 1).prefix(20))"
        _ = try withoutFaults { (venue) throws(Refusal) in try venue.place(request, account: account) }
    }

    /// What is done beside the client meets none of the client's misfortunes.
    mutating func withoutFaults<Answer>(_ body: (inout Exchange) throws(Refusal) -> Answer) throws(Refusal) -> Answer {
        let kept = faults
        faults.removeAll()
        defer { faults = kept }
        return try body(&self)
    }

    /// Settles a contract: all its orders expire and all its positions close at the mark.
    public mutating func settle(_ index: Int) {
        for id in books[index].restingBuys + books[index].restingSells {
            if let at = self.index(ofOrder: id) { expire(at, .none) }
        }
        for id in books[index].openAlgos { if let at = self.index(ofAlgo: id) { endAlgo(at, .expired) } }
        for account in accounts.indices {
            let held = accounts[account].positions[index].amount.magnitude
            if held > .zero { closeAtMark(account, index, held, name: "settlement_autoclose") }
        }
        settle()
    }

    private mutating func closeAtMark(_ account: Int, _ index: Int, _ quantity: Quantity, name: String) {
        let mark = books[index].markPrice
        var request = OrderRequest(
            instrument: index, side: accounts[account].positions[index].side.opposite, type: .limit,
            quantity: quantity, price: instruments[index].rules.price(mark, rounding: .nearest))
        request.timeInForce = .immediateOrCancel
        request.isReduceOnly = true
        request.clientId = "\(name)-\(now.milliseconds)\(lastOrderId % 1000)"
        let at = record(request, account, algo: nil, isLiquidation: true)
        books[index].lastTradeId += 1
        fill(at, quantity, at: mark, isMaker: false, tradeId: books[index].lastTradeId)
    }

    /// A deposit, or with a negative amount a withdrawal.
    public mutating func transfer(_ account: Int, _ amount: Notional, of asset: Asset = .settlement) {
        if amount.raw == 0 { return }
        book(account, .transfer, amount, nil, asset: asset)
        if asset == .bnb { return tellAccount(account, amount > .zero ? .deposit : .withdraw, []) }
        tellAccount(account, amount > .zero ? .deposit : .withdraw, [], balanceChange: amount)
    }

    /// Switches between one-way and hedge mode. In hedge mode this venue takes no orders of the account.
    public mutating func setHedged(_ account: Int, _ isHedged: Bool) throws(Refusal) {
        try checkMode(account, isHedged)
        accounts[account].isHedged = isHedged
    }

    /// Throws unless the account may change to this mode now.
    func checkMode(_ account: Int, _ isHedged: Bool) throws(Refusal) {
        if accounts[account].isHedged == isHedged { throw .sameMode }
        if hasOpenOrders(account) { throw .openOrdersBlockMode }
        if accounts[account].positions.contains(where: { !$0.isFlat }) { throw .positionBlocksMode }
    }

    /// Whether an order of the account rests in any book.
    func hasOpenOrders(_ account: Int) -> Bool {
        books.contains { book in
            (book.restingBuys + book.restingSells).contains { id in
                index(ofOrder: id).map { orders[$0].account == account } ?? false
            }
        }
    }

    /// The account's listen key dies early.
    public mutating func expireListenKey(_ account: Int) {
        guard accounts[account].listenKeyExpiry != nil else { return }
        accounts[account].listenKeyExpiry = nil
        events.append(ExchangeEvent(time: now, body: .listenKeyExpired(account: account)))
    }
}
