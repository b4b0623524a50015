import BinanceFutures
import Execution
import Glibc
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives
import Venue

/// Does what the core wants: journals, then sends, then says. Knows no rule of trading.
final class ExecutorShell {
    private let context: ServiceContext
    private let settings: ExecutorSettings
    private let sockets: WebSocketClient
    private let outbox: Outbox
    private let journal: JournalKeeper
    private var core: Executor
    private var venue: TradingClient?
    private var waiting: [ExecutorEvent] = []
    private var isHandling = false
    private var wasConnected = false
    var heldWords: [(number: UInt64, message: ExecutorMessage)] = []
    private let requests: Metrics.Counter
    private let orderSeconds: Metrics.Histogram
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
        core = Executor(symbols: context.settings.symbols, settings.rules)
        var unsaid: [(UInt64, ExecutorMessage)] = []
        journal = JournalKeeper(context, path: settings.journalPath, core: &core) { unsaid.append(($0, $1)) }
        requests = context.metrics.counter("venue_requests_total", help: "Requests sent to the venue.")
        orderSeconds = context.metrics.histogram(
            "pipeline_stage_seconds", help: "From the market event to a stage.", labels: [("stage", "order")],
            bounds: Metrics.latencyBounds)
        for (number, message) in unsaid { outbox.say(word(message), number: number) }
        showMetrics()
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
        self.venue = venue
        outbox.start()
        // Orders are timed and signed by the venue's time.
        venue.time.start { [unowned self] in learnTheRules(rest) }
        let host = ProcessorHost(context) { [unowned self] in StreamEar { self.handle($0) } }
        return host.run { [unowned self] in
            if !sockets.run() { context.log.error("websocket_loop_failed") }
        }
    }

    private var wasStarted = false

    /// The contracts' rules, at the start and then every hour.
    private func learnTheRules(_ rest: RestClient) {
        rest.send(MarketRest.exchangeInfo()) { [unowned self] outcome in
            guard case .success(let value) = outcome else {
                context.log.warning("rules_unknown") { $0.put("outcome", String("\(outcome)".prefix(200))) }
                context.reactor.after(ms: 5000) { [unowned self] in learnTheRules(rest) }
                return
            }
            if !wasStarted { begin() }
            for rules in MarketRest.instruments(value, context.settings.symbols) { handle(.rules(rules)) }
            context.reactor.after(ms: 3_600_000) { [unowned self] in learnTheRules(rest) }
        }
    }

    private func begin() {
        wasStarted = true
        core.recovered(at: context.venueClock.now())
        for symbol in context.settings.symbols {
            outbox.show(.position(symbol, nil))
        }
        venue?.start()
        context.reactor.every(ms: Self.timerMs) { [unowned self] in
            checkConnection()
            handle(.timer)
        }
    }

    /// The user stream is new, or said what could not be read: the core must look at the venue, though nothing may seem to
    /// have changed since the last turn.
    private func mayHaveMissed() {
        wasConnected = venue?.isConnected ?? false
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
        guard !isHandling, wasStarted else { return }
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
            orderSeconds.observe(Double(SystemClock.wallUs() - cause.microseconds) / 1e6)
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

    private func showMetrics() {
        let metrics = context.metrics
        metrics.gauge(
            "position_unprotected_seconds", help: "Longest time that a position is without a confirmed stop now."
        ) {
            [unowned self] in core.longestNakedMs.map { Double($0) / 1000 } ?? 0
        }
        metrics.gauge("unknown_orders", help: "Orders whose outcome is not known.") {
            [unowned self] in Double(core.unknownOrderCount)
        }
        metrics.gauge("accepts_entries", help: "1 while plans are taken.") { [unowned self] in
            core.acceptsEntries ? 1 : 0
        }
    }
}

extension ExecutorShell: ExecutorWorld {
    func append(_ record: ExecutorRecord) -> UInt64 { journal.append(record) }
    func beginSync() { journal.begin() }
    func sync() -> Bool { journal.sync() }

    func prepare(_ id: RequestId, _ request: VenueRequest) -> RestClient.ReadyRequest? {
        venue?.prepare(request, onSent: departure(of: request)) { [unowned self] reply in handle(.reply(id, reply)) }
    }

    func send(_ ready: RestClient.ReadyRequest) {
        requests.add()
        venue?.rest.send(ready)
    }

    func drop(_ ready: RestClient.ReadyRequest) { venue?.rest.drop(ready) }
    func say(_ message: ExecutorMessage, number: UInt64) { outbox.say(word(message), number: number) }

    func show(_ fact: ExecutorFact) {
        switch fact {
        case .account(let update): outbox.show(word(.account(completed(update))))
        case .position(let symbol, let fields): outbox.show(.position(symbol, fields))
        }
    }
}

/// Hears the streams for the executor, which answers through its own journal and outbox.
private struct StreamEar: StreamProcessor {
    let hear: (ExecutorEvent) -> Void

    init(_ hear: @escaping (ExecutorEvent) -> Void) { self.hear = hear }

    mutating func process(_ input: ExecutorInput, emit: (NoOutput) -> Void) { hear(input.event) }
}
