import ExchangeSimulator
import InProcessSuite
import Risk
import SignalContracts
import TradingPrimitives

// What the venue's ledger says, after each of its steps.
extension Checker {
    /// A position may be without a live stop for so long while the executor works and knows of it.
    private static let nakedMaxMs: Int64 = 1500
    /// What a person does to stops and positions is seen at the next look, if the user stream does not tell it.
    private static let detectionMs: Int64 = 9000
    /// On the line, in a queue.
    private static let slackMs: Int64 = 200
    /// The right to look everything up after a start.
    private static let recoveryMs: Int64 = 5000
    /// However the venue answers, a position does not stay naked longer than that while it can be reached.
    private static let nakedEverMs: Int64 = 12_000
    /// After flat, stops and targets go.
    private static let orphanMaxMs: Int64 = 5000

    func look(at exchange: Exchange) {
        let orders = exchange.orders
        while seenOrders < orders.count {
            accepted(orders[seenOrders], exchange)
            seenOrders += 1
        }
        while seenStops < exchange.algoOrders.count {
            accepted(exchange.algoOrders[seenStops])
            seenStops += 1
        }
        for index in world.symbols.indices { look(at: exchange, index) }
        compareBeliefs()
    }

    // MARK: Orders

    private func accepted(_ order: Order, _ exchange: Exchange) {
        guard order.account == world.venue.account, order.clientId.hasPrefix("v7-") else { return }
        guard let plan = planId(order.clientId) else { return violated("I1: \(order.clientId) names no plan") }
        let leg = order.clientId.split(separator: "-").last ?? ""
        // What closes may leave without a journal, and be named again by an executor that has forgotten it.
        let isForgivable = hasDiskFailed && !leg.hasPrefix("e")
        if !names.insert(order.clientId).inserted, !isForgivable { violated("I1: \(order.clientId) is used twice") }
        guard leg.hasPrefix("e") else {
            if !order.isReduceOnly, !order.isClosePosition { violated("I6: \(order.clientId) is not reduce-only") }
            return
        }
        stories[order.instrument].plan = plan
        entryPrices[plan] = order.price
        entriesByPlan[plan, default: 0] += 1
        if entriesByPlan[plan] ?? 0 > 1 { violated("I1: plan \(plan) has \(entriesByPlan[plan] ?? 0) entries") }
        let others = exchange.orders.contains {
            $0.instrument == order.instrument && $0.id != order.id && $0.status.isOpen && !$0.isReduceOnly
                && $0.clientId.hasPrefix("v7-")
        }
        if others { violated("I3: \(order.clientId) is accepted while another entry is open") }
        let open = exchange.accounts[order.account].positions.indices.filter { index in
            index != order.instrument && exchange.accounts[order.account].positions[index].amount != .zero
        }
        if open.count >= world.rules.risk.sizing.positionsMax, !hasPersonActed {
            violated("I8: \(order.clientId) is accepted with \(open.count) other positions")
        }
    }

    // MARK: Positions

    private func look(at exchange: Exchange, _ index: Int) {
        let amount = exchange.accounts[world.venue.account].positions[index].amount
        let stops = exchange.algoOrders.filter { $0.account == world.venue.account && $0.instrument == index }
        let isProtected = stops.contains { isLive($0, amount) }
        noteCancels(stops, amount, isProtected)
        let now = world.scheduler.nowUs
        if amount == .zero {
            stories[index].nakedSinceUs = nil
            stories[index].heldSinceUs = nil
            (stories[index].toldUs, stories[index].toldQuantity) = (nil, .zero)
            stories[index].closeSentUs = nil
        } else {
            stories[index].heldSinceUs = stories[index].heldSinceUs ?? now
            stories[index].nakedSinceUs = isProtected ? nil : stories[index].nakedSinceUs ?? now
            expectProtection(index)
        }
        let isResting = exchange.orders.contains {
            $0.account == world.venue.account && $0.instrument == index && $0.status.isOpen && $0.isReduceOnly
                && $0.clientId.hasPrefix("v7-")
        }
        let isOrphan =
            amount == .zero && (isResting || stops.contains { $0.status == .new && $0.clientId.hasPrefix("v7-") })
        stories[index].orphanSinceUs = isOrphan ? stories[index].orphanSinceUs ?? now : nil
        expectNoOrphans(index)
    }

