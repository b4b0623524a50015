import SignalContracts
public import TradingPrimitives
import Venue

/// S3: owns every order. A state machine over plans, books, the venue's words, commands and time.
///
/// Pure: the shell journals, sends and publishes what it returns, in that order. Definitions: strategy reference,
/// "Executor"; the life of a position is the table of `PositionState.after`.
public struct Executor: Sendable {
    let configuration: ExecutorConfiguration
    var desks: [Desk]
    var effects: [ExecutorEffect] = []
    /// Requests that have not been answered.
    var awaited: [(id: RequestId, request: VenueRequest, at: Timestamp)] = []
    private var nextRequestId: RequestId = 1
    var now = Timestamp.zero
    /// When this process took up its work: a market that it has not seen since then is as blind as one that went away.
    var beganAt = Timestamp.zero
    var entriesStopped = false
    var isUserStreamUp = false
    var isJournalWritable = true
    /// What the shell has found.
    var hindrances: [EntryHindrance] = []
    /// Names of plans and commands that were taken, newest last.
    var takenPlans: [TradeId] = []
    var takenCommands: [String] = []
    var closings: [Closing] = []
    var account: AccountReport?
    /// The venue's name for it; nil until it has been told.
    var accountName: String?
    var accountTold = AccountTold()
    /// Assets whose price was asked for, and when, until it is told; and those that the venue has no price of.
    var feeAssets: [(asset: String, at: Timestamp)] = []
    var unpricedAssets: [String] = []
    var reconciliation = Reconciliation()
    /// How often the account's fee rates were asked for, and when last.
    var commissionsAsked = 0
    var commissionAskedAt = Timestamp.zero
    var watch: EmergencyWatch
    var entriesPausedUntil = Timestamp.zero

    static let namesMax = 512

    public init(symbols: [Symbol], _ configuration: ExecutorConfiguration = ExecutorConfiguration()) {
        self.configuration = configuration
        watch = EmergencyWatch(configuration.emergency)
        desks = symbols.map(Desk.init)
    }

    public func position(of symbol: Symbol) -> Position? { desks.first { $0.symbol == symbol }?.position }
    public var isReconciled: Bool { reconciliation.hasCompleted }
    public var acceptsEntries: Bool { entryHindrances.isEmpty }

    /// Whether it has ever acted on what stood in the streams.
    public var hasHeard: Bool { !takenPlans.isEmpty || !takenCommands.isEmpty }
    public var hasPosition: Bool { desks.contains { $0.position != nil } }
    public var openPositionCount: Int { desks.count { $0.signedHeld != .zero } }
    /// Wallet and what is not realised yet, as the venue last told them; nil before that.
    public var equity: Notional? { account.map { $0.walletBalance + $0.unrealizedPnl } }

    public var unknownOrderCount: Int {
        desks.reduce(0) { $0 + ($1.position?.unknownOrderCount ?? 0) }
    }
    /// Longest time that a position has been held without a confirmed stop; nil when all are protected.
    public var longestNakedMs: Int64? { desks.compactMap { $0.position?.nakedSince.map { now - $0 } }.max() }

    public mutating func handle(_ event: ExecutorEvent, at time: Timestamp) -> [ExecutorEffect] {
        watch.passed(from: now, to: time)
        now = max(now, time)
        if beganAt == .zero { beganAt = now }
        effects.removeAll(keepingCapacity: true)
        switch event {
        case .plan(let symbol, let plan): consider(plan, of: symbol)
        case .book(let symbol, let bid, let ask, let time): bookArrived(symbol, bid, ask, at: time)
        case .mark(let symbol, let price, let time): markArrived(symbol, price, at: time)
        case .rules(let rules): rulesArrived(rules)
        case .reply(let id, let reply): replyArrived(id, reply)
        case .user(let event): userEventArrived(event)
        case .userStream(let isUp):
            isUserStreamUp = isUp
            if isUp { (reconciliation.isWanted, reconciliation.isWideWanted) = (true, true) }
        case .command(let command): obey(command)
        case .journal(let isWritable): isJournalWritable = isWritable
        case .hindrance(let hindrance, let isPresent):
            hindrances.removeAll { $0 == hindrance }
            if isPresent { hindrances.append(hindrance) }
            tellAccount()
        case .streamsLost(let text): stopEntries("streams_lost", text)
        case .status(let symbol, let status): statusArrived(symbol, status)
        case .ending(let symbol, let time): endingArrived(symbol, time)
        case .accountNamed(let name): accountArrived(named: name)
        case .trouble(let severity, let event, let text): alert(severity, event, nil, text)
        case .timer: break
        }
        if case .timer = event { timePassed() }
        return effects
    }

