import SignalContracts
import TradingPrimitives
import Venue

/// A look at the venue's orders, stops, positions and account, every few seconds and whenever something is odd. Each of its
/// questions is on its own: one that is answered late keeps no other from being asked again.
struct Reconciliation: Sendable {
    /// A look is wanted as soon as may be.
    var isWanted = true
    /// Also for contracts in which nothing of ours is known to be.
    var isWideWanted = true
    /// When that was last done.
    var wideAt: Timestamp?
    /// When something was last asked.
    var askedAt: Timestamp?
    /// When all was last asked for.
    var wholeAt: Timestamp?
    /// Questions that found no answer: they are asked again by themselves.
    var failed: [VenueRequest] = []
    /// How often in a row that was done.
    var retries = 0
    /// What no answer has ever come to.
    var unheard: [VenueRequest] = []

    /// Whether a whole look has ever been completed.
    var hasCompleted: Bool { wholeAt != nil && unheard.isEmpty }
}

extension Executor {
    mutating func reconcileIfDue() {
        let age = reconciliation.askedAt.map { now - $0 } ?? .max
        let isWhole =
            reconciliation.isWanted || reconciliation.wholeAt.map { now - $0 >= configuration.reconcileEveryMs } ?? true
        // Soon once; a venue that goes on refusing is not asked at that pace.
        let pauseMs = min(1000 << Int64(min(reconciliation.retries, 3)), max(500, configuration.reconcileEveryMs))
        guard isWhole && age >= 500 || !reconciliation.failed.isEmpty && age >= pauseMs else { return }
        let isFirst = reconciliation.wholeAt == nil
        var questions = reconciliation.failed
        if questions.isEmpty { reconciliation.retries = 0 } else { reconciliation.retries += 1 }
        reconciliation.failed = []
        reconciliation.askedAt = now
        if isWhole {
            reconciliation.isWanted = false
            reconciliation.wholeAt = now
            // A question about a contract that the venue does not list has no answer: it would keep all the others out.
            let listed = desks.filter { $0.status != Self.absentStatus || $0.position != nil }
            if isFirst, listed.count <= configuration.wideLookFrom { askForMargin(listed.map(\.symbol)) }
            questions = questionsForOrders(listed) + [.queryPositions, .queryAccount]
            if isFirst { reconciliation.unheard = questions }
            // Of one that has come to be unlisted meanwhile no answer is to be waited for either.
            reconciliation.unheard.removeAll { question in
                question.symbol.map { symbol in !listed.contains { $0.symbol == symbol } } ?? false
            }
        }
        for question in questions where !awaited.contains(where: { $0.request == question }) { send(question) }
    }

    /// Of many contracts each is asked for before its first entry.
    private mutating func askForMargin(_ listed: [Symbol]) {
        for index in desks.indices where listed.contains(desks[index].symbol) {
            desks[index].isMarginAsked = true
            send(.setIsolatedMargin(desks[index].symbol))
        }
    }

    /// A venue weighs a question for all contracts as much as those for many of them: of few contracts each is asked for, of many
    /// those in which there may be something, and now and then all at once.
    private mutating func questionsForOrders(_ listed: [Desk]) -> [VenueRequest] {
        var looked: [Symbol?] = listed.map(\.symbol)
        if listed.count > configuration.wideLookFrom {
            let ageMs = reconciliation.wideAt.map { now - $0 } ?? .max
            let dueMs = reconciliation.isWideWanted ? Self.wideLookLeastMs : configuration.wideLookEveryMs
            if ageMs >= dueMs {
                (reconciliation.isWideWanted, reconciliation.wideAt) = (false, now)
                looked = [nil]
            } else {
                looked = listed.filter(\.needsLook).map(\.symbol)
            }
        }
        for index in desks.indices { desks[index].isLookWanted = false }
        return looked.flatMap { [.queryOpenOrders($0), .queryOpenStops($0)] }
    }
    private static let wideLookLeastMs: Int64 = 5000