    private func isLive(_ stop: AlgoOrder, _ amount: Quantity) -> Bool {
        let request = stop.request
        guard stop.status == .new || stop.status == .triggering, request.side == (amount > .zero ? .sell : .buy)
        else { return false }
        return request.isClosePosition || (request.isReduceOnly && request.quantity >= amount.magnitude)
    }

    /// Moments for which the executor can be held to account: since when it works and the venue can be reached.
    private var answerableSinceUs: Int64? {
        guard world.executor.isWorking, !world.network.isPartitioned else { return nil }
        return max(world.executor.workingSinceUs, world.network.reachableSinceUs)
    }

    /// I2.
    private func expectProtection(_ index: Int) {
        guard let naked = stories[index].nakedSinceUs, let since = answerableSinceUs else { return }
        let now = world.scheduler.nowUs
        let amount = world.venue.exchange.accounts[world.venue.account].positions[index].amount.magnitude
        let isToldAll = stories[index].toldQuantity >= amount
        let told = isToldAll ? stories[index].toldUs ?? now : now
        let start = max(naked, told, since + (Self.recoveryMs - Self.nakedMaxMs) * 1000)
        let closes = stories[index].closeSentUs.map { $0 >= naked } ?? false
        let limitMs = Self.nakedMaxMs + Self.slackMs + (hasPersonActed ? Self.detectionMs : 0)
        if now - start > limitMs * 1000, !closes {
            violated("I2: \(world.symbols[index]) is naked for \((now - naked) / 1000) ms, and nothing closes it")
        }
        if now - max(naked, since) > Self.nakedEverMs * 1000 {
            violated("I2: \(world.symbols[index]) is naked for \((now - naked) / 1000) ms")
        }
    }

    /// I7. While requests fail, each look at the venue may need another one.
    private func expectNoOrphans(_ index: Int) {
        guard let orphan = stories[index].orphanSinceUs, let since = answerableSinceUs else { return }
        let limitMs = Self.orphanMaxMs * (world.trouble.isActive ? 3 : 1) + Self.slackMs
        if world.scheduler.nowUs - max(orphan, since) > limitMs * 1000 {
            violated("I7: an order of ours rests at \(world.symbols[index]) without a position")
        }
    }

    /// I2: the stop that protects does not go before another one stands.
    private func noteCancels(_ stops: [AlgoOrder], _ amount: Quantity, _ isProtected: Bool) {
        guard amount != .zero, !isProtected, !hasPersonActed else { return }
        for stop in stops where stop.status == .canceled && cancelsAsked.remove(stop.clientId) != nil {
            // What belonged to an earlier position may go while the next one's stop is on its way.
            guard planId(stop.clientId) == stories[stop.instrument].plan else { continue }
            violated("I2: \(stop.clientId) was cancelled, and nothing protects the position")
        }
    }

    /// I8: no stop stands further from the entry than was planned, and none moves away.
    private func accepted(_ stop: AlgoOrder) {
        guard stop.account == world.venue.account, stop.clientId.hasPrefix("v7-"), let plan = planId(stop.clientId)
        else { return }
        let sign: Int64 = stop.request.side == .sell ? 1 : -1
        let number = stop.clientId.split(separator: "-").last.flatMap { Int($0.dropFirst(2)) } ?? 0
        if let last = stories[stop.instrument].lastStop[plan] {
            // One whose request was long on its way moves nothing: the newer one stands beside it until it is found.
            guard number >= last.number else { return }
            let worse = (last.trigger.raw - stop.request.trigger.raw) * sign
            // An average entry price that a later fill moved moves a stop that is placed again.
            if worse > last.trigger.raw / 2000, !hasPersonActed {
                violated("I8: \(stop.clientId) stands further away than the one before")
            }
        } else if let terms = terms(of: plan), let entry = entryPrices[plan] {
            let distance = (entry.raw - stop.request.trigger.raw) * sign
            if distance > terms.stopDistance.raw + entry.raw / 5000, !hasPersonActed {
                violated("I8: \(stop.clientId) stands further away than planned")
            }
        }
        stories[stop.instrument].lastStop[plan] = (number, stop.request.trigger)
    }

    private func terms(of id: TradeId) -> TradeTerms? {
        guard case .approved(let terms)? = plansSeen[id]?.verdict else { return nil }
        return terms
    }
}
