import Execution
import SignalContracts
import TradingPrimitives
import Venue

/// Deliberate bugs, at the edges of the executor and of the bus. Each must be found: a checker that can't fail proves
/// nothing.
public enum Mutation: String, CaseIterable, Sendable {
    /// An order without an answer is sent again under another name.
    case resendOnTimeout = "resend-on-timeout"
    /// A stop is cancelled before its replacement is placed.
    case cancelBeforePlace = "cancel-before-place"
    /// News of a partial fill is not understood.
    case forgetPartialFills = "forget-partial-fills"
    /// A fill that comes twice counts twice.
    case countDuplicates = "count-duplicates"
    /// Requests leave before their intent is on the disk.
    case sendBeforeJournal = "send-before-journal"
    case exitsNotReduceOnly = "exits-not-reduce-only"
    /// An order of unknown outcome counts as refused.
    case guessRejected = "guess-rejected"
    /// Stops of positions that are over stay.
    case keepOrphans = "keep-orphans"
    /// Plans of any age are taken.
    case takeStalePlans = "take-stale-plans"
    /// The journal's memory of plans is lost with a restart.
    case forgetPlans = "forget-plans"
    /// A position without a stop is not closed.
    case noWatchdog = "no-watchdog"
    /// Stops stand further away than planned.
    case loosenStops = "loosen-stops"
    case oversize
    /// Entries of streams are acknowledged before they are processed.
    case acknowledgeBeforeProcessing = "acknowledge-before-processing"
    /// Words are said without regard to their numbers.
    case sayAgain = "say-again"
}

extension Mutation {
    func altered(_ event: UserEvent, _ world: World) -> UserEvent {
        guard case .order(var report, var fill?) = event else { return event }
        switch self {
        case .forgetPartialFills where report.status == .partiallyFilled:
            report.executedQuantity = .zero
            return .order(report, fill: nil)
        case .countDuplicates:
            fill.tradeId += world.trouble.pick(0...1) * 1_000_000_000_000
            return .order(report, fill: fill)
        default: return event
        }
    }

    func altered(_ event: ExecutorEvent, at now: Timestamp) -> ExecutorEvent {
        guard self == .takeStalePlans, case .plan(let symbol, var plan) = event else { return event }
        plan.eventTime = now
        return .plan(symbol, plan)
    }

    func altered(_ reply: VenueReply, to request: VenueRequest) -> VenueReply {
        guard self == .guessRejected, case .unknown(let text) = reply, case .placeOrder = request else { return reply }
        return .rejected(VenueError(code: -1000, message: text))
    }

    func altered(_ effects: [ExecutorEffect]) -> [ExecutorEffect] {
        effects.flatMap { effect -> [ExecutorEffect] in
            guard case .request(let id, let request) = effect else { return [effect] }
            return altered(request).map { .request(id, $0) }
        }
    }

    private func altered(_ request: VenueRequest) -> [VenueRequest] {
        switch (self, request) {
        case (.exitsNotReduceOnly, .placeOrder(let order)): [.placeOrder(order.with(isReduceOnly: false))]
        case (.oversize, .placeOrder(let order)) where !order.isReduceOnly:
            [.placeOrder(order.with(quantity: order.quantity + order.quantity))]
        case (.keepOrphans, .cancelStop): []
        case (.loosenStops, .placeStop(let stop)): [.placeStop(stop.loosened)]
        case (.cancelBeforePlace, .placeStop(let stop)):
            if let number = Int(stop.clientOrderId.split(separator: "-sl").last ?? ""), number > 1 {
                [.cancelStop(stop.symbol, clientOrderId: stop.before(number)), request]
            } else {
                [request]
            }
        default: [request]
        }
    }
}

extension NewOrder {
    fileprivate func with(quantity: Quantity? = nil, isReduceOnly: Bool? = nil) -> NewOrder {
        NewOrder(
            symbol: symbol, clientOrderId: clientOrderId, side: side, kind: kind, quantity: quantity ?? self.quantity,
            isReduceOnly: isReduceOnly ?? self.isReduceOnly)
    }

    /// The same under another name.
    func again() -> NewOrder {
        NewOrder(
            symbol: symbol, clientOrderId: clientOrderId + "r", side: side, kind: kind, quantity: quantity,
            isReduceOnly: isReduceOnly)
    }
}

extension NewStop {
    fileprivate var loosened: NewStop {
        let tick = Price(raw: triggerPrice.raw / 500 / 10_000_000 * 10_000_000)
        return NewStop(
            symbol: symbol, clientOrderId: clientOrderId, side: side,
            triggerPrice: side == .sell ? triggerPrice - tick : triggerPrice + tick, workingPrice: workingPrice,
            quantity: quantity)
    }

    fileprivate func before(_ number: Int) -> String {
        String(clientOrderId.dropLast("\(number)".count)) + "\(number - 1)"
    }
}