    mutating func lookArrived(_ request: VenueRequest, _ reply: VenueReply, askedAt: Timestamp) {
        switch (request, reply) {
        case (.queryAccount, .account(let report)):
            account = report
            balanceTold(report.walletBalance, isFirm: false)
        case (.queryPositions, .positions(let reports)):
            for index in desks.indices { compare(index, with: reports, askedAt) }
        case (.queryOpenOrders(let symbol), .openOrders(let reports)):
            for index in desks.indices where symbol ?? desks[index].symbol == desks[index].symbol {
                compareOrders(index, with: reports.filter { $0.symbol == desks[index].symbol }, askedAt)
            }
        case (.queryOpenStops(let symbol), .openStops(let reports)):
            for index in desks.indices where symbol ?? desks[index].symbol == desks[index].symbol {
                compareStops(index, with: reports.filter { $0.symbol == desks[index].symbol }, askedAt)
            }
        case (.queryOpenOrders(let symbol?), .rejected(let error)) where error.code == VenueCode.noSuchSymbol,
            (.queryOpenStops(let symbol?), .rejected(let error)) where error.code == VenueCode.noSuchSymbol:
            // The list of contracts said otherwise a moment ago.
            statusArrived(symbol, Self.absentStatus)
        default:
            reconciliation.failed.append(request)
            return
        }
        reconciliation.unheard.removeAll { $0 == request }
    }

    /// An answer says nothing about what changed here after it was asked for.
    private func isSettled(_ index: Int, _ askedAt: Timestamp) -> Bool { desks[index].changedAt < askedAt }

    private mutating func compareOrders(_ index: Int, with reports: [OrderReport], _ askedAt: Timestamp) {
        guard isSettled(index, askedAt) else { return }
        let position = desks[index].position
        for report in reports where report.clientOrderId.hasPrefix(Position.prefix) {
            let role = position?.role(clientOrderId: report.clientOrderId, orderId: report.orderId) ?? .foreign
            if let position, position.owns(order: report.clientOrderId) {
                act(index) { $0.orderFound(report, $1, &$2) }
            } else if role == .foreign {
                alert(
                    .warning, "orphan_order", report.symbol, "\(report.clientOrderId) belongs to no position; cancelled"
                )
                send(.cancelOrder(report.symbol, clientOrderId: report.clientOrderId))
            } else {
                act(index) { $0.orderChanged(report, $1, &$2) }
            }
        }
        for slot in desks[index].position?.orders ?? [] where slot.status == .open {
            if reports.contains(where: { $0.clientOrderId == slot.clientOrderId }) { continue }
            send(.queryOrder(desks[index].symbol, clientOrderId: slot.clientOrderId))
        }
    }

    private mutating func compareStops(_ index: Int, with reports: [StopReport], _ askedAt: Timestamp) {
        guard isSettled(index, askedAt) else {
            if desks[index].position?.awaitsStopsUntil != nil { reconciliation.isWanted = true }
            return
        }
        desks[index].position?.awaitsStopsUntil = nil
        for report in reports where report.clientOrderId.hasPrefix(Position.prefix) {
            if desks[index].position?.owns(stop: report.clientOrderId) == true {
                act(index) { $0.stopFound(report, $1, &$2) }
            } else if maySweepStops(index) {
                alert(
                    .warning, "orphan_stop", report.symbol, "\(report.clientOrderId) belongs to no position; cancelled")
                send(.cancelStop(report.symbol, clientOrderId: report.clientOrderId))
            } else {
                reconciliation.isWanted = true
            }
        }
        let position = desks[index].position
        for stop in position?.stops ?? [] where stop.status == .open {
            if reports.contains(where: { $0.clientOrderId == stop.clientOrderId }) { continue }
            send(.queryStop(desks[index].symbol, clientOrderId: stop.clientOrderId))
        }
    }

    /// A stop that nobody knows goes only where it protects nothing: the venue holds nothing, or we have our own stop. After
    /// a disk that failed it may be all that protects.
    private func maySweepStops(_ index: Int) -> Bool {
        if let position = desks[index].position, position.held > .zero { return position.isProtected }
        return desks[index].venueQuantity == .zero
    }

