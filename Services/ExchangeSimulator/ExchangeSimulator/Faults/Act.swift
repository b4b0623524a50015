public import TradingPrimitives

/// Something that the venue, or an account's owner by other means, does beside the client.
public enum Act: Sendable {
    /// A call of the venue as the owner makes it in its app.
    case call(Endpoint, Parameters, account: Int)
    case close(account: Int, instrument: Int)
    case hedgeMode(account: Int, Bool)
    case transfer(account: Int, Notional, Asset)
    case expireListenKey(account: Int)
    case liquidate(account: Int, instrument: Int)
    case deleverage(account: Int, instrument: Int, Ratio)
    case settle(instrument: Int)
    case status(instrument: Int, SymbolStatus)
    /// Its end, so long after this moment.
    case delivery(instrument: Int, afterMs: Int64)
    case filters(instrument: Int, FilterChange)
    case flood(instrument: Int, forMs: Int64, perSecond: Int)
    case gap(instrument: Int, Ratio)
    case endFaults
    /// Sockets are the server's; for the exchange there are none.
    case cut(ConnectionKind)
}

extension Exchange {
    /// Does it at the venue's present moment; meets no faults. Returns what the venue answers to a call.
    public mutating func perform(_ act: Act) throws(Refusal) -> [UInt8] {
        switch act {
        case .call(let endpoint, let parameters, let account):
            return try withoutFaults { (venue) throws(Refusal) in
                try endpoint.answer(&venue, RestCall(parameters, account: account))
            }
        case .close(let account, let index): try close(account, index)
        case .hedgeMode(let account, let isHedged): try setHedged(account, isHedged)
        case .transfer(let account, let amount, let asset): transfer(account, amount, of: asset)
        case .expireListenKey(let account): expireListenKey(account)
        case .liquidate(let account, let index): try liquidate(account, index)
        case .deleverage(let account, let index, let fraction): try deleverage(account, index, fraction)
        case .settle(let index): settle(index)
        case .status(let index, let status): setStatus(index, status)
        case .delivery(let index, let afterMs): setDelivery(index, now + afterMs)
        case .filters(let index, let change): setFilters(index, change)
        case .flood(let index, let forMs, let count): flood(index, forMs: forMs, perSecond: count)
        case .gap(let index, let share): try gap(index, by: share)
        case .endFaults: faults.removeAll()
        case .cut: break
        }
        return Array("{}".utf8)
    }
}
