import SignalContracts
import TradingPrimitives
import Venue

// What the venue says of the position's orders, by reply or by event, in any order and any number of times.
extension Position {
    mutating func orderChanged(_ report: OrderReport, _ around: Surroundings, _ actions: inout PositionActions) {
        guard case .order(let index) = role(clientOrderId: report.clientOrderId, orderId: report.orderId) else {
            return
        }
        let wasUnheard = orders[index].isUnheard
        if orders[index].kind == .exit { exitRefusals = 0 }
        orders[index].orderId = report.orderId
        orders[index].executed = max(orders[index].executed, report.executedQuantity)
        orders[index].misses = 0
        // An end is final: what arrives late can't open the order again.
        if orders[index].status != .done { orders[index].status = report.status.isOpen ? .open : .done }
        orders[index].lastWord = report.status.rawValue
        let slot = orders[index]
        guard wasUnheard, report.status.isOpen || report.executedQuantity > .zero else {
            return
        }
        switch slot.kind {
        case .entry: actions.events.append(event(.entryAccepted, of: slot, at: around.now))
        case .target: actions.events.append(event(.takeProfitAccepted, of: slot, at: around.now))
        case .exit: break
        }
    }

    // MARK: What a look at the venue shows, though the memory of it may have been lost with a disk that failed

    func owns(order clientOrderId: String) -> Bool { owns(clientOrderId, after: self.clientOrderId("")) }
    func owns(stop clientOrderId: String) -> Bool { owns(clientOrderId, after: self.clientOrderId("sl")) }

    /// What follows our name is a leg of ours, letters and digits: nothing else may stand in the journal.
    private func owns(_ id: String, after prefix: String) -> Bool {
        id.hasPrefix(prefix)
            && id.utf8.dropFirst(prefix.utf8.count).allSatisfy { 97...122 ~= $0 || 48...57 ~= $0 }
    }

    mutating func orderFound(_ report: OrderReport, _ around: Surroundings, _ actions: inout PositionActions) {
        if !orders.contains(where: { $0.clientOrderId == report.clientOrderId }) {
            let leg = report.clientOrderId.dropFirst(clientOrderId("").count)
            let kind: OrderSlot.Kind = leg.hasPrefix("e") ? .entry : leg.hasPrefix("tp") ? .target : .exit
            orders.append(
                OrderSlot(kind, report.clientOrderId, price: report.price, quantity: report.quantity, at: around.now))
        }
        // What a look shows is as good as an answer about it alone.
        cancelMayBeLost(report)
        orderChanged(report, around, &actions)
    }

    mutating func stopFound(_ report: StopReport, _ around: Surroundings, _ actions: inout PositionActions) {
        if !stops.contains(where: { $0.clientOrderId == report.clientOrderId }) {
            stops.append(
                StopSlot(
                    report.clientOrderId, trigger: report.triggerPrice, quantity: report.quantity, at: around.now))
        }
        cancelMayBeLost(report)
        stopChanged(report, around, &actions)
    }

    mutating func stopChanged(_ report: StopReport, _ around: Surroundings, _ actions: inout PositionActions) {
        guard let index = stops.firstIndex(where: { $0.clientOrderId == report.clientOrderId }) else { return }
        stops[index].misses = 0
        stops[index].seenAt = around.now
        stops[index].lastWord = report.status.rawValue
        if let orderId = report.orderId { stops[index].orderId = orderId }
        switch report.status {
        case .new:
            // News of a trigger may have come first.
            if stops[index].status != .triggered, stops[index].status != .done {
                stopConfirmed(index, around, &actions)
            }
        case .triggering, .triggered:
            if stops[index].status != .done { stops[index].status = .triggered }
        case .finished, .canceled, .expired:
            let isNews = stops[index].status != .done
            if report.status == .finished, isNews { fillsWantedAt = around.now }
            if report.status == .canceled, isNews, !stops[index].isCancelling, held > .zero {
                cancelledByOthers(report, &actions)
            }
            stops[index].status = .done
        case .rejected:
            let reason = report.reason ?? "rejected at its trigger"
            endRefused(index, reason, around, &actions)
            if held > .zero { exit(hasReachedTarget ? .takeProfit2 : .stopLoss, reason, around, &actions) }
        }
    }

    /// A person, it seems; the next stop is placed at once.
    private mutating func cancelledByOthers(_ report: StopReport, _ actions: inout PositionActions) {
        stopsCancelledByOthers += 1
        actions.alerts.append(
            (
                stopsCancelledByOthers > 1 ? .critical : .warning, "stop_cancelled",
                "\(symbol): \(report.clientOrderId) was cancelled, and not by us; placing another one"
            ))
    }

