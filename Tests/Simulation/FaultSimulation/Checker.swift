import ExchangeSimulator
import Execution
import InProcessSuite
import Risk
import SignalContracts
import TradingPrimitives
import Venue

/// Watches the invariants. What the venue's ledger says counts; of the suite it knows only what crossed a line: requests
/// that left, frames that arrived, words that were said.
final class Checker {
    let world: World
    private(set) var violations: [String] = []
    var hasFailed: Bool { !violations.isEmpty }
    var stories: [Story]
    var names: Set<String> = []
    var entriesByPlan: [TradeId: Int] = [:]
    var entryPrices: [TradeId: Price] = [:]
    var seenOrders = 0
    var seenStops = 0
    /// Cancels of stops that the executor asked for.
    var cancelsAsked: Set<String> = []
    var lossesSaid = Notional.zero
    /// When the day's loss limit had been passed, by the words said.
    var lossLimitPassedAt: Timestamp?
    var replyCount = 0
    var lastReplyUs: Int64 = 0
    var hasPersonActed = false
    var hasAdopted = false
    var hasDiskFailed = false
    /// The venue's time of the newest book that the executor has.
    var bookHeardAt: [Symbol: Timestamp] = [:]
    /// Whether a crash has made the executor look things up that nobody else tells of.
    var sentCount = 0
    var alerts: Set<String> = []
    /// Entries of the bus that were looked at for readiness.
    var seenWords = 0

    /// What is known of one contract.
    struct Story {
        var nakedSinceUs: Int64?
        var heldSinceUs: Int64?
        /// When the news of a fill that opens reached the executor's process.
        var toldUs: Int64?
        /// What of the entry had filled by that news.
        var toldQuantity = Quantity.zero
        var closeSentUs: Int64?
        var orphanSinceUs: Int64?
        /// Of the last entry that was accepted.
        var plan: TradeId?
        var lastStop: [TradeId: (number: Int, trigger: Price)] = [:]
        /// Since when what others believe differs from what the executor knows.
        var wrongPositionSinceUs: Int64?
        var wrongLockSinceUs: Int64?
        var wrongReservationSinceUs: Int64?
        /// By the decision engine's word: the last moment at which an entry was possible, and what stops it.
        var possibleAt = Timestamp.zero
        var obstacles = Obstacles()
    }

    init(_ world: World) {
        self.world = world
        stories = Array(repeating: Story(), count: world.symbols.count)
    }

    func violated(_ text: String) {
        world.tell("VIOLATION \(text)")
        if violations.count < 5 { violations.append("\(world.elapsedMs) ms: \(text)") }
    }

    func personActed() { hasPersonActed = true }

    // MARK: What leaves the executor

    /// A request is about to leave.
    func sent(_ request: VenueRequest, by executor: ExecutorNode) {
        sentCount += 1
        world.tell("send \(request)")
        switch request {
        case .placeOrder(let order):
            expectDurable(order.clientOrderId, executor)
            if executor.disk.isBroken { hasDiskFailed = true }
            if !order.isReduceOnly { return entrySent(order, executor) }
            if case .market = order.kind { noteClose(order.symbol) }
        case .placeStop(let stop):
            if executor.disk.isBroken { hasDiskFailed = true }
            expectDurable(stop.clientOrderId, executor)
        case .cancelStop(_, let id): cancelsAsked.insert(id)
        default: break
        }
    }

    private func noteClose(_ symbol: Symbol) {
        guard let index = world.symbols.firstIndex(of: symbol) else { return }
        stories[index].closeSentUs = world.scheduler.nowUs
    }

    /// I1: no request leaves before its intent is on the disk. What can only reduce may leave without a disk.
    private func expectDurable(_ id: String, _ executor: ExecutorNode) {
        guard !executor.disk.isBroken else { return }
        let name = Array(id.utf8)
        // Behind the record of the position stand the words of its step: as many as fills were told at once.
        if !executor.disk.durable.suffix(200).reversed().contains(where: { $0.bytes.contains(name) }) {
            violated("I1: \(id) leaves, and is not in the journal")
        }
    }