    // MARK: Helpers

    mutating func withDesk(_ symbol: Symbol, _ body: (inout Executor, Int) -> Void) {
        if let index = desks.firstIndex(where: { $0.symbol == symbol }) { body(&self, index) }
    }

    @discardableResult
    mutating func send(_ request: VenueRequest) -> RequestId {
        let id = nextRequestId
        nextRequestId += 1
        awaited.append((id, request, now))
        effects.append(.request(id, request))
        return id
    }

    mutating func say(_ message: ExecutorMessage) {
        effects.append(.journal(.message(message)))
        effects.append(.publish(message))
    }

    /// Says what happened, and whose it is: what a venue that began anew no longer knows was the account's before.
    mutating func say(_ event: ExecutionEvent, of symbol: Symbol, account: String?) {
        var event = event
        (event.mode, event.account, event.program) = (configuration.mode, account, configuration.program)
        say(.execution(symbol, event))
    }

    mutating func alert(_ severity: Severity, _ event: String, _ symbol: Symbol?, _ text: String) {
        say(
            .alert(
                Alert(eventTime: now, severity: severity, service: "executor", event: event, symbol: symbol, text: text)
            ))
    }

    /// Lets a desk's position act, and turns what it wants into effects.
    mutating func act(_ index: Int, _ body: (inout Position, Surroundings, inout PositionActions) -> Void) {
        guard var position = desks[index].position, let around = desks[index].around(now, since: beganAt, configuration)
        else { return }
        position.account = position.account ?? accountName
        let before = position.state
        var actions = PositionActions()
        body(&position, around, &actions)
        position.tellDoubts(at: now, &actions)
        position.drive(around, &actions)
        position.tellDoubts(at: now, &actions)
        let symbol = desks[index].symbol
        let isWoundUp = position.isWoundUp
        desks[index].position = isWoundUp ? nil : position
        guard actions.isSomething || before != position.state || isWoundUp else {
            return
        }
        if before != position.state || isWoundUp || actions.changesSomething { desks[index].changedAt = now }
        // A question changes nothing that a restart would not find out again.
        if before != position.state || isWoundUp || actions.isWorthKeeping {
            effects.append(.journal(.position(symbol, desks[index].position)))
        }
        for event in actions.events { say(event, of: symbol, account: position.account) }
        for wanted in actions.alerts { alert(wanted.severity, wanted.event, symbol, wanted.text) }
        for request in actions.requests { send(request) }
        show(index)
        if actions.events.contains(where: { $0.kind == .positionClosed }) { send(.queryAccount) }
        if actions.wantsLook { reconciliation.isWanted = true }
        if let error = actions.stopsEntries, !entriesStopped {
            stopEntries("venue_refuses", "the venue refuses orders: \(error.text)")
        }
    }

    // MARK: Events

    private mutating func timePassed() {
        for index in desks.indices {
            act(index) { _, _, _ in }
            if desks[index].missesFills(at: now) { askForFills(index) }
        }
        askForFeePrices()
        closeWhatEnds()
        expireRequests()
        finishClosings()
        reconcileIfDue()
        askForTermsIfDue()
        tellAccountIfDue()
    }

    mutating func askForFills(_ index: Int) {
        let desk = desks[index]
        // A piece may have been missed between two that came: a position's are asked for from its beginning.
        let (from, since) =
            desk.position.map { (nil, $0.openedAt - 1000) }
            ?? (desk.lastTradeId.map { $0 + 1 }, now - 3_600_000)
        send(.queryFills(desk.symbol, fromId: from, since: since))
    }

    /// A request that nobody answers is given up; what it may have changed is looked up.
    private mutating func expireRequests() {
        let late = awaited.filter { now - $0.at >= 10_000 }
        for request in late { replyArrived(request.id, .unknown("no answer within 10 s")) }
    }

