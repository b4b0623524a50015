import SignalContracts
import TradingPrimitives
import Venue

// The ways out: the first target, the time limit, a person, an emergency; then winding up what is left.
extension Position {
    private static let exitRetryMs: Int64 = 500
    /// The same after the venue refused one: a look at it comes first.
    private static let refusedExitRetryMs: Int64 = 3000
    private static let targetAttemptsMax = 3
    private static let targetRetryMs: Int64 = 1000

    mutating func driveTarget(_ around: Surroundings, _ actions: inout PositionActions) {
        let targets = orders(.target)
        guard state == .active, held > .zero, entry?.isSettled ?? true, terms.takeProfitDistance > .zero,
            !targets.contains(where: { $0.isPending || $0.executed > .zero }), targets.count < Self.targetAttemptsMax,
            around.now - (targets.last?.sentAt ?? .zero) >= Self.targetRetryMs, let average = entered.averagePrice
        else { return }
        let wanted = average + terms.takeProfitDistance * direction.sign
        let price = around.rules.price(wanted, rounding: direction == .long ? .down : .up)
        let fitted = around.rules.quantity(atMost: held.times(terms.takeProfitFraction))
        let quantity = fitted > .zero ? fitted : held
        let id = targets.isEmpty ? clientOrderId("tp1") : clientOrderId("tp1r", number: targets.count + 1)
        let slot = OrderSlot(.target, id, price: price, quantity: quantity, at: around.now)
        orders.append(slot)
        actions.requests.append(
            .placeOrder(
                NewOrder(
                    symbol: symbol, clientOrderId: slot.clientOrderId, side: direction.exitSide,
                    kind: .limit(price, .goodTillCancel), quantity: quantity, isReduceOnly: true)))
    }

    /// When it is closed whatever it has earned; nil before the first fill.
    func endOfHold(_ configuration: ExecutorConfiguration) -> Timestamp? {
        entered.firstTime.map { $0 + min(terms.maxHoldMs, configuration.maxHoldMs) }
    }

    mutating func driveTimeLimits(_ around: Surroundings, _ actions: inout PositionActions) {
        guard held > .zero, state != .closing, let since = entered.firstTime else { return }
        if let end = endOfHold(around.configuration), around.now >= end {
            exit(.timeout, "held for \(end - since) ms", around, &actions)
        } else {
            driveFeedLoss(around, &actions)
        }
    }

    /// Begins to close what is held by market orders that can only reduce.
    mutating func exit(
        _ reason: ExitReason, _ detail: String, _ around: Surroundings, _ actions: inout PositionActions
    ) {
        guard state != .closing, take(.exitWanted) else { return }
        exitReason = reason
        sendExit(detail, around, &actions)
    }

    mutating func driveExit(_ around: Surroundings, _ actions: inout PositionActions) {
        let exits = orders(.exit)
        guard state == .closing, held > .zero, !exits.contains(where: { $0.isPending || !$0.isSettled }),
            around.now - (exits.last?.sentAt ?? .zero) >= Self.exitRetryMs,
            around.now - (exitRefusedAt ?? .zero) >= Self.refusedExitRetryMs
        else { return }
        sendExit("again", around, &actions)
    }

    private mutating func sendExit(_ detail: String, _ around: Surroundings, _ actions: inout PositionActions) {
        // A resting target would hold part of the position against the exit.
        cancelTargets(around, &actions)
        guard held > .zero else { return }
        let slot = OrderSlot(
            .exit, clientOrderId("x", number: orders(.exit).count + 1), price: .zero, quantity: held, at: around.now)
        orders.append(slot)
        actions.requests.append(
            .placeOrder(
                NewOrder(
                    symbol: symbol, clientOrderId: slot.clientOrderId, side: direction.exitSide, kind: .market,
                    quantity: slot.quantity, isReduceOnly: true)))
        actions.events.append(event(.exitSent, of: slot, at: around.now, detail: detail))
    }

    private mutating func cancelTargets(_ around: Surroundings, _ actions: inout PositionActions) {
        for index in orders.indices
        where orders[index].kind == .target && orders[index].status == .open && !orders[index].isCancelling {
            cancelOrder(index, around, &actions)
        }
    }

    mutating func cancelOrder(_ index: Int, _ around: Surroundings, _ actions: inout PositionActions) {
        orders[index].isCancelling = true
        orders[index].lookedAt = around.now
        actions.requests.append(.cancelOrder(symbol, clientOrderId: orders[index].clientOrderId))
    }

    /// Ends the position once nothing is held and the entry can fill no more.
    mutating func finishIfFlat(_ around: Surroundings, _ actions: inout PositionActions) {
        guard entered.quantity > .zero, held == .zero, entry?.isSettled ?? true, take(.flat) else { return }
        var closed = event(.positionClosed, at: around.now)
        closed.summary = summary(at: around.now)
        actions.events.append(closed)
    }

    private func summary(at now: Timestamp) -> TradeSummary {
        let gross = entered.realizedPnl + exited.realizedPnl
        let fees = entered.fees + exited.fees
        return TradeSummary(
            exitReason: exitReason ?? .external, size: entered.value, quantity: entered.quantity,
            entryPrice: entered.averagePrice ?? .zero, exitPrice: exited.averagePrice ?? assumedPrice ?? .zero,
            leverage: terms.leverage,
            initialStopPrice: stops.first?.trigger ?? .zero, takeProfitPrice: orders(.target).first?.price ?? .zero,
            trailingStopPrice: hasReachedTarget ? stops.last?.trigger : nil, grossPnl: gross, fees: fees,
            funding: funding, netPnl: gross - fees + funding, confidence: plan.confidence,
            makerFills: entered.makerCount + exited.makerCount,
            takerFills: entered.takerCount + exited.takerCount, entryTime: entered.firstTime ?? openedAt,
            exitTime: exited.lastTime ?? now)
    }

    /// Cancels what still rests once the position is over.
    mutating func windUp(_ around: Surroundings, _ actions: inout PositionActions) {
        cancelTargets(around, &actions)
        for index in stops.indices where stops[index].status == .open && !stops[index].isCancelling {
            cancelStop(index, around, &actions)
        }
    }
}
