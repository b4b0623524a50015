import ExchangeSimulator
import Execution
import InProcessSuite
import SignalContracts
import TradingPrimitives

// When the faults are over: the suite and the venue agree again, and in the end nothing is lost and nothing is twice.
extension Checker {
    /// I4.
    func expectConvergence() {
        let exchange = world.venue.exchange
        for (index, symbol) in world.symbols.enumerated() {
            let theirs = exchange.accounts[world.venue.account].positions[index].amount
            let position = world.executor.core.position(of: symbol)
            let ours = position.map { $0.direction == .long ? $0.held : -$0.held } ?? .zero
            // A fill of this very moment may be on its way.
            let isMoving =
                exchange.accounts[world.venue.account].fills.last.map { world.scheduler.now - $0.time < 1500 } ?? false
            if theirs != ours, !isMoving {
                violated("I4: \(symbol) is \(theirs) at the venue, \(ours) in the executor")
            }
        }
        if world.executor.core.unknownOrderCount > 0, !isRecent { violated("I4: an order's outcome is still unknown") }
    }

    private var isRecent: Bool { world.scheduler.nowUs - (world.executor.workingSinceUs) < 10_000_000 }

    /// After stop and close-all.
    func expectEnd() {
        let exchange = world.venue.exchange
        let account = exchange.accounts[world.venue.account]
        for (index, symbol) in world.symbols.enumerated() {
            if account.positions[index].amount != .zero {
                violated("the end: \(symbol) is \(account.positions[index].amount) after close-all")
            }
            let rest = exchange.orders.filter {
                $0.account == world.venue.account && $0.instrument == index && $0.status.isOpen
            }
            for order in rest where order.clientId.hasPrefix("v7-") {
                violated("I7: \(order.clientId) is open in the end")
            }
        }
        for stop in exchange.algoOrders where stop.status == .new && stop.clientId.hasPrefix("v7-") {
            violated("I7: \(stop.clientId) is open in the end")
        }
        for id in [World.commands.stop, World.commands.closeAll] + world.starts { expectReply(id) }
        expectWords(account)
        expectMoney(account)
        expectAnswers()
    }

    private func expectReply(_ id: String) {
        let replies = world.bus.log.compactMap { entry -> Reply? in
            guard case .reply(let reply) = entry.message, reply.command == id else { return nil }
            return reply
        }
        if replies.count != 1 { violated("the end: command \(id) was answered \(replies.count) times") }
        if replies.contains(where: { !$0.isDone }) {
            violated("the end: command \(id) was not carried out")
        }
    }

    /// Each fill and each end of a trade is said exactly once.
    private func expectWords(_ account: Account) {
        var filled: [String: Quantity] = [:]
        var closed: [String: Int] = [:]
        for entry in world.bus.log {
            guard case .execution(let event) = entry.message else { continue }
            if event.kind == .entryFilled || event.kind == .exitFilled || event.kind == .takeProfitFilled {
                if let id = event.clientOrderId, let quantity = event.quantity {
                    filled[id, default: .zero] += quantity
                }
            }
            if event.kind == .positionClosed { closed[event.plan.text, default: 0] += 1 }
        }
        for (plan, count) in closed.sorted(by: { $0.key < $1.key }) where count > 1 {
            violated("the end: the close of \(plan) was said \(count) times")
        }
        guard !hasPersonActed, !hasAdopted else { return }
        var theirs: [String: Quantity] = [:]
        for fill in account.fills {
            guard let order = world.venue.exchange.orders.first(where: { $0.id == fill.orderId }) else { continue }
            theirs[order.clientId, default: .zero] += fill.quantity
        }
        for (id, quantity) in theirs.sorted(by: { $0.key < $1.key }) where id.hasPrefix("v7-") {
            // A fill that was asked for by REST comes without the client's id.
            if let said = filled[id], said > quantity {
                violated("the end: fills of \(id): \(said) said, \(quantity) made")
            }
        }
    }

    /// What the trades say they brought is what the account has more or less.
    private func expectMoney(_ account: Account) {
        guard !hasPersonActed, !hasAdopted else { return }
        var sum = Notional.zero
        for entry in world.bus.log {
            if case .execution(let event) = entry.message, let summary = event.summary { sum += summary.netPnl }
        }
        // What a liquidation costs beyond its fees is the account's, not a trade's.
        let change = account.wallet - Notional(raw: 5000 * fixedScale) - (account.totals[.insurance] ?? .zero)
        guard let burnt = worthOfBurnt(account) else {
            if sum != change { violated("the end: the trades say \(sum), the account \(change)") }
            return
        }
        // The price of BNB moves a little from the fill to the end.
        let distance = (sum - change + burnt).magnitude
        // A fee whose price could not be asked for is counted by the account's rate, without what BNB makes cheaper.
        let isGuessed = world.bus.log.contains { entry in
            if case .alert(let alert) = entry.message { alert.event == "fee_unpriced" } else { false }
        }
        if distance > burnt * Ratio(raw: (isGuessed ? 15 : 2) * fixedScale / 100) + Notional(raw: 100) {
            violated("the end: the trades say \(sum), the account \(change) and BNB of \(burnt)")
        }
    }

    /// What was paid in BNB, in USDT; nil where nothing was.
    private func worthOfBurnt(_ account: Account) -> Notional? {
        let amount = VenueNode.bnb - account.bnb
        guard world.trouble.families.contains(.fees), amount > .zero, let price = world.venue.exchange.bnbPrice
        else { return nil }
        return price * Quantity(raw: amount.raw)
    }

    /// Each decision to trade that Redis still holds became one plan, and each approved plan was answered once: an entry
    /// sent, or a denial, or an end without a fill.
    private func expectAnswers() {
        var plans: [TradeId: Int] = [:]
        var sent: Set<TradeId> = []
        var answered: Set<TradeId> = []
        for entry in world.bus.log {
            switch entry.message {
            case .plan(let plan): plans[plan.id, default: 0] += 1
            case .execution(let event):
                answered.insert(event.plan)
                if event.kind == .entrySent { sent.insert(event.plan) }
                if event.kind == .planDenied, sent.contains(event.plan) {
                    violated("the end: plan \(event.plan) was taken and denied")
                }
            default: break
            }
        }
        // What was said in the last moment may be on its way.
        let last = UInt64(world.scheduler.now.milliseconds - 500)
        for entry in world.bus.log where entry.id.milliseconds < last {
            switch entry.message {
            case .decision(let decision) where decision.action != .noTrade && plans[decision.id] != 1:
                violated("the end: decision \(decision.id) became \(plans[decision.id] ?? 0) plans")
            case .plan(let plan):
                guard case .approved = plan.verdict, !answered.contains(plan.id),
                    !plansHeardWithoutDisk.contains(plan.id.text)
                else { continue }
                violated("the end: plan \(plan.id) was not answered")
            default: break
            }
        }
    }
}