    /// Counts a fill once, whatever order it belongs to: what closes, closes.
    mutating func filled(_ fill: Fill, _ around: Surroundings, _ actions: inout PositionActions) {
        let role = role(clientOrderId: fill.clientOrderId, orderId: fill.orderId)
        guard !tradeIds.contains(fill.tradeId) else { return recognize(fill, role, &actions) }
        if role == .foreign, isOfAnother(fill) { return strangerCame(&actions) }
        tradeIds.append(fill.tradeId)
        if role == .foreign { foreignTradeIds.append(fill.tradeId) }
        credit(fill, role)
        noteFee(of: fill)
        if fill.side == direction.entrySide {
            entered.add(fill)
            if assumedClosed < .zero { assumedClosed += min(fill.quantity, -assumedClosed) }
            take(entered.quantity >= terms.quantity ? .fullyFilled : .partlyFilled)
            var event = event(.entryFilled, at: fill.time, detail: role == .foreign ? "not ours" : nil)
            describe(fill, &event)
            actions.events.append(event)
            if state == .closing, exitReason == nil { exitReason = .noFill }
            return
        }
        exited.add(fill)
        if assumedClosed > .zero { assumedClosed -= min(fill.quantity, assumedClosed) }
        noteReason(fill, role, &actions)
        var isTarget = false
        if case .order(let index) = role, orders[index].kind == .target {
            isTarget = true
            if orders[index].filled >= orders[index].quantity, held > .zero, take(.targetReached) {
                hasReachedTarget = true
            }
        }
        var event = event(isTarget ? .takeProfitFilled : .exitFilled, at: fill.time)
        describe(fill, &event)
        actions.events.append(event)
    }

    /// Whether a fill that no order of ours is known for has its own story: a person's position, opened before ours or after it.
    private func isOfAnother(_ fill: Fill) -> Bool {
        // What closes may be what the venue's word let us assume.
        if isOver { return fill.side == direction.entrySide || assumedClosed == .zero }
        guard entered.quantity == .zero else { return false }
        // Before its answer our own entry is known by its name alone, which not all sources tell.
        let isEntryNamed = orders.allSatisfy { $0.orderId != nil }
        return fill.clientOrderId != nil || isEntryNamed
    }

    /// Somebody else trades here. What was planned for an empty account is given up; what they hold is found by the next look,
    /// and protected as any position that nobody planned.
    private mutating func strangerCame(_ actions: inout PositionActions) {
        actions.wantsLook = true
        if !isOver { abandon("somebody else's order was filled first", .noFill) }
    }

    /// A fill that was counted before it was known whose it is, as one that came before its order's own answer, belongs to an
    /// order of ours after all.
    private mutating func recognize(_ fill: Fill, _ role: OrderRole, _ actions: inout PositionActions) {
        guard role != .foreign, let place = foreignTradeIds.firstIndex(of: fill.tradeId) else { return }
        foreignTradeIds.remove(at: place)
        credit(fill, role)
        if fill.side == direction.exitSide, exitReason == .external { noteReason(fill, role, &actions) }
    }

    /// Counts a payment of funding once; it changes nothing but the sum.
    mutating func funded(
        _ amount: Notional, at time: Timestamp, _ around: Surroundings, _ actions: inout PositionActions
    ) {
        guard entered.quantity > .zero, time > fundedAt ?? .zero else { return }
        fundedAt = time
        funding += amount
        var paid = event(.fundingPaid, at: time)
        paid.realizedPnl = amount
        actions.events.append(paid)
    }

    private func describe(_ fill: Fill, _ event: inout ExecutionEvent) {
        event.clientOrderId = fill.clientOrderId
        event.price = fill.price
        event.quantity = fill.quantity
        event.isMaker = fill.isMaker
        if fill.feeAsset == ExecutionAsset.settlement {
            event.fee = fill.fee
        } else {
            (event.feeAsset, event.feeAmount) = (fill.feeAsset, fill.fee)
        }
        event.realizedPnl = fill.realizedPnl
    }

    private mutating func credit(_ fill: Fill, _ role: OrderRole) {
        switch role {
        case .order(let index):
            orders[index].orderId = fill.orderId
            orders[index].filled += fill.quantity
            orders[index].executed = max(orders[index].executed, orders[index].filled)
            if orders[index].filled >= orders[index].quantity {
                orders[index].status = .done
                orders[index].lastWord = "filled"
            } else if orders[index].isUnheard {
                orders[index].status = .open
                orders[index].lastWord = "filled in part"
            }
        case .stop(let index):
            if stops[index].status != .done { stops[index].status = .triggered }
            stops[index].lastWord = "filled"
            stops[index].orderId = fill.orderId
        case .foreign: break
        }
    }

    /// The reason that the last closing fill gives; a wish to close that was there before keeps its own.
    private mutating func noteReason(_ fill: Fill, _ role: OrderRole, _ actions: inout PositionActions) {
        switch role {
        case .order(let index): if orders[index].kind == .target, state != .closing { exitReason = .takeProfit1 }
        case .stop: exitReason = hasReachedTarget ? .takeProfit2 : .stopLoss
        case .foreign:
            let isForced = ["autoclose-", "adl_autoclose", "settlement_autoclose-", "delivery_autoclose-"]
                .contains { fill.clientOrderId?.hasPrefix($0) == true }
            // A target's reason is that of its own part; who takes the rest says why that went.
            let wish = state == .closing ? exitReason : nil
            exitReason = isForced ? .liquidation : wish ?? .external
            guard isForced else { return }
            actions.alerts.append(
                (
                    .critical, "position_liquidated",
                    "\(symbol): the venue closed \(fill.quantity) at \(fill.price) by \(fill.clientOrderId ?? "")"
                ))
        }
    }
}

extension FillSum {
    mutating func add(_ fill: Fill) {
        quantity += fill.quantity
        value += fill.price * fill.quantity
        if fill.feeAsset == ExecutionAsset.settlement { fees += fill.fee }
        realizedPnl += fill.realizedPnl
        if fill.isMaker { makerCount += 1 } else { takerCount += 1 }
        if fill.isMaker { makerQuantity += fill.quantity }
        firstTime = min(firstTime ?? fill.time, fill.time)
        lastTime = max(lastTime ?? fill.time, fill.time)
    }
}
