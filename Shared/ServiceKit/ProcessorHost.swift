import Hosting
public import SignalContracts
public import StreamBus
import TradingPrimitives

/// Runs a processor on Redis Streams: reads what it reads, writes what it says, exactly once.
///
/// What is done when, the `HostMachine` says; here it is done.
///
/// Outputs and the acknowledgement of the inputs that set them off commit in one transaction. The state in memory is a
/// function of the streams: on a start, and whenever Redis may have lost something, it is rebuilt by replaying the
/// processor's window with the outputs muted.
public final class ProcessorHost<Processor: StreamProcessor>
where Processor.Input: StreamInput, Processor.Output: StreamOutput {
    let context: ServiceContext
    let make: () -> Processor
    let sharing: Sharing
    /// Called before what the processor said is committed: a place to put on disk what must survive Redis.
    public var beforeCommit: ((inout Processor) -> Void)?
    /// Called with what the processor says, for those who count it.
    public var onOutput: ((Processor.Output) -> Void)?
    /// What a host finds of the groups that it made because they were not there.
    public enum GroupsMade {
        case some
        /// Of all streams: Redis knew nothing of this service.
        case all
        /// This process had read those streams before.
        case lost
    }

    /// What keeps the service from being ready beside the host's own troubles, in words; nil for nothing.
    public var flaw: () -> String? = { nil }
    public var onGroupsMade: ((GroupsMade) -> Void)?
    let start: GroupStart
    var metrics: HostMetrics
    var machine: HostMachine
    var isDriving = false
    var reader: GroupReader
    var hop: HopBuffer
    /// Nil before the first warm-up. The machine knows whether it may be trusted.
    public internal(set) var processor: Processor?
    /// One to a single Redis; on a cluster one for each lane of the reader, then those that are only written to.
    var lanes: [HostLane] = []
    /// Waits for its answers, on the way back.
    var recoveryClient: RedisClient?
    var backOff: BackOff
    var refusalBackOff = BackOff(leastMs: 100, greatestMs: 5000)
    /// Which streams have news, where they are very many; nil where all are waited for.
    var news: StreamNews?
    /// When a read was sent last, monotonic microseconds, and whether the next one waits for its time.
    var lastAskedUs: Int64 = 0
    var isPausing = false
    var upkeepTurn = 0
    var inputFields = Fields()
    var outputFields = Fields()
    var outputKeys: [(name: StreamName, key: [UInt8])] = []
    /// Times of the market events behind this batch's outputs, microseconds.
    var causes: [Int64] = []
    var recoveryTimer: Reactor.TimerToken?
    /// Nil for a service whose symbols are all its own.
    var leases: SymbolLeases?
    var leaseClient: RedisClient?
    /// When that was last tried while a state was being built.
    var leasesKeptUs: Int64 = 0
    /// Streams that every worker reads; nil for none.
    var references: ReferenceReader?
    /// Symbols that are read: all of them, or those whose lease this worker has.
    var share: SymbolShare
    /// Entries that this service has put aside: they are no part of the past.
    var putAside: Set<EntryName> = []
    /// An entry whose trial this process began and did not end.
    var openTrial: String?

    /// `streams` are read in the place of those that the input type names for each symbol of the settings; by one instance,
    /// as with `Sharing.none`.
    public init(
        _ context: ServiceContext, sharing: Sharing, start: GroupStart = .end, streams: [StreamName]? = nil,
        make: @escaping () -> Processor
    ) {
        precondition(sharing == .none || streams == nil)
        precondition(sharing != .symbols || Processor.Input.streams.allSatisfy(\.isPerSymbol))
        self.context = context
        self.sharing = sharing
        self.start = start
        self.make = make
        share = SymbolShare(context.settings.symbols, isLeased: sharing != .none, isWhole: sharing == .whole)
        // Workers that take over from each other have one name, so that what one had in hand is the next one's.
        let suffix = sharing == .none ? "\(context.instance)" : "shared"
        let isCluster = context.settings.redis.cluster != nil
        let layout = StreamLayout(
            streams ?? Processor.Input.streams(for: context.settings.symbols), isCluster: isCluster)
        machine = HostMachine(layout, leaseFreshUs: sharing == .none ? nil : Self.leaseFreshUs)
        reader = GroupReader(
            group: context.name, consumer: "\(context.name)-\(suffix)", layout,
            countMax: context.settings.streams.batchMax)
        hop = HopBuffer(reader, firstMarker: Int(SystemClock.wallUs()), isCluster: isCluster)
        // A cluster is back when a replica has been promoted, which takes a few seconds.
        backOff = BackOff(leastMs: 100, greatestMs: isCluster ? 500 : 5000)
        metrics = HostMetrics(context.metrics, service: context.name, reader: reader)
        if sharing != .none { leases = makeLeases() }
    }

    var owned: [Symbol] { share.owned }

    var isCluster: Bool { context.settings.redis.cluster != nil }

    /// Serves until SIGTERM or SIGINT: then finishes the batch in hand and returns. `loop` turns the reactor until it is
    /// stopped, for a service whose sockets sleep elsewhere; the reactor's own loop by default.
    /// With `isHeldBack` nothing is read before `begin`.
    public func run(isHeldBack: Bool = false, loop: (() -> Void)? = nil) -> ExitCode {
        if let file = context.replayFile { return replay(file) }
        context.serveMetrics(
            isReady: { [unowned self] in machine.isLive && flaw() == nil },
            isRedisUp: { [unowned self] in machine.isLive || context.isStandby },
            whyNot: { [unowned self] in flaw() })
        context.stopOnSignals { [unowned self] in stop() }
        startTimers()
        if !isHeldBack { begin() }
        if let loop { loop() } else { context.reactor.run() }
        leaveLeases()
        context.log.info("stopped")
        return .success
    }

    /// Every worker reads these streams, whatever symbols it has, the last `windowMs` of them when it starts. What they tell
    /// reaches the processor in the order of its arrival, and what the processor says to it is not published.
    public func refer(to streams: [StreamName], windowMs: Int64) {
        guard !streams.isEmpty else { return }
        references = ReferenceReader(context, streams, windowMs: windowMs)
    }

    /// Connects and begins to read.
    public func begin() {
        if leases == nil { recover() } else { renewLeases() }
    }

    /// Finishes the batch in hand, then stops the loop; after 1.5 s in any case.
    public func stop() {
        machine.stop()
        context.reactor.after(ms: 1500) { [unowned self] in context.reactor.stop() }
        drive()
    }

    private func startTimers() {
        if leases != nil {
            context.reactor.every(ms: LeaseTable.renewEveryMs) { [unowned self] in renewLeases() }
        }
        context.reactor.every(ms: Self.upkeepMs) { [unowned self] in upkeep() }
        if Processor.Input.timerMs > 0 {
            context.reactor.every(ms: Processor.Input.timerMs) { [unowned self] in
                machine.timerIsDue()
                drive()
            }
        }
    }

    // MARK: What is done

    func recover() {
        machine.begin()
        drive()
    }

    /// Does what is due. What happens meanwhile is told to the machine, and its turn comes.
    func drive() {
        guard !isDriving else { return }
        isDriving = true
        defer { isDriving = false }
        while let action = machine.next(nowUs: SystemClock.monotonicUs()) { perform(action) }
    }

    private func perform(_ action: HostMachine.Action) {
        switch action {
        case .checkLeases, .identify, .find, .makeGroups, .locate, .recount, .tellGaps, .claim, .readPending, .replay,
            .connect:
            comeBack(action)
        case .seal: seal()
        case .sendAhead: if machine.isLive { sendAhead() } else { comeBack(action) }
        case .send(let lanes): if machine.isLive { send(lanes) } else { comeBack(action) }
        case .delay: delayCommit()
        case .settle: settle()
        case .processTimer: processTimer()
        case .resumeReading: for lane in lanes { lane.readLink?.setPaused(false) }
        case .read: read()
        case .renewLeases:
            renewLeases()
            machine.endedRenewal(nowUs: SystemClock.monotonicUs())
        case .fence: fenced()
        case .claimForeign: claimForeign()
        case .handOver: changeSymbols()
        case .retry: comeAgain(afterMs: backOff.next())
        case .stop: context.reactor.stop()
        }
    }

    // MARK: Processing

    var streams: [StreamName] { machine.layout.streams }

    /// What is in the hop is in the batch.
    func noteBatch() { if !hop.isEmpty { machine.processed() } }

    /// Gives one entry to the processor; what it says goes into the hop, with the acknowledgement.
    func process(stream: Int, id: StreamId, fields: Fields) {
        let name = streams[stream]
        do throws(ContractError) {
            if let input = try Processor.Input(stream: name, id: id, fields: fields) {
                let lane = hop.lane(ofStream: stream)
                hop.begin(.entry(stream: stream, id: id))
                let cause = name.kind.isMarketData ? id : (try? fields.optional("cause")) ?? nil
                processor?.process(input) { write($0, lane: lane, cause: cause) }
            }
            hop.acknowledge(stream: stream, id: id)
        } catch {
            putAside(stream: stream, id: id, fields: fields, reason: error.description)
        }
        metrics.entries.add()
    }

    /// Gives one entry of the past to the processor, whose words about it have been written before.
    func remember(stream: Int, id: StreamId, fields: Fields) { remember(streams[stream], id, fields) }

    func remember(_ stream: StreamName, _ id: StreamId, _ fields: Fields) {
        guard let input = try? Processor.Input(stream: stream, id: id, fields: fields) else { return }
        processor?.process(input) { _ in }
    }

    func putAside(stream: Int, id: StreamId, fields: Fields, reason: String) {
        hop.begin(.entry(stream: stream, id: id))
        hop.deadLetter(stream: stream, id: id, fields: fields, reason: reason)
        _ = key(of: StreamName(.dead, streams[stream].symbol))
        metrics.deadLetters.add()
        context.log.warning("dead_letter") {
            $0.put("stream", streams[stream])
            $0.put("id", id)
            $0.put("error", reason)
        }
    }

    func write(_ output: Processor.Output, lane: Int, cause: StreamId?) {
        outputFields.removeAll()
        output.encode(into: &outputFields)
        let stream = output.stream
        hop.emit(outputFields, to: key(of: stream), lane: lane)
        if stream.kind == .alert, let alert = try? Alert(outputFields) { context.alerts.add(alert) }
        onOutput?(output)
        output.forEachProjection { hop.project($0, lane: lane) }
        if let cause { causes.append(cause.microseconds) }
        metrics.outputs.add()
    }

    /// Keys are made once; those that were written to are trimmed by this service.
    func key(of name: StreamName) -> [UInt8] {
        for known in outputKeys where known.name == name { return known.key }
        let key = Array(name.key.utf8)
        outputKeys.append((name, key))
        return key
    }

    func processTimer() {
        let period = Processor.Input.timerMs
        guard let input = Processor.Input.timer(at: context.venueClock.now().floored(to: period)) else { return }
        hop.begin(.timer)
        processor?.process(input) { output in write(output, lane: hop.lane(of: output.stream), cause: nil) }
        noteBatch()
    }
}
