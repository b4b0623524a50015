import SignalContracts
import TradingPrimitives
import Venue

// The entry: a post-only limit order, priced again when it would have taken, cancelled at its time-out.
extension Position {
    /// Sends the entry at the best price that does not take.
    mutating func submitEntry(_ around: Surroundings, _ actions: inout PositionActions) {
        guard let price = entryPrice(around) else { return endEntry("no valid book", around, &actions) }
        guard !isAbandoned, take(.entrySubmitted) else { return }
        let count = orders(.entry).count
        let leg = count == 0 ? "e" : "e\(count + 1)"
        let slot = OrderSlot(.entry, clientOrderId(leg), price: price, quantity: terms.quantity, at: around.now)
        orders.append(slot)
        actions.requests.append(
            .placeOrder(
                NewOrder(
                    symbol: symbol, clientOrderId: slot.clientOrderId, side: direction.entrySide,
                    kind: .limit(price, .postOnly), quantity: slot.quantity, isReduceOnly: false)))
        actions.events.append(event(count == 0 ? .entrySent : .entryRepriced, of: slot, at: around.now))
    }

    /// The best price that does not take, never worse than the plan's own level; nil without a valid book.
    private func entryPrice(_ around: Surroundings) -> Price? {
        Quote(bid: around.bid, ask: around.ask)?.postOnlyPrice(
            direction, offsetTicks: terms.entryOffsetTicks, tick: around.rules.tickSize, level: terms.entryLevel)
    }

    var entryDeadline: Timestamp { (orders.first?.sentAt ?? openedAt) + terms.entryTimeoutMs }

    mutating func entryRefused(_ error: VenueError, _ around: Surroundings, _ actions: inout PositionActions) {
        let isPriceable = CodeAction.of(error.code) == .priceAgain
        if isPriceable, orders(.entry).count <= around.configuration.repricesMax, around.now < entryDeadline {
            submitEntry(around, &actions)
            if entry?.status == .sent { return }
        }
        endEntry(error.text, around, &actions)
    }

    /// The entry is over without a fill.
    mutating func endEntry(_ reason: String, _ around: Surroundings, _ actions: inout PositionActions) {
        guard entered.quantity == .zero, take(.entryEnded) else { return }
        actions.events.append(event(.noFill, at: around.now, detail: reason))
    }

    mutating func driveEntry(_ around: Surroundings, _ actions: inout PositionActions) {
        guard let index = orders.lastIndex(where: { $0.kind == .entry }) else {
            // Nothing of ours can fill any more.
            if state == .partialFill { take(.entrySettled) }
            return
        }
        let slot = orders[index]
        if slot.status == .open, !slot.isCancelling, mustEndEntry(around.now) {
            cancelOrder(index, around, &actions)
        }
        guard slot.isSettled else { return }
        if entered.quantity == .zero {
            endEntry("not filled within \(terms.entryTimeoutMs) ms", around, &actions)
        } else if state == .partialFill {
            let least = Int128(terms.quantity.raw) * Int128(around.configuration.fillFractionMin.raw)
            if Int128(entered.quantity.raw) * Int128(fixedScale) >= least {
                take(.entrySettled)
            } else {
                exit(.noFill, "less than half of the entry filled", around, &actions)
            }
        }
    }

    /// The entry has no more business: it is late, or what it opened is being closed or gone.
    private func mustEndEntry(_ now: Timestamp) -> Bool {
        isAbandoned || now >= entryDeadline || state == .closing || (entered.quantity > .zero && held == .zero)
    }
}