    /// I5, I8: an entry leaves only for a plan that is approved, young and as great, with a live feed and a journal.
    private func entrySent(_ order: NewOrder, _ executor: ExecutorNode) {
        guard order.clientOrderId.hasPrefix("v7-"), let id = planId(order.clientOrderId), let plan = plan(id),
            case .approved(let terms) = plan.verdict
        else { return violated("I5: \(order.clientOrderId) has no approved plan") }
        if order.quantity > terms.quantity { violated("I8: \(order.clientOrderId) is greater than its plan") }
        if order.side != plan.direction.entrySide { violated("I6: \(order.clientOrderId) is on the wrong side") }
        let age = world.scheduler.now - plan.eventTime
        // Priced again after a refusal it may leave as late as twice that.
        let ageMax = terms.entryTimeoutMs * (order.clientOrderId.hasSuffix("-e") ? 1 : 2) + 100
        if age > ageMax { violated("I5: \(order.clientOrderId) leaves at \(age) ms of age") }
        if executor.disk.isBroken { violated("I5: \(order.clientOrderId) leaves without a journal") }
        if let passed = lossLimitPassedAt, plan.eventTime - passed > 2500 {
            violated("I8: \(order.clientOrderId) was planned \(plan.eventTime - passed) ms after the day's loss limit")
        }
        let bookAge = bookHeardAt[order.symbol].map { world.scheduler.now - $0 } ?? .max
        if bookAge > world.rules.executor.bookAgeMaxMs + 100 {
            violated("I5: \(order.clientOrderId) leaves with a book of \(bookAge) ms")
        }
        if let index = world.symbols.firstIndex(of: order.symbol), case .limit(let price, _) = order.kind {
            let mark = world.venue.exchange.books[index].mark.price
            let distance = abs(Double(price.raw) / Double(mark.raw) - 1)
            if distance > 0.04 { violated("I5: \(order.clientOrderId) leaves at \(price), the mark price is \(mark)") }
        }
    }

    func planId(_ clientOrderId: String) -> TradeId? {
        guard let end = clientOrderId.lastIndex(of: "-") else { return nil }
        return TradeId(String(clientOrderId[..<end].dropFirst(3)))
    }

    func plan(_ id: TradeId) -> TradePlan? {
        for entry in world.bus.log.reversed() where entry.stream.kind == .plan {
            if case .plan(let plan) = entry.message, plan.id == id { return plan }
        }
        return plansSeen[id]
    }

    /// Plans that left Redis with a lost tail had been seen all the same.
    var plansSeen: [TradeId: TradePlan] = [:]
    /// What was said of these may be lost with a crash: no order came of them.
    var plansHeardWithoutDisk: Set<String> = []

    // MARK: What reaches the executor

    /// A frame with news of an opening fill has arrived at the process.
    func delivered(_ event: UserEvent) {
        world.tell("frame \(event)")
        guard case .order(let report, _?) = event, !report.isReduceOnly,
            let index = world.symbols.firstIndex(of: report.symbol), let plan = stories[index].plan,
            planId(report.clientOrderId) == plan
        else { return }
        // Each further fill may ask for more than there is.
        if report.executedQuantity > stories[index].toldQuantity {
            stories[index].toldQuantity = report.executedQuantity
            stories[index].toldUs = world.scheduler.nowUs
        }
    }

    /// The executor has taken a plan.
    func heard(_ event: ExecutorEvent) {
        if case .book(let symbol, _, _, let time) = event { bookHeardAt[symbol] = time }
        guard case .plan(_, let plan) = event else { return }
        plansSeen[plan.id] = plan
        world.tell("plan \(plan.id)")
        if world.executor.disk.isBroken { plansHeardWithoutDisk.insert(plan.id.text) }
    }

    // MARK: What the executor says

    func said(_ message: ExecutorMessage) {
        if case .execution(let symbol, let event) = message {
            let sums = event.summary.map { "net \($0.netPnl) fees \($0.fees)" } ?? ""
            world.tell(
                "say \(symbol) \(event.plan) \(event.kind.rawValue) \(event.state.rawValue) \(event.detail ?? "") \(sums)"
            )
        } else {
            world.tell("say \(message)")
        }
        switch message {
        case .execution(_, let event):
            if event.kind == .positionAdopted { hasAdopted = true }
            if let summary = event.summary { closed(summary) }
        case .alert(let alert): alerts.insert(alert.event)
        case .reply:
            replyCount += 1
            lastReplyUs = world.scheduler.nowUs
        case .account, .contract: break
        }
    }

    private func closed(_ summary: TradeSummary) {
        lossesSaid += summary.netPnl
        let limit = -5000 * world.rules.risk.breakers.dailyLossMax
        if lossesSaid.double < limit - 1, lossLimitPassedAt == nil { lossLimitPassedAt = world.scheduler.now }
    }
}

extension [UInt8] {
    /// Whether `part` stands anywhere in it.
    fileprivate func contains(_ part: [UInt8]) -> Bool {
        guard let first = part.first, count >= part.count else { return part.isEmpty }
        return withUnsafeBufferPointer { all in
            for start in 0...(all.count - part.count) where all[start] == first {
                if all[start..<start + part.count].elementsEqual(part) { return true }
            }
            return false
        }
    }
}
