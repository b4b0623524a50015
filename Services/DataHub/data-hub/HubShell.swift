import BinanceFutures
import DataHub
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives
import WebClient

/// The hub with its sockets: frames in, entries out.
final class HubShell {
    let context: ServiceContext
    let settings: HubSettings
    let symbols: [Symbol]
    let writer: StreamWriter
    let rest: RestClient
    private let client: WebSocketClient
    private var scanner: MarketScanner
    private var hub: DataHub
    /// For each symbol the writer's numbers of its four streams.
    private let streams: [[Int]]
    private var sockets: [MarketSocket] = []
    private var polls: MarketPolls?
    private let metrics: HubMetrics
    private let refusals: RefusalLog
    let contracts: ContractWatch
    private var openedUs = Int64.max
    /// Of a contract something must have come by then, microseconds after the streams were opened.
    private static let firstWordUs: Int64 = 15_000_000
    /// One hub writes; any other waits for its end.
    private var lease: OwnerLease?
    private var hasBegun = false
    private var isLost = false
    private var lastEventTime = Timestamp.zero
    private var prepareBackOff = BackOff(leastMs: 100, greatestMs: 5000)
    private var lastFrameComplaintUs: Int64 = 0
    /// Receipts of the books that wait to be sent, for the latency trace.
    private var passing: [Int64] = []

    /// In the order of `DataHub.Kind`.
    private static let kinds = DataHub.Kind.allCases.map(\.stream)

    /// Nil when a library does not start.
    init?(_ context: ServiceContext, _ settings: HubSettings) {
        guard let client = WebSocketClient(context.reactor),
            // The venue counts by address: what the hub leaves is the executor's, who must not wait for it.
            let rest = RestClient(
                context, baseURL: context.settings.venue.restURL, budget: WeightBudget(ordinaryShare: 0.6))
        else { return nil }
        self.context = context
        self.settings = settings
        self.client = client
        self.rest = rest
        symbols = context.settings.symbols
        let writer = StreamWriter(context, bytesMax: settings.queueBytesMax)
        self.writer = writer
        scanner = MarketScanner(symbols)
        hub = DataHub(symbols, settings.hub)
        streams = symbols.map { symbol in Self.kinds.map { writer.open(StreamName($0, symbol)) } }
        metrics = HubMetrics(context.metrics, symbols)
        refusals = RefusalLog(context.log, symbols)
        contracts = ContractWatch(context.log, symbols)
    }

    /// Serves until SIGTERM or SIGINT, or until another hub has taken over from one that slept.
    func run() -> ExitCode {
        context.serveMetrics(
            isReady: { [unowned self] in
                writer.isUp && !sockets.isEmpty && sockets.allSatisfy(\.isLive) && contracts.isWhole
            },
            isRedisUp: { [unowned self] in writer.isUp || context.isStandby },
            whyNot: { [unowned self] in
                context.isStandby ? "another hub writes" : hasBegun ? contracts.complaint : "without the lease"
            })
        context.stopOnSignals { [unowned self] in context.reactor.stop() }
        client.onTurn = { [unowned self] in flush() }
        // Who has it back may go on at once: what another one wrote meanwhile would have been refused.
        lease = OwnerLease(
            context, name: "ALL", freeForMs: 0, mayAssume: { false }, onTaken: { [unowned self] in takeOver() },
            onLost: { [unowned self] in
                context.log.error("lease_lost")
                isLost = true
                context.reactor.stop()
            })
        lease?.start()
        // A standby knows the venue's time already, so that it needs a moment less.
        let polls = MarketPolls(self)
        self.polls = polls
        polls.learnTime()
        context.reactor.every(ms: 200) { [unowned self] in context.isStandby = lease?.isStandby == true && !hasBegun }
        let isWhole = client.run()
        if isLost { return .unsafeState }
        if hasBegun { writer.drain(withinMs: 1000) }
        lease?.leave()
        context.log.info("stopped")
        return isWhole ? .success : .failure
    }

    // MARK: Start

    private func takeOver() {
        guard !hasBegun else { return }
        hasBegun = true
        context.isStandby = false
        context.log.info("owner")
        prepare()
    }

