public import SignalContracts
import TradingPrimitives

// What keeps entries out, before any plan is looked at: said in each account update, so that nobody has to guess why nothing
// is traded.
extension Executor {
    /// What keeps entries of all contracts out, the first one first.
    public var entryHindrances: [EntryHindrance] {
        var found: [EntryHindrance] = []
        if entriesStopped { found.append(.stopped) }
        if now < entriesPausedUntil { found.append(.emergency) }
        if !isUserStreamUp { found.append(.userStream) }
        if !isJournalWritable { found.append(.journal) }
        found += hindrances
        if !isReconciled { found.append(.notReconciled) }
        if unknownOrderCount > 0 { found.append(.unknownOrder) }
        return found
    }

    /// What keeps entries of one contract out beside that.
    func hindrances(of desk: Desk) -> [EntryHindrance] {
        var found: [EntryHindrance] = []
        if desk.status == Self.absentStatus { return [.notListed] }
        if desk.status != Self.tradedStatus { found.append(.notTrading) }
        if desk.endsAt != nil { found.append(.ending) }
        if desk.rules == nil { found.append(.noRules) }
        if desk.mismatches > 0 { found.append(.mismatch) }
        if desk.position?.hasUnknownOrder == true { found.append(.unknownOrder) }
        if desk.bookTime == .zero || now - desk.bookTime > configuration.bookAgeMaxMs { found.append(.oldBook) }
        if desk.bookFault != nil { found.append(.absurdBook) }
        if youngMark(desk) == nil { found.append(.oldMark) }
        return found
    }

    var contractHindrances: ContractHindrances {
        ContractHindrances(desks.map { ContractHindrances.Row($0.symbol, hindrances(of: $0)) })
    }

    /// In words with its numbers.
    func explain(_ hindrance: EntryHindrance, _ desk: Desk) -> String {
        switch hindrance {
        case .emergency: "\(hindrance.text) until \(entriesPausedUntil)"
        case .notTrading: "\(hindrance.text): \(desk.status)"
        case .ending: desk.endsAt.map { "\(hindrance.text) at \($0)" } ?? hindrance.text
        case .absurdBook: desk.bookFault ?? hindrance.text
        case .stopped, .userStream, .journal, .lease, .outbox, .notReconciled, .unknownOrder, .notListed, .noRules,
            .oldBook, .oldMark, .mismatch:
            hindrance.text
        }
    }
}
