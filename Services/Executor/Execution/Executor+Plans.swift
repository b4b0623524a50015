import SignalContracts
import TradingPrimitives
import Venue

// From an approved plan to the first order.
extension Executor {
    mutating func consider(_ plan: TradePlan, of symbol: Symbol) {
        guard case .approved(let terms) = plan.verdict, !takenPlans.contains(plan.id) else { return }
        takenPlans.append(plan.id)
        if takenPlans.count > Self.namesMax { takenPlans.removeFirst() }
        effects.append(.journal(.plan(plan.id)))
        guard let index = desks.firstIndex(where: { $0.symbol == symbol }) else { return }
        let isBusy = desks[index].position != nil
        if let reason = reasonNotToEnter(plan, terms, desks[index]) ?? (isBusy ? "the symbol is busy" : nil) {
            var event = ExecutionEvent(
                plan: plan.id, cause: plan.cause, eventTime: now, kind: .planDenied, state: .pendingEntry,
                direction: plan.direction, strategy: plan.strategy)
            event.detail = reason
            say(event, of: symbol, account: accountName)
            return
        }
        desks[index].position = Position(
            symbol: symbol, plan: plan, terms: terms, at: now, afterTradeId: desks[index].lastTradeId ?? 0)
        desks[index].changedAt = now
        if desks[index].leverage != terms.leverage || !desks[index].isMarginAsked {
            effects.append(.journal(.position(symbol, desks[index].position)))
        }
        enter(index, terms)
    }

    /// The first entry of a contract waits until its margin is kept apart and its leverage set.
    private mutating func enter(_ index: Int, _ terms: TradeTerms) {
        let symbol = desks[index].symbol
        if !desks[index].isMarginAsked {
            send(.setIsolatedMargin(symbol))
        } else if desks[index].leverage != terms.leverage {
            send(.setLeverage(symbol, terms.leverage))
        } else {
            act(index) { $0.submitEntry($1, &$2) }
        }
    }

    /// The answer took its time: what was true of the plan may be true no more.
    private mutating func goOn(_ index: Int) {
        guard let position = desks[index].position, position.state == .pendingEntry else { return }
        if let late = reasonNotToEnter(position.plan, position.terms, desks[index]) {
            return act(index) { $0.endEntry(late, $1, &$2) }
        }
        enter(index, position.terms)
    }

    /// What is refused may be so already; an entry that waits for it goes on.
    mutating func marginAnswered(_ index: Int, _ reply: VenueReply) {
        let symbol = desks[index].symbol
        if case .rejected(let error) = reply, CodeAction.of(error.code) != .done {
            alert(.warning, "margin_type", symbol, "isolated margin was refused: \(error.text)")
        }
        guard !desks[index].isMarginAsked else { return }
        desks[index].isMarginAsked = true
        goOn(index)
    }

    private func reasonNotToEnter(_ plan: TradePlan, _ terms: TradeTerms, _ desk: Desk) -> String? {
        let age = now - plan.eventTime
        if let hindrance = entryHindrances.first ?? hindrances(of: desk).first { return explain(hindrance, desk) }
        if age > terms.entryTimeoutMs { return "the plan is \(age) ms old > \(terms.entryTimeoutMs) ms" }
        let others = desks.count { $0.symbol != desk.symbol && $0.position.map { !$0.isOver } ?? false }
        if others >= configuration.positionsMax {
            return "\(others) other positions or entries ≥ executor.positions_max"
        }
        guard let rules = desk.rules, let mark = youngMark(desk) else { return EntryHindrance.noRules.text }
        guard Quote.isNear(terms.entryPrice, mark, within: configuration.markBandRatio) else {
            return "the plan's price \(terms.entryPrice) is too far from the mark price \(mark)"
        }
        if terms.notional > configuration.notionalMax {
            return "notional \(terms.notional) > \(configuration.notionalMax)"
        }
        if !rules.admits(terms.quantity, at: terms.entryPrice) {
            return "quantity \(terms.quantity) is not valid at \(terms.entryPrice)"
        }
        return nil
    }

    mutating func leverageAnswered(_ index: Int, _ leverage: Int, _ reply: VenueReply) {
        let reason: String
        switch reply {
        case .done:
            desks[index].leverage = leverage
            return goOn(index)
        case .rejected(let error): reason = "leverage \(leverage) was refused: \(error.text)"
        case .notExecuted(let text), .unknown(let text): reason = "leverage \(leverage) could not be set: \(text)"
        case .order, .stop, .openOrders, .openStops, .positions, .account, .commission, .fills,
            .assetPrice, .brackets:
            return
        }
        act(index) { $0.endEntry(reason, $1, &$2) }
    }
}