    /// Asks Redis for what stands last in the streams, which entries of ours must follow, then begins with the venue.
    private func prepare() {
        var last: [(trade: AggTrade?, book: BookUpdate?)] = []
        do throws(RedisError) {
            let redis = try RedisClient(context.settings.redis, timeoutMs: 1500)
            try lease?.claim(symbols.map(\.name), redis)
            for index in symbols.indices { last.append(try resume(index, redis)) }
        } catch {
            context.log.warning("redis_unavailable") { $0.put("error", error) }
            context.reactor.after(ms: prepareBackOff.next()) { [weak self] in self?.prepare() }
            return
        }
        writer.onDoubt = { [unowned self] in writeAgain($0) }
        writer.start(lease)
        // Frames are judged stale by the venue's time.
        polls?.start { [unowned self] in
            let now = context.venueClock.now()
            for (index, last) in last.enumerated() {
                hub.resume(symbol: index, trade: last.trade, book: last.book, venueTime: now)
            }
            openSockets()
        }
        context.reactor.every(ms: settings.hub.hotStateMs) { [unowned self] in
            hub.writeHotState { write($0, symbol: 0) }
        }
        context.reactor.every(ms: 100) { [unowned self] in lookForCloses() }
        context.reactor.every(ms: 1000) { [unowned self] in
            hub.clockRate = context.venueClock.rate
            metrics.show(hub.counts)
            if SystemClock.monotonicUs() - openedUs > Self.firstWordUs { contracts.tell() }
        }
    }

    /// What was confirmed last may be lost, or all: nobody else would bring it again, and readers would stand before a hole.
    private func writeAgain(_ lost: [StreamName]) {
        let indices = symbols.indices.filter { index in lost.contains { $0.symbol == symbols[index] } }
        for index in indices { hub.forgetWritten(symbol: index) }
        polls?.tellRules()
        polls?.fetchPast(of: indices)
    }

    private func resume(
        _ symbol: Int, _ redis: RedisClient
    ) throws(RedisError) -> (trade: AggTrade?, book: BookUpdate?) {
        var commands = CommandBuffer()
        for kind in Self.kinds { commands.command(["XINFO", "STREAM", StreamName(kind, symbols[symbol]).key]) }
        for kind in [StreamKind.trade, .book] {
            commands.command(["XREVRANGE", StreamName(kind, symbols[symbol]).key, "+", "-", "COUNT", "1"])
        }
        let replies = try redis.pipeline(commands)
        for reply in replies[..<Self.kinds.count] {
            // A stream that is not there yet has no last id.
            if case .error(let text) = reply, !text.hasPrefix("ERR no such key") { throw .refused(text) }
            if let id = reply["last-generated-id"]?.text.flatMap({ StreamId($0) }) {
                hub.resume(symbol: symbol, after: id)
            }
        }
        let newest = replies[Self.kinds.count...].map { $0.elements.first.flatMap { StreamEntry($0) }?.fields }
        return (newest[0].flatMap { try? AggTrade($0) }, newest[1].flatMap { try? BookUpdate($0) })
    }

    /// Contracts that the venue did not list and does now.
    func returned(_ listed: [Int]) {
        let names = listed.map { symbols[$0].lowercased + "@" }
        for socket in sockets { socket.askAgain { stream in names.contains { stream.hasPrefix($0) } } }
    }

    private func openSockets() {
        openedUs = SystemClock.monotonicUs()
        let names = symbols.map(\.lowercased)
        open("public", names.map { "\($0)@depth20@100ms" })
        let timeframes = Timeframe.allCases.map { "kline_\($0.rawValue)" }
        open(
            "market",
            names.flatMap { name in
                (["aggTrade", "markPrice@1s", "forceOrder"] + timeframes).map { "\(name)@\($0)" }
            })
    }

    private func open(_ route: String, _ streams: [String]) {
        for start in stride(from: 0, to: streams.count, by: settings.streamsPerSocket) {
            let socket = MarketSocket(
                client, context, base: context.settings.venue.streamURL, route: route,
                streams: Array(streams[start..<min(streams.count, start + settings.streamsPerSocket)]),
                settings: settings.socket, onFrame: { [unowned self] in frameArrived($0) },
                onGap: { [unowned self] ms in
                    context.log.warning("stream_resumed") {
                        $0.put("route", route)
                        $0.put("gap_ms", ms)
                    }
                    if route == "market" { polls?.fillCandles(afterGapMs: ms) }
                }, onRefused: { [unowned self] in contracts.refused(stream: $0) })
            sockets.append(socket)
            socket.start()
        }
    }

    // MARK: Messages

    private func flush() {
        writer.flush()
        metrics.sent()
        guard !passing.isEmpty else { return }
        context.latencyTrace?.note(passing)
        passing.removeAll(keepingCapacity: true)
    }

