import BinanceFutures
import Execution
import Glibc
import Hosting
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives
import Venue
import WebClient

/// Does what the core wants: journals, then sends, then says. Knows no rule of trading.
final class ExecutorShell {
    private let context: ServiceContext
    private let settings: ExecutorSettings
    private let sockets: WebSocketClient
    private let outbox: Outbox
    private let journal: JournalKeeper
    private var core: Executor
    private var venue: TradingClient?
    private var lease: OwnerLease?
    private var hindered: [EntryHindrance] = []
    private var waiting: [ExecutorEvent] = []
    private var isHandling = false
    private var wasConnected = false
    var heldWords: [(number: UInt64, message: ExecutorMessage)] = []
    private let metrics: ExecutorMetrics
    private static let timerMs: Int64 = 50

    /// Ends the process when a library does not start or the account's key is missing.
    init(_ context: ServiceContext, _ settings: ExecutorSettings) {
        self.context = context
        self.settings = settings
        guard let sockets = WebSocketClient(context.reactor) else {
            complain("executor: libwebsockets does not start")
            ExitCode.failure.exit()
        }
        self.sockets = sockets
        outbox = Outbox(context)
        var rules = settings.rules
        // The venue's clock may run fast; a call takes the time of this machine.
        rules.emergency.slowCallMs = Int64(Double(rules.emergency.slowCallMs) * context.settings.venue.clockRate)
        (rules.mode, rules.program) = (context.settings.mode, Suite.version)
        core = Executor(symbols: context.settings.symbols, rules)
        journal = JournalKeeper(context, path: settings.journalPath, core: &core)
        metrics = ExecutorMetrics(context, journal)
        for (number, message) in journal.unsaid { outbox.say(word(message), number: number) }
        metrics.show { [unowned self] in core }
    }

    func run() -> ExitCode {
        let venueSettings = context.settings.venue
        guard let key = venueSettings.apiKey, let secret = venueSettings.apiSecret,
            let signer = Signer(apiKey: key, secret: secret)
        else {
            complain("executor: venue.api_key and venue.api_secret (or …_file) are needed")
            return .configuration
        }
        guard let rest = RestClient(context, baseURL: venueSettings.restURL, signer: signer) else {
            complain("executor: libcurl does not start")
            return .failure
        }
        let venue = TradingClient(
            context, sockets, rest, streamURL: venueSettings.streamURL,
            onEvent: { [unowned self] in handle(.user($0)) }, onConnected: { [unowned self] in mayHaveMissed() })
        venue.mayRepeat = { [unowned self] in mayLeave($0) }
        venue.onSilence = { [unowned self] in handle(.trouble(.warning, event: "user_stream_silent", text: $0)) }
        self.venue = venue
        let rules = RulesKeeper(context, rest, everyMs: settings.rulesEveryMs) { [unowned self] in learn($0) }
        self.rules = rules
        naming = AccountNaming(context, rest) { [unowned self] in handle(.accountNamed($0)) }
        let host = ProcessorHost(context, sharing: .none) { [unowned self] in StreamEar { self.handle($0) } }
        host.onGroupsMade = { [unowned self] in groupsMade($0) }
        // Orders are timed and signed by the venue's time.
        venue.time.start { [unowned self] in
            rules.start()
            naming?.ask()
        }
        onBegin = { host.begin() }
        guard contend() else { return .failure }
        let code = host.run(isHeldBack: true) { [unowned self] in
            if !sockets.run() { context.log.error("websocket_loop_failed") }
        }
        lease?.leave()
        return code
    }

    private var wasStarted = false
    private var rules: RulesKeeper?
    private var naming: AccountNaming?

    private func learn(_ news: RulesKeeper.News) {
        latest = news
        beginIfReady()
        if wasStarted { tell(news) }
    }

    private func tell(_ news: RulesKeeper.News) {
        for listing in news.listings {
            handle(.status(listing.symbol, listing.status))
            handle(.ending(listing.symbol, at: listing.endsAt))
        }
        for rules in news.rules { handle(.rules(rules)) }
    }

    private var onBegin: () -> Void = {}
    /// What the venue last said of the contracts.
    private var latest: RulesKeeper.News?

    // MARK: The one executor

