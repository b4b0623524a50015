import SignalContracts
import TradingPrimitives
import Venue

/// What the last account update said, and when.
struct AccountTold: Sendable {
    var at = Timestamp.zero
    var lookedAt = Timestamp.zero
    var hindrances: [EntryHindrance] = []
    var contracts = ContractHindrances()
    /// When the venue last told the balances.
    var balanceTime = Timestamp.zero
}

// The account and what stands in the way of entries, as the other services hear of them.
extension Executor {
    /// Time between two updates when nothing changes: others take silence for trouble.
    private static let accountEveryMs: Int64 = 5000
    private static let accountLookEveryMs: Int64 = 500

    /// `isFirm`: the stream tells it, with its reason. A bare number by REST may come before the stream's word that a person
    /// moved money: one look more shows whether that was so.
    mutating func balanceTold(_ balance: Notional, isFirm: Bool) {
        account?.walletBalance = balance
        accountTold.balanceTime = now
        tellAccount()
        switch watch.told(balance, at: now, isFirm: isFirm) {
        case .usual: break
        case .suspect: reconciliation.isWanted = true
        case .loss(let text): emergency(text, untilPerson: true)
        }
    }

    /// Once in a while, and soon after something came into the way of entries or left it.
    mutating func tellAccountIfDue() {
        guard now - accountTold.lookedAt >= Self.accountLookEveryMs else { return }
        accountTold.lookedAt = now
        let isNews = accountTold.hindrances != entryHindrances || accountTold.contracts != contractHindrances
        if isNews || now - accountTold.at >= Self.accountEveryMs { tellAccount() }
    }

    mutating func tellAccount() {
        let positions = desks.compactMap(\.position)
        let hindrances = entryHindrances, contracts = contractHindrances
        (accountTold.at, accountTold.hindrances, accountTold.contracts) = (now, hindrances, contracts)
        var update = AccountUpdate(
            eventTime: now, walletBalance: account?.walletBalance ?? .zero,
            availableBalance: account?.availableBalance ?? .zero,
            unrealizedPnl: account?.unrealizedPnl ?? .zero,
            openPositions: positions.count { $0.held > .zero },
            unknownOrders: positions.count(where: \.hasUnknownOrder), acceptsEntries: hindrances.isEmpty,
            isVenueReachable: isUserStreamUp, usedWeight: 0, weightLimit: 0, roundTripMs: 0,
            makerFeeRate: desks.compactMap(\.commission?.makerFeeRate).max(),
            takerFeeRate: desks.compactMap(\.commission?.takerFeeRate).max(), hindrances: hindrances,
            contracts: contracts, balanceTime: account == nil ? .zero : accountTold.balanceTime)
        (update.mode, update.account) = (configuration.mode, accountName)
        effects.append(.publish(.account(update)))
    }

    /// A venue that forgot the account and began another one has another name for it.
    mutating func accountArrived(named name: String) {
        guard accountName != name else { return }
        accountName = name
        tellAccount()
    }
}
