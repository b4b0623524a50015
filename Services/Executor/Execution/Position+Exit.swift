import SignalContracts
import TradingPrimitives
import Venue

// The ways out: the first target, the time limit, a person, an emergency; then winding up what is left.
extension Position {
    private static let exitRetryMs: Int64 = 500
    /// The same after the venue refused one: a look at it comes first.
    private static let refusedExitRetryMs: Int64 = 3000
    /// Refusals in a row after which a person is told, and how often that is said.
    private static let exitRefusalsTold = 3
    private static let exitRefusalTellMs: Int64 = 60_000
    /// Market orders that leave together, where the venue bounds one of them below what is held.
    private static let exitSlicesMax = 10
    private static let targetAttemptsMax = 3
    private static let targetRetryMs: Int64 = 1000

    mutating func driveTarget(_ around: Surroundings, _ actions: inout PositionActions) {
        let targets = orders(.target)
        dropReplacedTargets(around, &actions)
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

    /// In as many orders as the venue's bound of one market order asks for. What is left then follows once these are filled.
    private mutating func sendExit(_ detail: String, _ around: Surroundings, _ actions: inout PositionActions) {
        // A resting target would hold part of the position against the exit.
        cancelTargets(around, &actions)
        var rest = held
        for _ in 0..<Self.exitSlicesMax where rest > .zero {
            let slice = around.rules.marketSlice(of: rest)
            rest -= slice
            let slot = OrderSlot(
                .exit, clientOrderId("x", number: orders(.exit).count + 1), price: .zero, quantity: slice,
                at: around.now)
            orders.append(slot)
            actions.requests.append(
                .placeOrder(
                    NewOrder(
                        symbol: symbol, clientOrderId: slot.clientOrderId, side: direction.exitSide, kind: .market,
                        quantity: slice, isReduceOnly: true)))
            actions.events.append(event(.exitSent, of: slot, at: around.now, detail: detail))
        }
    }

    /// A position that can't be closed is a person's business sooner or later, whatever the reason.
    mutating func exitRefused(_ error: VenueError, _ around: Surroundings, _ actions: inout PositionActions) {
        exitRefusals += 1
        guard exitRefusals >= Self.exitRefusalsTold, held > .zero,
            exitRefusalToldAt.map({ around.now - $0 >= Self.exitRefusalTellMs }) ?? true
        else { return }
        exitRefusalToldAt = around.now
        actions.alerts.append(
            (
                .critical, "exit_refused",
                "\(symbol): the venue refused \(exitRefusals) orders in a row that were to close \(held), last with "
                    + "\(error.text); still trying. Close it in the venue's app"
            ))
    }

    /// The trade goes on to its stop or its time limit, and says so.
    mutating func targetRefused(
        _ slot: OrderSlot, _ error: VenueError, _ around: Surroundings, _ actions: inout PositionActions
    ) {
        actions.events.append(event(.takeProfitRefused, of: slot, at: around.now, detail: error.text))
        guard orders(.target).count >= Self.targetAttemptsMax else { return }
        actions.alerts.append(
            (
                .warning, "target_refused",
                "\(symbol): none of \(Self.targetAttemptsMax) targets was taken, last \(error.text); it is held to its stop "
                    + "or its time limit"
            ))
    }

    /// One that was given up for absent may have come after all: only the newest stays, and none beside an exit.
    private mutating func dropReplacedTargets(_ around: Surroundings, _ actions: inout PositionActions) {
        if state == .closing { return cancelTargets(around, &actions) }
        guard let newest = orders.lastIndex(where: { $0.kind == .target && $0.isPending }) else { return }
        cancelTargets(of: orders.indices[..<newest], around, &actions)
    }

    private mutating func cancelTargets(
        of indices: Range<Int>? = nil, _ around: Surroundings, _ actions: inout PositionActions
    ) {
        for index in indices ?? orders.indices
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
        guard entered.quantity > .zero, held == .zero, entry?.isSettled ?? true, settleFees(around, &actions),
            take(.flat)
        else { return }
        var closed = event(.positionClosed, at: around.now)
        closed.summary = summary(at: around.now)
        actions.events.append(closed)
    }

    private func summary(at now: Timestamp) -> TradeSummary {
        let gross = entered.realizedPnl + exited.realizedPnl + assumedPnl
        let fees = entered.fees + exited.fees + convertedFees + assumedFees
        return TradeSummary(
            exitReason: exitReason ?? .external, size: entered.value, quantity: entered.quantity,
            entryPrice: entered.averagePrice ?? .zero, exitPrice: exitPrice,
            leverage: terms.leverage,
            initialStopPrice: stops.first?.trigger ?? .zero, takeProfitPrice: orders(.target).first?.price ?? .zero,
            trailingStopPrice: hasReachedTarget ? stops.last?.trigger : nil, grossPnl: gross, fees: fees,
            funding: funding, netPnl: gross - fees + funding, confidence: plan.confidence,
            makerFills: entered.makerCount + exited.makerCount,
            takerFills: entered.takerCount + exited.takerCount, entryTime: entered.firstTime ?? openedAt,
            exitTime: exited.lastTime ?? now, entryMakerQuantity: isAdopted ? nil : entered.makerQuantity,
            exitMakerQuantity: exited.makerQuantity)
    }

    /// What others closed without a fill that we know of has a result all the same: at the price of the moment, as a taker.
    private var assumedPnl: Notional {
        guard assumedClosed > .zero, let price = assumedPrice, let entry = entered.averagePrice else { return .zero }
        return (price - entry) * direction.sign * assumedClosed
    }
    private var assumedFees: Notional {
        assumedClosed > .zero ? (assumedPrice ?? .zero) * assumedClosed * terms.takerFeeRate : .zero
    }

    /// Mean over what was closed, known or assumed.
    private var exitPrice: Price {
        guard assumedClosed > .zero, let price = assumedPrice else { return exited.averagePrice ?? .zero }
        var all = exited
        all.quantity += assumedClosed
        all.value += price * assumedClosed
        return all.averagePrice ?? .zero
    }

    /// Cancels what still rests once the position is over.
    mutating func windUp(_ around: Surroundings, _ actions: inout PositionActions) {
        cancelTargets(around, &actions)
        for index in stops.indices where stops[index].status == .open && !stops[index].isCancelling {
            cancelStop(index, around, &actions)
        }
    }
}
