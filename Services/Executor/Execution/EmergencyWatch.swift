import SignalContracts
import TradingPrimitives
import Venue

/// Looks for what no stop protects against: a venue that answers too slowly, a price that jumps, a wallet that empties.
struct EmergencyWatch: Sendable {
    private let rules: EmergencyRules
    private var slowCount = 0
    /// Until when this process itself stood still: what it waited for then says nothing about the venue.
    private var stalledUntil = Timestamp.zero
    private static let stallMs: Int64 = 500
    /// Greatest balances of the window, oldest first, each greater than those after it.
    private var balances: [(time: Timestamp, balance: Notional)] = []
    /// When a loss was first told without its reason.
    private var suspectedAt: Timestamp?
    private static let suspicionMs: Int64 = 1000

    /// What a balance says.
    enum BalanceWord: Equatable {
        case usual
        /// A loss, if no reason for it comes.
        case suspect
        case loss(String)
    }

    init(_ rules: EmergencyRules) { self.rules = rules }

    /// Time went on from `before` to `now` in one step.
    mutating func passed(from before: Timestamp, to now: Timestamp) {
        if now - before > Self.stallMs { stalledUntil = now }
    }

    /// A call sent at `sentAt` was answered. Returns what is wrong, if something is.
    mutating func answered(_ sentAt: Timestamp, at now: Timestamp) -> String? {
        guard sentAt >= stalledUntil else { return nil }
        slowCount = now - sentAt > rules.slowCallMs ? slowCount + 1 : 0
        guard slowCount >= rules.slowCalls else { return nil }
        slowCount = 0
        return "\(rules.slowCalls) calls in a row took more than \(rules.slowCallMs) ms"
    }

    /// Whether the middle between two books jumped.
    func gap(_ desk: Desk, bid: Price, ask: Price, at time: Timestamp) -> String? {
        guard let oldBid = desk.bid, let oldAsk = desk.ask, desk.bookTime > .zero, time - desk.bookTime < rules.gapMs
        else { return nil }
        let before = Double(oldBid.raw) + Double(oldAsk.raw), after = Double(bid.raw) + Double(ask.raw)
        guard before > 0, abs(after / before - 1) > rules.gapRatio else { return nil }
        return "the price of \(desk.symbol) went from \(oldBid) to \(bid) within \(time - desk.bookTime) ms"
    }

    /// Money was moved in, or below zero out: what the wallet held before is measured as if it had been moved then.
    mutating func transferred(_ amount: Notional) {
        guard amount != .zero else { return }
        balances = balances.map { ($0.time, $0.balance + amount) }
    }

    /// The wallet's balance as the venue tells it.
    mutating func told(_ balance: Notional, at time: Timestamp, isFirm: Bool) -> BalanceWord {
        balances.removeAll { time - $0.time > rules.balanceWindowMs }
        while let last = balances.last, last.balance <= balance { balances.removeLast() }
        balances.append((time, balance))
        guard let greatest = balances.first?.balance, greatest > .zero,
            Double((greatest - balance).raw) > Double(greatest.raw) * rules.balanceDropRatio
        else {
            suspectedAt = nil
            return .usual
        }
        if !isFirm, time - (suspectedAt ?? time) < Self.suspicionMs {
            suspectedAt = suspectedAt ?? time
            return .suspect
        }
        suspectedAt = nil
        balances = [(time, balance)]
        return .loss("the wallet fell from \(greatest) to \(balance) within \(rules.balanceWindowMs / 1000) s")
    }
}

extension Executor {
    /// Closes everything. Entries wait a while, or for a person.
    mutating func emergency(_ reason: String, untilPerson: Bool) {
        let held = desks.indices.filter { desks[$0].position.map { !$0.isOver } ?? false }
        entriesPausedUntil = max(entriesPausedUntil, now + configuration.emergency.pauseMs)
        if untilPerson, !entriesStopped { stopEntries("emergency_stop", reason) }
        guard !held.isEmpty else { return }
        alert(.critical, "emergency", nil, "all positions are closed: \(reason)")
        for index in held { act(index) { $0.leave(reason, $1, &$2) } }
    }
}

extension Position {
    /// Ends it, whatever its state: what is held goes by a market order, an entry is cancelled.
    mutating func leave(_ reason: String, _ around: Surroundings, _ actions: inout PositionActions) {
        if held > .zero {
            exit(.emergency, reason, around, &actions)
        } else {
            abandon("an emergency", .emergency)
        }
    }

    /// The market can't be seen: the stop must be known to stand, or the position goes.
    mutating func driveFeedLoss(_ around: Surroundings, _ actions: inout PositionActions) {
        let rules = around.configuration
        guard around.blindMs >= rules.feedLossMs else {
            feedLostAt = nil
            return
        }
        func close(_ why: String) {
            actions.alerts.append((.critical, "feed_lost", "\(symbol): \(why); closing it"))
            exit(.emergency, why, around, &actions)
        }
        if rules.onFeedLoss == .close || around.blindMs >= rules.feedLossMaxMs {
            return close("no book for \(around.blindMs) ms")
        }
        guard let lostAt = feedLostAt else {
            feedLostAt = around.now
            actions.alerts.append(
                (.warning, "feed_lost", "\(symbol): no book for \(around.blindMs) ms; asking for its stop"))
            for stop in stops where stop.status == .open {
                actions.requests.append(.queryStop(symbol, clientOrderId: stop.clientOrderId))
            }
            return
        }
        let isVerified = stops.contains { $0.protects(held) && ($0.seenAt ?? .zero) >= lostAt }
        if !isVerified, around.now - lostAt >= rules.stopVerifyMs {
            close("no book, and its stop could not be confirmed within \(rules.stopVerifyMs) ms")
        }
    }
}