    private mutating func replyArrived(_ id: RequestId, _ reply: VenueReply) {
        guard let place = awaited.firstIndex(where: { $0.id == id }) else { return }
        let call = awaited.remove(at: place)
        let request = call.request
        if !reply.isUnknown, let slow = watch.answered(call.at, at: now) { emergency(slow, untilPerson: false) }
        switch request {
        case .queryPositions, .queryAccount, .queryOpenOrders, .queryOpenStops:
            lookArrived(request, reply, askedAt: call.at)
        case .queryFills(let symbol, _, _):
            guard case .fills(let fills) = reply else { return }
            withDesk(symbol) { executor, index in
                executor.desks[index].fillsHeardAt = executor.now
                executor.fillsArrived(fills, index)
            }
        case .queryCommission(let symbol): commissionArrived(symbol, reply)
        case .queryBrackets(let symbol): bracketsArrived(symbol, reply)
        case .queryAssetPrice(let asset): assetPriceArrived(asset, reply)
        case .setLeverage(let symbol, let leverage):
            withDesk(symbol) { $0.leverageAnswered($1, leverage, reply) }
        case .setIsolatedMargin(let symbol):
            withDesk(symbol) { $0.marginAnswered($1, reply) }
        case .placeOrder, .placeStop, .cancelOrder, .cancelStop, .queryOrder, .queryStop:
            guard let symbol = request.symbol else { return }
            withDesk(symbol) { executor, index in
                executor.act(index) { $0.replied(request, reply, $1, &$2) }
            }
        }
    }

    private mutating func userEventArrived(_ event: UserEvent) {
        switch event {
        case .order(let report, let fill):
            withDesk(report.symbol) { executor, index in
                if let fill { executor.fillsArrived([fill], index) }
                executor.act(index) { $0.orderChanged(report, $1, &$2) }
                if report.status.isOpen { executor.lookIfLost(report.clientOrderId, index) }
            }
        case .stop(let report):
            withDesk(report.symbol) { executor, index in
                if report.status == .new { executor.lookIfLost(report.clientOrderId, index) }
                executor.act(index) { $0.stopChanged(report, $1, &$2) }
            }
        case .account(let walletBalance, let transferred, let positions):
            for told in positions { withDesk(told.symbol) { $0.desks[$1].toldQuantity = told.quantity } }
            watch.transferred(transferred)
            if let walletBalance { balanceTold(walletBalance, isFirm: true) }
        case .funding(let symbol, let amount, let time, let walletBalance):
            if let symbol {
                withDesk(symbol) { executor, index in executor.act(index) { $0.funded(amount, at: time, $1, &$2) } }
            }
            if let walletBalance { balanceTold(walletBalance, isFirm: true) } else { tellAccount() }
        case .listenKeyExpired: isUserStreamUp = false
        case .leverageChanged(let symbol, let leverage): withDesk(symbol) { $0.desks[$1].leverage = leverage }
        case .marginCall: alert(.critical, "margin_call", nil, "the venue warns that margin is short")
        }
    }

    /// An order or a stop of ours that no position knows, as one that came late to what is over, rests at the venue: a look ends it
    /// before it meets the next position.
    private mutating func lookIfLost(_ clientOrderId: String, _ index: Int) {
        guard clientOrderId.hasPrefix(Position.prefix),
            desks[index].position?.role(clientOrderId: clientOrderId, orderId: nil) ?? .foreign == .foreign
        else { return }
        (reconciliation.isWanted, desks[index].isLookWanted) = (true, true)
    }

    /// What the venue tells at once counts before anything is done about it, up to where the position is flat: a stop for
    /// what the first fill opened would come after the last one has closed it.
    mutating func fillsArrived(_ fills: [Fill], _ index: Int) {
        guard let newest = fills.map(\.tradeId).max() else { return }
        desks[index].lastTradeId = max(desks[index].lastTradeId ?? 0, newest)
        var rest = fills[...]
        if let position = desks[index].position {
            rest = fills.filter(position.canOwn)[...]
            // One that is not its own, and not from before it, has changed what the venue holds.
            let isForeign = fills.contains { $0.tradeId > position.afterTradeId && !position.canOwn($0) }
            if isForeign { reconciliation.isWanted = true }
        }
        while !rest.isEmpty {
            guard desks[index].position != nil, desks[index].rules != nil else {
                reconciliation.isWanted = true
                return
            }
            act(index) { position, around, actions in
                repeat {
                    position.filled(rest.removeFirst(), around, &actions)
                } while position.held > .zero && !rest.isEmpty
            }
        }
        askForFeePrices()
    }
}