    /// Asks for the lease; nothing is read off the streams and nothing is sent before this process has it.
    private func contend() -> Bool {
        var isFirst = true
        lease = OwnerLease(
            context, name: "ACCOUNT", mayAssume: { [unowned self] in core.hasPosition },
            onTaken: { [unowned self] in
                context.log.info("owner") { $0.put("again", !isFirst) }
                context.isStandby = false
                if isFirst {
                    isFirst = false
                    outbox.start(identity: journal.identity)
                }
                beginIfReady()
                // What was missed in a sleep is looked up before anything else.
                mayHaveMissed()
            },
            onLost: { [unowned self] in
                context.log.error("fenced")
                complain("executor: another executor has the lease")
                journal.close()
                ExitCode.unsafeState.exit()
            })
        guard let lease else { return false }
        context.isStandby = true
        lease.start()
        return true
    }

    private var isOwner: Bool { lease.map { $0.standing != .none } ?? false }

    /// Whether a request may leave at this moment, by the lease. While Redis is silent only what protects may: nobody else
    /// can take the lease then but one whom Redis still answers, and two who only protect what they know do no harm.
    private func mayLeave(_ request: VenueRequest) -> Bool {
        switch lease?.standing {
        case .held: true
        case .unconfirmed: request.protects(core)
        case nil, .some(.none): false
        }
    }

    private func beginIfReady() {
        guard !wasStarted, let latest, isOwner else { return }
        begin()
        tell(latest)
        // What is read is acknowledged: not before the core can act on it, or a kill would lose a command.
        onBegin()
    }

    /// Redis knew nothing of what this executor had read: nobody knows which plans and commands are gone with it.
    private func groupsMade(_ made: ProcessorHost<StreamEar>.GroupsMade) {
        switch made {
        case .lost: handle(.streamsLost("Redis lost the streams"))
        case .all where core.hasHeard: handle(.streamsLost("Redis does not know the executor any more"))
        case .all, .some: break
        }
    }

    /// Nothing waits for the disk here: it only spares words that would be said twice.
    private func noteSaid() {
        guard outbox.saidUpTo > saidUpTo else { return }
        saidUpTo = outbox.saidUpTo
        journal.noteSaid(upTo: saidUpTo)
    }

    private var saidUpTo: UInt64 = 0

    /// Tells the core what stands in the way of entries.
    private func checkHindrances() {
        check(.lease, lease?.standing != .held)
        let bound = hindered.contains(.outbox) ? settings.outboxMax / 2 : settings.outboxMax
        check(.outbox, outbox.waitingCount + heldWords.count > bound)
    }

    private func check(_ hindrance: EntryHindrance, _ isPresent: Bool) {
        guard isPresent != hindered.contains(hindrance) else { return }
        hindered.removeAll { $0 == hindrance }
        if isPresent { hindered.append(hindrance) }
        context.log.warning("hindrance") {
            $0.put("of", hindrance.rawValue)
            $0.put("is_present", isPresent)
        }
        handle(.hindrance(hindrance, isPresent: isPresent))
    }

    private func begin() {
        wasStarted = true
        core.recovered(at: context.venueClock.now())
        for symbol in context.settings.symbols {
            outbox.show(.position(symbol, nil))
        }
        venue?.start()
        context.reactor.every(ms: Self.timerMs) { [unowned self] in
            guard isOwner else { return }
            checkHindrances()
            checkConnection()
            handle(.timer)
        }
        context.reactor.every(ms: 1000) { [unowned self] in
            // A compact journal is a moment's work for the disk: not while something is held.
            if !core.hasPosition { journal.compactIfLong(core) }
            noteSaid()
        }
        let disk = DiskWatch(path: journal.path)
        context.reactor.every(ms: DiskWatch.everyMs) { [unowned self] in
            if let trouble = disk.news() { handle(trouble) }
        }
    }

    /// The user stream is new, or said what could not be read: the core must look at the venue, though nothing may seem to
    /// have changed since the last turn.
    private func mayHaveMissed() {
        wasConnected = venue?.isConnected ?? false
        // A simulated venue that started anew has another account.
        naming?.ask()
        handle(.userStream(isUp: wasConnected))
    }

    private func checkConnection() {
        let isConnected = venue?.isConnected ?? false
        guard isConnected != wasConnected else { return }
        wasConnected = isConnected
        handle(.userStream(isUp: isConnected))
    }

    // MARK: Events and effects

