import SignalContracts
import TradingPrimitives
import Venue

// Orders of unknown outcome: looked up by their client id until the venue's evidence ends the doubt.
extension Position {
    /// A request without an answer counts as unknown after this.
    private static let answerMaxMs: Int64 = 3000
    private static let missesMin = 2
    /// Two looks at the venue's stops have room in it, and much of the time in which a position has to be protected remains.
    private static let stopsLookMaxMs: Int64 = 1500

    mutating func driveLookUps(_ around: Surroundings, _ actions: inout PositionActions) {
        for index in orders.indices { lookUpOrder(index, around, &actions) }
        for index in stops.indices { lookUpStop(index, around, &actions) }
        if isRecovering, !hasUnknownOrder, held == .zero || isProtected { isRecovering = false }
    }

    private mutating func lookUpOrder(_ index: Int, _ around: Surroundings, _ actions: inout PositionActions) {
        let now = around.now
        if orders[index].status == .sent, now - orders[index].sentAt >= Self.answerMaxMs {
            orders[index].status = .unknown
            orders[index].lastWord = "no answer"
        }
        let slot = orders[index]
        let isCancelDue = slot.isPending && slot.isCancelling && now - slot.lookedAt >= Self.answerMaxMs
        guard slot.status == .unknown || isCancelDue, now - slot.lookedAt >= around.configuration.lookUpEveryMs
        else { return }
        orders[index].lookedAt = now
        actions.requests.append(.queryOrder(symbol, clientOrderId: slot.clientOrderId))
    }

    private mutating func lookUpStop(_ index: Int, _ around: Surroundings, _ actions: inout PositionActions) {
        let now = around.now
        if stops[index].status == .sent, now - stops[index].sentAt >= Self.answerMaxMs {
            stops[index].status = .unknown
            stops[index].lastWord = "no answer"
        }
        let stop = stops[index]
        let isCancelDue = stop.isPending && stop.isCancelling && now - stop.lookedAt >= Self.answerMaxMs
        let isTriggerDue = stop.status == .triggered && now - stop.lookedAt >= Self.answerMaxMs
        guard stop.status == .unknown || isCancelDue || isTriggerDue,
            now - stop.lookedAt >= around.configuration.lookUpEveryMs
        else { return }
        stops[index].lookedAt = now
        actions.requests.append(.queryStop(symbol, clientOrderId: stop.clientOrderId))
    }

    /// The venue does not know the order. Once is no proof: its look-ups may run behind; and as long as it may still come
    /// no number of look-ups is.
    mutating func missed(clientOrderId: String, _ around: Surroundings) {
        func isAbsent(_ misses: inout Int, sentAt: Timestamp, afterMs: Int64) -> Bool {
            misses += 1
            return misses >= Self.missesMin && around.now - sentAt >= afterMs
        }
        let afterMs = around.configuration.absenceMs
        switch role(clientOrderId: clientOrderId, orderId: nil) {
        case .order(let index):
            let slot = orders[index]
            let comesUntilMs = slot.kind == .entry ? around.configuration.entryAbsenceMs : afterMs
            guard slot.isPending, isAbsent(&orders[index].misses, sentAt: slot.sentAt, afterMs: comesUntilMs)
            else { return }
            orders[index].status = .absent
            orders[index].lastWord = "absent"
        case .stop(let index):
            guard stops[index].isPending,
                isAbsent(&stops[index].misses, sentAt: stops[index].sentAt, afterMs: afterMs)
            else { return }
            stops[index].status = .absent
            stops[index].lastWord = "absent"
        case .foreign: break
        }
    }

    /// The venue has it open though it was to be cancelled: that is asked for again. A cancel that was only slow makes the
    /// second one a refusal, which says no more than that it is gone.
    mutating func cancelMayBeLost(_ report: OrderReport) {
        guard report.status.isOpen, case .order(let index) = role(clientOrderId: report.clientOrderId, orderId: nil)
        else { return }
        orders[index].isCancelling = false
    }

    mutating func cancelMayBeLost(_ report: StopReport) {
        guard report.status == .new, case .stop(let index) = role(clientOrderId: report.clientOrderId, orderId: nil)
        else { return }
        stops[index].isCancelling = false
    }

    /// An outcome that the venue did not tell.
    mutating func becameUnknown(clientOrderId: String, _ reason: String) {
        switch role(clientOrderId: clientOrderId, orderId: nil) {
        case .order(let index):
            guard orders[index].status == .sent else { return }
            orders[index].status = .unknown
            orders[index].lastWord = reason
        case .stop(let index):
            guard stops[index].status == .sent else { return }
            stops[index].status = .unknown
            stops[index].lastWord = reason
        case .foreign: break
        }
    }

    /// After a restart nothing that was pending is known.
    mutating func restored(at time: Timestamp) {
        isRecovering = true
        awaitsStopsUntil = time + Self.stopsLookMaxMs
        fillsWantedAt = time
        nakedSince = nil
        // No entry was sent: none will be.
        if state == .pendingEntry { isAbandoned = true }
        for index in orders.indices where orders[index].isPending {
            orders[index].status = .unknown
            orders[index].lastWord = "restart"
            orders[index].sentAt = min(orders[index].sentAt, time)
        }
        for index in stops.indices where stops[index].isPending {
            stops[index].status = .unknown
            stops[index].lastWord = "restart"
            stops[index].sentAt = min(stops[index].sentAt, time)
        }
    }
}