    private func frameArrived(_ bytes: UnsafeRawBufferPointer) {
        do throws(FrameError) {
            switch try scanner.scan(bytes) {
            case .trade(let symbol, let trade): receive(.trade(trade), symbol: symbol, eventTime: trade.eventTime)
            case .book(let symbol, let book):
                receive(.book(book), symbol: symbol, eventTime: book.eventTime)
                if let level = scanner.unfitLevel { leaveOut(RefusedInput(.book, "level", level, .unfit), symbol) }
            case .unfit(let symbol, let stream, let value):
                refuse(RefusedInput(Self.kind(ofStream: stream), value.field, value.text, .unfit), symbol: symbol)
            case .candle(let symbol, let candle):
                receive(.candle(candle), symbol: symbol, eventTime: candle.eventTime)
            case .metric(let symbol, let metric):
                receive(.metric(metric), symbol: symbol, eventTime: metric.eventTime)
            case .reply, .bookTicker, .other: metrics.otherFrames.add()
            }
        } catch {
            metrics.badFrames.add()
            complain(bytes, error)
        }
    }

    private func complain(_ bytes: UnsafeRawBufferPointer, _ error: FrameError) {
        let now = SystemClock.monotonicUs()
        guard now - lastFrameComplaintUs > 1_000_000 else { return }
        lastFrameComplaintUs = now
        context.log.warning("frame_unreadable") {
            $0.put("error", "\(error)")
            $0.put("begin", String(decoding: bytes.prefix(120), as: UTF8.self))
        }
    }

    /// A message from a socket or from an answer.
    func receive(_ input: DataHub.Input, symbol: Int, eventTime: Timestamp? = nil) {
        let venueTime = context.venueClock.now()
        let receivedUs = SystemClock.wallUs()
        let isIn = hub.receive(input, symbol: symbol, receivedUs: receivedUs, venueTime: venueTime) { output in
            write(output, symbol: symbol)
        }
        // What can't be true is no sign of life.
        guard isIn else { return }
        metrics.received(input.kind, symbol: symbol, at: receivedUs)
        // What a stream told: an answer, or rules that are told again each minute, are no feed.
        if let eventTime {
            contracts.heard(symbol, atUs: SystemClock.monotonicUs())
            metrics.lag[input.kind.rawValue].observe(Double(venueTime - eventTime) / 1000)
            lastEventTime = max(lastEventTime, eventTime)
        }
    }

    /// Has the closes asked for that did not come.
    private func lookForCloses() {
        // An answer may come at once, and the hub takes it in.
        var missed: [(symbol: Int, timeframe: Timeframe, close: MissingClose)] = []
        hub.lookForCloses(venueTime: context.venueClock.now()) { missed.append(($0, $1, $2)) }
        for (symbol, timeframe, missing) in missed where !contracts.isMissing(symbol) {
            refusals.missed(close: missing, timeframe, symbol: symbol)
            polls?.fillClose(symbol, timeframe, missing)
        }
    }

    func candlesCame(_ timeframe: Timeframe, symbol: Int) { hub.candlesCame(timeframe, symbol: symbol) }

    /// A value that did not get so far as to be a message.
    func refuse(_ refusal: RefusedInput, symbol: Int) {
        hub.refuse(refusal) { write($0, symbol: symbol) }
    }

    private func leaveOut(_ refusal: RefusedInput, _ symbol: Int) {
        hub.leaveOut(refusal) { write($0, symbol: symbol) }
    }

    private static func kind(ofStream stream: String) -> DataHub.Kind {
        switch stream {
        case "aggTrade": .trade
        case "depthUpdate", "bookTicker": .book
        case "kline": .forming
        default: .metric
        }
    }

    /// The venue's clock was read: one that is far behind what we have seen has begun anew, and its numbers too.
    func venueTimeObserved(_ time: Timestamp) {
        guard lastEventTime - time > 60_000 else { return }
        context.log.warning("venue_began_anew") { $0.put("venue_time", time) }
        lastEventTime = time
        hub.forgetSequence()
    }

    private func write(_ output: DataHub.Output, symbol: Int) {
        switch output {
        case .entry(let kind, let id, let entry):
            writer.write(streams[symbol][kind.rawValue], id: id) { entry.encode(into: &$0) }
            metrics.written(id)
            if kind == .book, context.latencyTrace != nil { passing.append(id.microseconds) }
        case .refused(let refusal):
            refusals.add(refusal, symbol: symbol)
            // Either it is wrong or our idea of the venue's time is.
            if refusal.reason == .time { polls?.lookAtTime() }
        case .missed(let count): refusals.missed(count, symbol: symbol)
        case .hotState(let state): writer.write(to: state.key, isOnce: state.isOnce) { $0.write(state) }
        }
    }
}
