import Execution
import InProcessSuite
import SignalContracts
import TradingPrimitives
import Venue

/// Deliberate bugs, at the edges of the executor, of the hub, of the hosts and of the bus. Each must be found: a checker that
/// can't fail proves nothing.
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
    /// The doubt of an order ends, and nobody hears of it.
    case resolveWithoutSaying = "resolve-without-saying"
    /// The end of a position is not said.
    case closeWithoutSaying = "close-without-saying"
    /// A fee in BNB is one of as many USDT.
    case countBnbAsUsdt = "count-bnb-as-usdt"
    /// A market order takes all of a position, whatever the venue's bound.
    case exitInOnePiece = "exit-in-one-piece"
    /// Nobody hears that the user stream is up again.
    case stayBlind = "stay-blind"
    /// Words are said without regard to their numbers.
    case sayAgain = "say-again"
    /// Nobody asks for a close that did not come.
    case forgetCloses = "forget-closes"
    /// What Redis lost of the past is not asked for again.
    case forgetLost = "forget-lost"
    /// An entry that was looked for in vain is given up while it may still come.
    case believeAbsenceEarly = "believe-absence-early"
    /// A batch whose answer was lost is committed again.
    case commitTwice = "commit-twice"
    /// A worker that has slept goes on with what it had in hand.
    case keepLease = "keep-lease"
    /// A word is written with the number of the one before it.
    case reuseNumber = "reuse-number"
    /// A journal is made compact without the words that have not been said.
    case dropUnsaid = "drop-unsaid"
    /// A disk that takes records again is found by the journal's upkeep, and nobody hears of it.
    case healUnheard = "heal-unheard"
}

extension Mutation {
    /// Where it is the hosts' mistake.
    var ofHosts: HostMistake? {
        switch self {
        case .acknowledgeBeforeProcessing: .acknowledgesBeforeProcessing
        case .commitTwice: .commitsTwice
        case .keepLease: .keepsLeasesAfterSleep
        default: nil
        }
    }

    func altered(_ event: UserEvent, _ world: World) -> UserEvent {
        guard case .order(var report, var fill?) = event else { return event }
        switch self {
        case .forgetPartialFills where report.status == .partiallyFilled:
            report.executedQuantity = .zero
            return .order(report, fill: nil)
        case .countDuplicates:
            fill.tradeId += world.trouble.pick(0...1) * 1_000_000_000_000
            return .order(report, fill: fill)
        case .countBnbAsUsdt:
            fill.feeAsset = "USDT"
            return .order(report, fill: fill)
        default: return event
        }
    }

    /// Whether a word of the executor never leaves it.
    func isSwallowed(_ message: ExecutorMessage) -> Bool {
        guard case .execution(_, let event) = message else { return false }
        return switch self {
        case .resolveWithoutSaying: event.kind == .orderResolved
        case .closeWithoutSaying: event.kind == .positionClosed
        default: false
        }
    }

    func altered(_ event: ExecutorEvent, at now: Timestamp) -> ExecutorEvent {
        guard self == .takeStalePlans, case .plan(let symbol, var plan) = event else { return event }
        plan.eventTime = now
        return .plan(symbol, plan)
    }

    func altered(_ reply: VenueReply, to request: VenueRequest) -> VenueReply {
        if self == .countBnbAsUsdt, case .fills(var fills) = reply {
            for index in fills.indices { fills[index].feeAsset = "USDT" }
            return .fills(fills)
        }
        guard self == .guessRejected, case .unknown(let text) = reply, case .placeOrder = request else { return reply }
        return .rejected(VenueError(code: -1000, message: text))
    }

    func altered(_ effects: [ExecutorEffect], _ world: World) -> [ExecutorEffect] {
        effects.flatMap { effect -> [ExecutorEffect] in
            guard case .request(let id, let request) = effect else { return [effect] }
            return altered(request, world).map { .request(id, $0) }
        }
    }

    private func altered(_ request: VenueRequest, _ world: World) -> [VenueRequest] {
        switch (self, request) {
        case (.exitsNotReduceOnly, .placeOrder(let order)): [.placeOrder(order.with(isReduceOnly: false))]
        case (.oversize, .placeOrder(let order)) where !order.isReduceOnly:
            [.placeOrder(order.with(quantity: order.quantity + order.quantity))]
        case (.exitInOnePiece, .placeOrder(let order)) where order.isReduceOnly && order.kind == .market:
            [.placeOrder(order.with(quantity: world.executor.core.position(of: order.symbol)?.held ?? order.quantity))]
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
