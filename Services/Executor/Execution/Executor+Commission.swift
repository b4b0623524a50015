import TradingPrimitives
import Venue

// What the account pays, so that plans reckon with the venue's own rates.
extension Executor {
    /// After the first look at the venue, then every hour.
    mutating func askForCommissionIfDue() {
        guard isReconciled else { return }
        for index in desks.indices where desks[index].commissionDueAt <= now {
            desks[index].commissionDueAt = now + configuration.commissionEveryMs
            send(.queryCommission(desks[index].symbol))
        }
    }

    /// An answer that says nothing leaves the rates as they were known.
    mutating func commissionArrived(_ symbol: Symbol, _ reply: VenueReply) {
        withDesk(symbol) { executor, index in
            guard case .commission(let report) = reply, report.symbol == symbol else {
                executor.desks[index].commissionDueAt = executor.now + executor.configuration.commissionRetryMs
                return
            }
            let isNews = executor.desks[index].commission != report
            executor.desks[index].commission = report
            if isNews { executor.tellAccount() }
        }
    }
}
