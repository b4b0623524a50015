import SignalContracts
import TradingPrimitives
import Venue

// What the venue demands in each contract and grants this account there: plans reckon with the same numbers as orders.
extension Executor {
    private static let termsEveryMs: Int64 = 60_000
    private static let commissionsAtOnce = 5
    private static let commissionPauseMs: Int64 = 10_000

    mutating func rulesArrived(_ rules: InstrumentRules) {
        withDesk(rules.symbol) { executor, index in
            executor.desks[index].rules = rules.with(brackets: executor.desks[index].brackets)
            executor.tellTerms(index)
        }
    }

    /// Fee rates and brackets: after the first look at the venue, then every hour.
    mutating func askForTermsIfDue() {
        guard isReconciled else { return }
        // Each of these weighs much: of many contracts a few are asked for at once, then one after the other.
        for index in desks.indices where desks[index].commissionDueAt <= now {
            if desks.count > configuration.wideLookFrom, commissionsAsked >= Self.commissionsAtOnce {
                guard now - commissionAskedAt >= Self.commissionPauseMs else { break }
            }
            commissionsAsked += 1
            commissionAskedAt = now
            desks[index].commissionDueAt = now + configuration.commissionEveryMs
            guard desks[index].status != Self.absentStatus else { continue }
            send(.queryCommission(desks[index].symbol))
            send(.queryBrackets(desks[index].symbol))
        }
        for index in desks.indices where desks[index].termsTold.map({ now - $0.eventTime >= Self.termsEveryMs }) ?? true
        {
            tellTerms(index)
        }
    }

    /// An answer that says nothing leaves the rates as they were known.
    mutating func commissionArrived(_ symbol: Symbol, _ reply: VenueReply) {
        withDesk(symbol) { executor, index in
            guard case .commission(let report) = reply, report.symbol == symbol else { return executor.askAgain(index) }
            let isNews = executor.desks[index].commission != report
            executor.desks[index].commission = report
            if isNews { executor.tellAccount() }
            executor.tellTerms(index)
        }
    }

    mutating func bracketsArrived(_ symbol: Symbol, _ reply: VenueReply) {
        withDesk(symbol) { executor, index in
            guard case .brackets(let brackets) = reply else { return executor.askAgain(index) }
            executor.desks[index].brackets = brackets
            executor.desks[index].rules = executor.desks[index].rules?.with(brackets: brackets)
            executor.tellTerms(index)
        }
    }

    private mutating func askAgain(_ index: Int) {
        desks[index].commissionDueAt = min(desks[index].commissionDueAt, now + configuration.commissionRetryMs)
    }

    /// When something changed, and once in a while for those who come late.
    mutating func tellTerms(_ index: Int) {
        guard let rules = desks[index].rules else { return }
        var terms = ContractTerms(
            eventTime: now, status: desks[index].status, rules: rules,
            makerFeeRate: desks[index].commission?.makerFeeRate, takerFeeRate: desks[index].commission?.takerFeeRate)
        if let told = desks[index].termsTold, now - told.eventTime < Self.termsEveryMs {
            terms.eventTime = told.eventTime
            if terms == told { return }
            terms.eventTime = now
        }
        desks[index].termsTold = terms
        effects.append(.publish(.contract(desks[index].symbol, terms)))
    }
}
