import SignalContracts
import TradingPrimitives
import Venue

/// What a position can see of the world when it acts.
struct Surroundings {
    let now: Timestamp
    let configuration: ExecutorConfiguration
    let rules: InstrumentRules
    /// Best prices; nil before the first book.
    let bid: Price?
    let ask: Price?
    /// When the market was last seen, or looking at it began.
    let seenAt: Timestamp

    /// For how long the market has not been seen.
    var blindMs: Int64 { now - seenAt }
}

/// What a position wants done.
struct PositionActions {
    var requests: [VenueRequest] = []
    var events: [ExecutionEvent] = []
    /// Something does not fit: the venue should be looked at.
    var wantsLook = false
    /// The venue's refusal says that no order can open anything now.
    var stopsEntries: VenueError?
    var alerts: [(severity: Severity, event: String, text: String)] = []

    /// More than questions.
    var changesSomething: Bool { !events.isEmpty || requests.contains(where: \.isMutation) }
    /// Whether the journal must know.
    var isWorthKeeping: Bool { changesSomething || !alerts.isEmpty || stopsEntries != nil }
    var isSomething: Bool {
        !requests.isEmpty || !events.isEmpty || !alerts.isEmpty || wantsLook || stopsEntries != nil
    }
}

extension Position {
    func event(_ kind: ExecutionKind, at time: Timestamp, detail: String? = nil) -> ExecutionEvent {
        var event = ExecutionEvent(
            plan: plan.id, cause: plan.cause, eventTime: time, kind: kind, state: state, direction: direction,
            strategy: isAdopted ? nil : plan.strategy)
        event.positionQuantity = held
        event.averageEntryPrice = entered.averagePrice
        event.stopPrice = stopPrice
        event.detail = detail
        return event
    }

    func event(_ kind: ExecutionKind, of slot: OrderSlot, at time: Timestamp, detail: String? = nil) -> ExecutionEvent {
        var event = event(kind, at: time, detail: detail)
        event.clientOrderId = slot.clientOrderId
        event.price = slot.price > .zero ? slot.price : nil
        event.quantity = slot.quantity
        return event
    }

    func event(_ kind: ExecutionKind, of stop: StopSlot, at time: Timestamp, detail: String? = nil) -> ExecutionEvent {
        var event = event(kind, at: time, detail: detail)
        event.clientOrderId = stop.clientOrderId
        event.price = stop.trigger
        return event
    }
}
