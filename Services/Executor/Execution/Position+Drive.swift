import SignalContracts
import TradingPrimitives
import Venue

// One place decides what to do next, from what is true now; it is asked after every event and every tick. So a restart,
// a lost answer and a normal day take the same path.
extension Position {
    mutating func drive(_ around: Surroundings, _ actions: inout PositionActions) {
        if isAbandoned, state == .pendingEntry { endEntry(abandonedBecause, around, &actions) }
        driveEntry(around, &actions)
        if !isOver {
            if isAbandoned, held > .zero { exit(exitReason ?? .manual, abandonedBecause, around, &actions) }
            driveProtection(around, &actions)
            driveTimeLimits(around, &actions)
            driveTarget(around, &actions)
            trail(around, &actions)
            driveExit(around, &actions)
            finishIfFlat(around, &actions)
        }
        if isOver { windUp(around, &actions) }
        driveLookUps(around, &actions)
    }

    /// It is to be over: an entry is not sent, or cancelled; what is held goes by a market order.
    mutating func abandon(_ because: String, _ reason: ExitReason) {
        isAbandoned = true
        abandonedBecause = because
        exitReason = exitReason ?? reason
    }

    mutating func replied(
        _ request: VenueRequest, _ reply: VenueReply, _ around: Surroundings, _ actions: inout PositionActions
    ) {
        switch (request, reply) {
        case (_, .order(let report)):
            if case .queryOrder = request { cancelMayBeLost(report) }
            orderChanged(report, around, &actions)
        case (_, .stop(let report)):
            if case .queryStop = request { cancelMayBeLost(report) }
            stopChanged(report, around, &actions)
        case (.placeOrder(let order), .rejected(let error)):
            orderRefused(order.clientOrderId, error, around, &actions)
        case (.placeStop(let stop), .rejected(let error)):
            stopRefused(stop.clientOrderId, error, around, &actions)
        case (.placeOrder(let order), .notExecuted(let reason)):
            orderRefused(order.clientOrderId, VenueError(code: 0, message: reason), around, &actions)
        case (.placeStop(let stop), .notExecuted(let reason)):
            stopRefused(stop.clientOrderId, VenueError(code: 0, message: reason), around, &actions)
        case (.placeOrder(let order), .unknown(let reason)):
            becameUnknown(clientOrderId: order.clientOrderId, reason)
        case (.placeStop(let stop), .unknown(let reason)):
            becameUnknown(clientOrderId: stop.clientOrderId, reason)
        case (.queryOrder(_, let id), .rejected(let error)) where error.code == VenueCode.noSuchOrder,
            (.queryStop(_, let id), .rejected(let error)) where error.code == VenueCode.noSuchOrder:
            missed(clientOrderId: id, around)
        case (.cancelOrder(_, let id), .rejected), (.cancelOrder(_, let id), .notExecuted),
            (.cancelOrder(_, let id), .unknown):
            // It is final, or on its way to be: look.
            actions.requests.append(.queryOrder(symbol, clientOrderId: id))
        case (.cancelStop(_, let id), .done):
            guard case .stop(let index) = role(clientOrderId: id, orderId: nil) else { break }
            stops[index].status = .done
            stops[index].lastWord = "cancelled"
        case (.cancelStop(_, let id), .rejected), (.cancelStop(_, let id), .notExecuted),
            (.cancelStop(_, let id), .unknown):
            actions.requests.append(.queryStop(symbol, clientOrderId: id))
        default: break
        }
    }

    private mutating func orderRefused(
        _ clientOrderId: String, _ error: VenueError, _ around: Surroundings, _ actions: inout PositionActions
    ) {
        guard case .order(let index) = role(clientOrderId: clientOrderId, orderId: nil) else { return }
        let action = CodeAction.of(error.code)
        if action == .lookUp { return becameUnknown(clientOrderId: clientOrderId, "\(error.code)") }
        if action == .stopEntries { actions.stopsEntries = error }
        orders[index].status = .done
        orders[index].lastWord = error.text
        guard orders[index].kind != .entry else { return entryRefused(error, around, &actions) }
        if orders[index].kind == .target { return targetRefused(orders[index], error, around, &actions) }
        exitRefused(error, around, &actions)
        guard action == .lookAtPosition || action == .stopEntries else { return }
        // Hammering helps nobody: the venue is looked at before the next try.
        exitRefusedAt = around.now
        fillsWantedAt = around.now
        actions.wantsLook = true
    }
}