    /// Gives an event to the core and does what it wants. Events that come meanwhile wait their turn.
    private func handle(_ event: ExecutorEvent) {
        waiting.append(event)
        guard !isHandling, wasStarted, isOwner else { return }
        isHandling = true
        defer { isHandling = false }
        while !waiting.isEmpty {
            let next = waiting.removeFirst()
            waiting += perform(core.handle(next, at: context.venueClock.now()), wasWritable: journal.isWritable)
        }
    }

    /// What is to be noted when the bytes of a first entry order have left: the way from the market event is over.
    private func departure(of request: VenueRequest) -> (() -> Void)? {
        guard case .placeOrder(let order) = request, !order.isReduceOnly, order.clientOrderId.hasSuffix("-e"),
            let cause = core.position(of: order.symbol)?.plan.cause
        else { return nil }
        return { [unowned self] in
            metrics.departed(causeUs: cause.microseconds)
            context.latencyTrace?.note([cause.microseconds])
        }
    }

    private func word(_ message: ExecutorMessage) -> ExecutorWord {
        var fields = Fields()
        message.encode(into: &fields)
        return .entry(message.stream, fields)
    }

    /// Adds what only the shell knows.
    private func completed(_ update: AccountUpdate) -> AccountUpdate {
        var update = update
        update.usedWeight = venue?.rest.budget.used ?? 0
        update.weightLimit = venue?.rest.budget.limit ?? 0
        update.roundTripMs = venue?.rest.lastRoundTripMs ?? 0
        return update
    }
}

extension ExecutorShell: ExecutorWorld {
    func append(_ record: ExecutorRecord) -> UInt64 { journal.append(record) }
    func beginSync() { journal.begin() }
    func sync() -> Bool { journal.sync() }

    struct Prepared {
        let id: RequestId
        let request: VenueRequest
        let ready: RestClient.ReadyRequest
    }

    func prepare(_ id: RequestId, _ request: VenueRequest) -> Prepared? {
        guard let venue else { return nil }
        let ready = venue.prepare(request, onSent: departure(of: request)) { [unowned self] reply in
            metrics.answered(id)
            if case .rejected(let error) = reply { rules?.refused(with: error.code) }
            handle(.reply(id, reply))
        }
        return Prepared(id: id, request: request, ready: ready)
    }

    /// The lease is looked at when a request leaves, not when it was made: the process may have slept between.
    func send(_ prepared: Prepared) {
        guard mayLeave(prepared.request) else {
            drop(prepared)
            waiting.append(.reply(prepared.id, .notExecuted("the lease of the only executor is not ours")))
            return
        }
        metrics.sent(prepared.id, prepared.request)
        venue?.rest.send(prepared.ready)
    }

    func drop(_ prepared: Prepared) { venue?.rest.drop(prepared.ready) }
    func say(_ message: ExecutorMessage, number: UInt64) {
        metrics.said(message)
        if case .execution(let symbol, let event) = message { context.log.write(event, of: symbol) }
        outbox.say(word(message), number: number)
    }

    func show(_ fact: ExecutorFact) {
        switch fact {
        case .account(let update): outbox.show(word(.account(completed(update))))
        case .contract(let symbol, let terms): outbox.show(word(.contract(symbol, terms)))
        case .position(let symbol, let fields): outbox.show(.position(symbol, fields))
        }
    }
}

extension VenueRequest {
    /// Whether it can only make what this executor knows of safer: stops, closing, cancels of its own, questions.
    fileprivate func protects(_ core: Executor) -> Bool {
        switch self {
        case .placeOrder(let order): return order.isReduceOnly
        case .cancelOrder(let symbol, let id):
            return core.position(of: symbol)?.orders.contains { $0.clientOrderId == id } ?? false
        case .cancelStop(let symbol, let id):
            return core.position(of: symbol)?.stops.contains { $0.clientOrderId == id } ?? false
        case .setLeverage, .setIsolatedMargin: return false
        case .placeStop, .queryOrder, .queryStop, .queryOpenOrders, .queryOpenStops, .queryFills, .queryPositions,
            .queryAccount, .queryCommission, .queryBrackets, .queryAssetPrice:
            return true
        }
    }
}

/// Hears the streams for the executor, which answers through its own journal and outbox.
private struct StreamEar: StreamProcessor {
    let hear: (ExecutorEvent) -> Void

    init(_ hear: @escaping (ExecutorEvent) -> Void) { self.hear = hear }

    mutating func process(_ input: ExecutorInput, emit: (NoOutput) -> Void) { hear(input.event) }
}
