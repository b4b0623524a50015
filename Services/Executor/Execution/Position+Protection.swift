import SignalContracts
import TradingPrimitives
import Venue

// The stop: placed at the first fill, watched, moved only in the position's favour, the new one before the old one goes.
extension Position {
    private static let stopAttemptsMax = 3
    private static let stopRetryMs: Int64 = 100

    mutating func driveProtection(_ around: Surroundings, _ actions: inout PositionActions) {
        guard held > .zero else {
            nakedSince = nil
            return
        }
        nakedSince = isProtected ? nil : nakedSince ?? around.now
        dropReplacedStops(around, &actions)
        guard state != .closing else { return }
        // The memory of the newest stop may have been lost with a disk that failed: the next one may not stand behind it.
        if awaitsStopsUntil.map({ around.now < $0 }) != true,
            !stops.contains(where: { $0.isPending && $0.covers(held) }),
            around.now - (stops.last?.sentAt ?? .zero) >= Self.stopRetryMs
        {
            if failedStopCount >= Self.stopAttemptsMax {
                actions.alerts.append(
                    (.critical, "stop_refused", "\(symbol): no stop of \(failedStopCount) tries stands; closing it"))
                exit(.emergency, "no stop could be placed", around, &actions)
            } else {
                // What the venue refuses of one kind it may take of the other.
                let isWhole = failedStopCount.isMultiple(of: 2)
                // An entry that can still fill is counted in; a stop closes no more than there is.
                let expected = entry?.isSettled ?? true ? held : max(held, terms.quantity)
                placeStop(nextStopPrice(around), isWhole ? nil : expected, around, &actions)
            }
        }
        guard let nakedSince, state != .closing else { return }
        let limit = isRecovering ? around.configuration.recoveryNakedMaxMs : around.configuration.nakedMaxMs
        if around.now - nakedSince >= limit {
            actions.alerts.append(
                (.critical, "position_naked", "\(symbol) had no confirmed stop for \(limit) ms; closing it"))
            exit(.emergency, "no confirmed stop for \(limit) ms", around, &actions)
        }
    }

    /// Stops since the last one that stood that never did.
    private var failedStopCount: Int { stops.reversed().prefix { !$0.isPending && !$0.hasStood }.count }

    /// As planned, but never behind a stop that has stood.
    private func nextStopPrice(_ around: Surroundings) -> Price {
        let initial = initialStopPrice(around)
        return stops.filter(\.hasStood).reduce(initial) { best, stop in
            direction == .long ? max(best, stop.trigger) : min(best, stop.trigger)
        }
    }

    private func initialStopPrice(_ around: Surroundings) -> Price {
        let entry = entered.averagePrice ?? terms.entryPrice
        let distance = terms.stopDistance
        // The nearer tick: the stop may not cost more than was planned.
        return direction == .long
            ? around.rules.price(entry - distance, rounding: .up)
            : around.rules.price(entry + distance, rounding: .down)
    }

    /// Of all that is held when `quantity` is nil. The venue takes only one such stop of a direction, so that one that
    /// replaces another has to name its quantity.
    private mutating func placeStop(
        _ trigger: Price, _ quantity: Quantity?, _ around: Surroundings, _ actions: inout PositionActions
    ) {
        let stop = StopSlot(
            clientOrderId("sl", number: stops.count + 1), trigger: trigger, quantity: quantity, at: around.now)
        stops.append(stop)
        actions.requests.append(
            .placeStop(
                NewStop(
                    symbol: symbol, clientOrderId: stop.clientOrderId, side: direction.exitSide, triggerPrice: trigger,
                    workingPrice: around.configuration.workingPrice, quantity: quantity)))
    }

    /// Once the newest stop stands, the older ones go.
    private mutating func dropReplacedStops(_ around: Surroundings, _ actions: inout PositionActions) {
        guard let newest = stops.lastIndex(where: { $0.status == .open && $0.covers(held) }) else { return }
        for index in stops.indices where index < newest && stops[index].status == .open && !stops[index].isCancelling {
            cancelStop(index, around, &actions)
        }
    }

    mutating func cancelStop(_ index: Int, _ around: Surroundings, _ actions: inout PositionActions) {
        stops[index].isCancelling = true
        stops[index].lookedAt = around.now
        actions.requests.append(.cancelStop(symbol, clientOrderId: stops[index].clientOrderId))
    }

    mutating func stopRefused(
        _ clientOrderId: String, _ error: VenueError, _ around: Surroundings, _ actions: inout PositionActions
    ) {
        guard case .stop(let index) = role(clientOrderId: clientOrderId, orderId: nil) else { return }
        let action = CodeAction.of(error.code)
        if action == .lookUp { return becameUnknown(clientOrderId: clientOrderId, "\(error.code)") }
        if action == .stopEntries { actions.stopsEntries = error }
        stops[index].lastWord = error.text
        endRefused(index, error.text, around, &actions)
        if action == .exitNow, held > .zero {
            exit(hasReachedTarget ? .takeProfit2 : .stopLoss, error.text, around, &actions)
        }
    }

    /// Of a position that is over nothing is said: the stop was for what has been closed since.
    mutating func endRefused(
        _ index: Int, _ detail: String, _ around: Surroundings, _ actions: inout PositionActions
    ) {
        stops[index].status = .done
        if !isOver { actions.events.append(event(.stopRefused, of: stops[index], at: around.now, detail: detail)) }
    }

    mutating func stopConfirmed(_ index: Int, _ around: Surroundings, _ actions: inout PositionActions) {
        guard stops[index].status != .open else { return }
        stops[index].status = .open
        stops[index].hasStood = true
        if stops[index].covers(held) { nakedSince = nil }
        let isMove = stops[..<index].contains { $0.status == .open }
        actions.events.append(event(isMove ? .stopMoved : .stopAccepted, of: stops[index], at: around.now))
    }

    // MARK: Trailing

    mutating func trail(_ around: Surroundings, _ actions: inout PositionActions) {
        guard state == .trailing, let best = direction == .long ? around.bid : around.ask else { return }
        extreme = extreme.map { direction == .long ? max($0, best) : min($0, best) } ?? best
        let pending = stops.filter(\.isPending)
        guard pending.count == 1, let current = pending.first, current.status == .open,
            let wanted = trailingStop(around)
        else { return }
        let gain = (wanted - current.trigger) * direction.sign
        guard gain > .zero else { return }
        let sinceMove = around.now - stopMovedAt
        let step = Double(terms.trailDistance.raw) * around.configuration.trailStepFraction
        let isFirst = stopMovedAt == .zero
        let isWorthIt =
            sinceMove >= around.configuration.trailEveryMs
            || (sinceMove >= around.configuration.trailIntervalMs && Double(gain.raw) >= step)
        guard isFirst || isWorthIt else { return }
        stopMovedAt = around.now
        placeStop(wanted, held, around, &actions)
    }

    /// The better of break-even after fees and the trail behind the best price seen.
    private func trailingStop(_ around: Surroundings) -> Price? {
        guard let entry = entered.averagePrice, let extreme else { return nil }
        let fees = entry.times(terms.makerFeeRate + terms.takerFeeRate)
        let breakEven = entry + fees * direction.sign
        let behind = extreme - terms.trailDistance * direction.sign
        return direction == .long
            ? around.rules.price(max(breakEven, behind), rounding: .down)
            : around.rules.price(min(breakEven, behind), rounding: .up)
    }
}
