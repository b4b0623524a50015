import SignalContracts
import TradingPrimitives

// What the venue says of a contract's life.
extension Executor {
    static let tradedStatus = "TRADING"
    /// For a contract that the venue does not list.
    static let absentStatus = "ABSENT"
    /// States from which a contract does not come back: what is held in it is closed while that can be done.
    private static let endStatuses: Set = [
        "PRE_DELIVERING", "DELIVERING", "DELIVERED", "PRE_SETTLE", "SETTLING", "CLOSE",
    ]

    /// A halt or a delisting keeps new positions out; those that are open keep their stops.
    mutating func statusArrived(_ symbol: Symbol, _ status: String) {
        withDesk(symbol) { executor, index in
            let before = executor.desks[index].status
            guard status != before else { return }
            executor.desks[index].status = status
            executor.desks[index].isEndTold = false
            executor.tellTerms(index)
            let isTraded = status == Self.tradedStatus
            executor.alert(
                isTraded ? .info : .warning, "symbol_status", symbol,
                isTraded ? "the venue trades it again" : Self.untradedText(status))
        }
    }

    private static func untradedText(_ status: String) -> String {
        status == absentStatus
            ? "the venue does not list it: is its name right? The other contracts are traded"
            : "the venue says \(status): no new positions in it"
    }

    mutating func endingArrived(_ symbol: Symbol, _ time: Timestamp?) {
        withDesk(symbol) { executor, index in
            guard time != executor.desks[index].endsAt else { return }
            executor.desks[index].endsAt = time
            executor.desks[index].isEndTold = false
            guard let time else { return executor.alert(.info, "delisting", symbol, "the venue no longer ends it") }
            let minutes = executor.configuration.flattenBeforeEndMs / 60_000
            executor.alert(
                .warning, "delisting", symbol,
                "the venue ends it at \(time): no new positions in it; one that is open is closed \(minutes) min before"
            )
        }
    }

    /// Closes what is held in a contract that is about to end, while that is still up to us.
    mutating func closeWhatEnds() {
        for index in desks.indices {
            // One that a person opens later is another one.
            if desks[index].position == nil { desks[index].isEndTold = false }
            guard !desks[index].isEndTold, let position = desks[index].position, !position.isOver,
                let reason = reasonToLeave(desks[index])
            else { continue }
            desks[index].isEndTold = true
            alert(.warning, "delisting_close", desks[index].symbol, "\(reason): closing its position")
            act(index) { $0.leave(reason, $1, &$2) }
        }
    }

    private func reasonToLeave(_ desk: Desk) -> String? {
        if Self.endStatuses.contains(desk.status) { return "the venue says \(desk.status)" }
        guard let endsAt = desk.endsAt, endsAt - now <= configuration.flattenBeforeEndMs else { return nil }
        return "the venue ends it at \(endsAt)"
    }
}