    private mutating func compare(_ index: Int, with reports: [PositionReport], _ askedAt: Timestamp) {
        let symbol = desks[index].symbol
        let report = reports.first { $0.symbol == symbol }
        let theirs = report?.quantity ?? .zero, ours = desks[index].signedHeld
        desks[index].venueQuantity = theirs
        let liquidation = report.flatMap { $0.liquidationPrice.raw > 0 ? $0.liquidationPrice : nil }
        if desks[index].liquidationPrice != liquidation {
            desks[index].liquidationPrice = liquidation
            show(index)
        }
        guard isSettled(index, askedAt) else {
            // Something changed here meanwhile: the next look tells whether that explains it.
            if theirs != ours { reconciliation.isWanted = true }
            return
        }
        guard theirs != ours else {
            desks[index].mismatches = 0
            return
        }
        // A difference from before the last change was another one.
        if desks[index].changedAt >= desks[index].mismatchedAt { desks[index].mismatches = 0 }
        desks[index].mismatches += 1
        if desks[index].mismatches == 1 { desks[index].mismatchedAt = now }
        reconciliation.isWanted = true
        // The first answer to a difference is to ask for the fills that would explain it. As long as those don't come, the
        // difference says no more than that.
        // Where nothing of ours is under way, one look is enough to confirm what the user stream has told.
        let isConfirmed = desks[index].position == nil && desks[index].toldQuantity == theirs
        guard desks[index].mismatches > (isConfirmed ? 1 : 2), desks[index].fillsHeardAt > desks[index].mismatchedAt
        else {
            return askForFills(index)
        }
        alert(
            .critical, "position_mismatch", symbol,
            "the venue holds \(theirs), we know of \(ours); taking the venue's word")
        desks[index].mismatches = 0
        act(index) { position, around, _ in
            if ours != .zero {
                position.endedElsewhere(theirs, around)
            } else if !position.isOver {
                position.abandon("the venue holds a position that is not of this plan", .noFill)
            }
        }
        if let report, desks[index].position == nil, theirs != .zero { adopt(report, index) }
    }

    /// Protects a position that was found: a stop at a fixed distance, and the common time limit.
    private mutating func adopt(_ report: PositionReport, _ index: Int) {
        guard let rules = desks[index].rules else { return }
        let cause = StreamId(microseconds: now.milliseconds * 1000)
        let direction: Direction = report.quantity > .zero ? .long : .short
        let quantity = report.quantity.magnitude
        let distance = report.entryPrice.times(configuration.adoptedStopRatio)
        let terms = TradeTerms(
            entryPrice: report.entryPrice, quantity: quantity, notional: report.entryPrice * quantity,
            leverage: desks[index].leverage ?? 0, margin: .zero,
            stopDistance: max(rules.tickSize, rules.price(distance, rounding: .down)), takeProfitDistance: .zero,
            trailDistance: .zero, takeProfitFraction: .zero, entryOffsetTicks: 0, entryTimeoutMs: 0,
            maxHoldMs: configuration.maxHoldMs, riskRatio: 0, riskBound: "adopted", grossRewardToRisk: 0,
            effectiveRewardToRisk: 0, breakevenWinRate: 0, makerFeeRate: .zero, takerFeeRate: .zero)
        let plan = TradePlan(
            id: TradeId(symbol: report.symbol, cause: cause), cause: cause, eventTime: now, direction: direction,
            strategy: .momentum, confidence: 0, verdict: .approved(terms))
        desks[index].position = Position(
            symbol: report.symbol, plan: plan, terms: terms, at: now, afterTradeId: desks[index].lastTradeId ?? 0)
        alert(
            .critical, "position_adopted", report.symbol,
            "\(report.quantity) at \(report.entryPrice) was found; protecting it")
        act(index) { $0.adopted(at: report.entryPrice, $1, &$2) }
    }
}

extension Position {
    /// The venue holds `theirs` (signed) where we know of more or less: what is missing was closed by others. Fills that are
    /// told of later take the place of what is assumed now.
    mutating func endedElsewhere(_ theirs: Quantity, _ around: Surroundings) {
        assumedClosed = entered.quantity - exited.quantity - max(.zero, theirs * direction.sign)
        if assumedClosed > .zero {
            assumedPrice = (direction == .long ? around.bid : around.ask) ?? terms.entryPrice
            exitReason = exitReason ?? .external
        }
    }

    mutating func adopted(at price: Price, _ around: Surroundings, _ actions: inout PositionActions) {
        guard take(.adopted) else { return }
        isAdopted = true
        entered.quantity = terms.quantity
        entered.value = price * terms.quantity
        entered.firstTime = around.now
        actions.events.append(event(.positionAdopted, at: around.now))
    }
}
