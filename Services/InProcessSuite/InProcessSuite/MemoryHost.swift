import Hosting
public import SignalContracts
public import TradingPrimitives

/// A service that hosts a processor, as the services do: the same machine says what is next, and here it is done on a bus in memory.
public final class MemoryHost<Processor: StreamProcessor>: SuiteNode
where Processor.Input: MessageInput, Processor.Output: MessageOutput {
    public let name: String
    private let group: String
    /// Among the workers that share the symbols; a new one with each life, and with each fence.
    private var worker = ""
    private var workerCount = 0
    private unowned let world: any HostWorld
    private let bus: MemoryBus
    private let clock: VirtualClock
    private let mistake: HostMistake?
    private let make: () -> Processor
    private let beforeCommit: (inout Processor) -> Void
    private let kinds: Set<StreamKind>
    private let symbols: [Symbol]
    private let isLeased: Bool
    private var share: SymbolShare
    private var layout: StreamLayout
    private var machine: HostMachine
    public private(set) var processor: Processor?
    /// The batch in hand: places in the bus' log, and what was said to them.
    private var places: [Int] = []
    private var words: [MemoryBus.Word] = []
    /// Delivered entries that wait for what is unread beside them.
    private var held: [Int] = []
    public private(set) var isUp = false
    public var isPaused = false { didSet { if !isPaused { wake() } } }
    private var isWoken = false
    /// Whether it waits for the answer to a read.
    private var isReading = false
    private var readAtUs: Int64 = 0
    /// What a read brought while it slept.
    private var broughtAsleep: [Int] = []
    /// Over which connection it lives.
    private var connection = 0
    /// Turns of an earlier life do nothing.
    private var life = 0
    private static var batchMax: Int { 32 }
    /// A read by a worker with leases waits so long, and they are good for one for so long after they were asked for.
    private static var readWaitUs: Int64 { 250_000 }
    private static var leaseFreshUs: Int64 { 650_000 }

    /// A worker of the service `group`, which shares the symbols with others by leases, or has them all. `beforeCommit` makes
    /// durable what must be before a batch commits.
    public init(
        _ name: String, of group: String, isLeased: Bool, in world: any HostWorld, on bus: MemoryBus,
        _ clock: VirtualClock, symbols: [Symbol],
        mistake: HostMistake? = nil, beforeCommit: @escaping (inout Processor) -> Void = { _ in },
        make: @escaping () -> Processor
    ) {
        (self.name, self.group, self.world, self.bus, self.clock) = (name, group, world, bus, clock)
        (self.symbols, self.isLeased) = (symbols, isLeased)
        (self.mistake, self.make, self.beforeCommit) = (mistake, make, beforeCommit)
        kinds = Set(Processor.Input.streams)
        layout = StreamLayout(Processor.Input.streams(for: symbols))
        machine = HostMachine(layout)
        share = SymbolShare(symbols, isLeased: isLeased, isWhole: false)
    }

    public func start() {
        guard !isUp else { return }
        isUp = true
        layout = StreamLayout(Processor.Input.streams(for: symbols))
        machine = HostMachine(layout, leaseFreshUs: isLeased ? Self.leaseFreshUs : nil)
        share = SymbolShare(symbols, isLeased: isLeased, isWhole: false)
        if isLeased {
            becomeNewWorker()
            keepLeases()
        }
        wake()
    }

    public func kill() {
        isUp = false
        isPaused = false
        processor = nil
        dropBatch()
        isWoken = false
        life += 1
    }

    private func dropBatch() {
        (places, words, held, broughtAsleep) = ([], [], [], [])
        isReading = false
    }

    public func wake() {
        if isUp, isPaused, isLeased { bring() }
        guard isUp, !isPaused, !isWoken else { return }
        isWoken = true
        let life = life
        clock.after(us: world.hopUs()) { [self] in
            guard life == self.life else { return }
            isWoken = false
            turn()
        }
    }

    private func turn() {
        guard isUp, !isPaused else { return }
        if machine.isLive, !bus.isUp || connection != bus.connection { machine.lost() }
        if isReading, machine.isLive { answerRead() }
        drive()
        guard isUp, !machine.isLive, bus.isUp, !share.owned.isEmpty else { return }
        machine.begin()
        drive()
    }

    private func drive() {
        // It may die over it.
        while isUp, let action = machine.next(nowUs: clock.nowUs) { perform(action) }
    }

    private func perform(_ action: HostMachine.Action) {
        switch action {
        case .checkLeases, .identify, .find, .makeGroups, .locate, .recount, .claim, .readPending, .replay, .connect:
            if world.isCut() { machine.lost() } else { comeBack(action) }
        case .seal: seal()
        case .send: send()
        case .settle:
            for place in places {
                let (stream, id) = entry(place)
                machine.committed(stream: stream, id)
            }
            (places, words) = ([], [])
        case .read:
            machine.sentRead(part: 0)
            isReading = true
            readAtUs = clock.nowUs
            wake()
            if isLeased { clock.after(us: Self.readWaitUs + 1) { [weak self] in self?.wake() } }
        case .retry:
            (isReading, broughtAsleep) = (false, [])
            wake()
        case .resumeReading: break
        case .renewLeases:
            renewLeases()
            machine.endedRenewal(nowUs: clock.nowUs)
        case .fence: fenced()
        case .handOver: changeSymbols()
        case .tellGaps, .sendAhead, .delay, .processTimer, .claimForeign, .stop:
            world.complain("\(name) wants \(action), of which this bus knows nothing")
        }
    }

    private func entry(_ place: Int) -> (stream: Int, id: StreamId) {
        let entry = bus.log[place]
        return (layout.streams.firstIndex(of: entry.stream) ?? 0, entry.id)
    }

    // MARK: Batches

    private func answerRead() {
        // In the bus' one log what was delivered lies before what was not.
        bring()
        let read = held + broughtAsleep
        broughtAsleep = []
        if read.isEmpty {
            guard isLeased, clock.nowUs - readAtUs > Self.readWaitUs else { return }
            isReading = false
            return machine.arrived(part: 0)
        }
        isReading = false
        if world.isCut() { return machine.lost() }
        held = []
        machine.arrived(part: 0)
        if mistake == .acknowledgesBeforeProcessing { bus.commit(group, acknowledging: read, []) }
        for place in read { process(place) }
    }

    /// The answer to a read comes while it waits, whether the process is awake or not.
    private func bring() {
        guard isReading, bus.isUp, connection == bus.connection, broughtAsleep.isEmpty,
            !isLeased || clock.nowUs - readAtUs <= Self.readWaitUs
        else { return }
        broughtAsleep = bus.read(group, kinds, of: share.owned, max: Self.batchMax)
    }

    private func process(_ place: Int) {
        words += process(bus.log[place])
        places.append(place)
        machine.processed()
    }

    private func seal() {
        if world.dies(self) { return }
        if var processor {
            beforeCommit(&processor)
            self.processor = processor
        }
        machine.sealed(lanes: [0], aheadCount: 0, isOnlyAcknowledgements: words.isEmpty)
    }

    private func send() {
        if world.dies(self) { return }
        if world.isCut() { return machine.lost() }
        if isFenced { return fenced() }
        bus.commit(group, acknowledging: places, words)
        if world.isCut() { return machine.lost() }
        machine.laneAnswered(0, isCommitted: true)
        if isLeased, machine.isLive { machine.sawFence(part: 0, endsCommit: true) }
    }

    // MARK: Leases

    /// Whether the bus would carry nothing out of what this worker sends.
    private var isFenced: Bool {
        isLeased && mistake != .keepsLeasesAfterSleep && bus.isFenced(worker, of: group)
    }

    private func becomeNewWorker() {
        workerCount += 1
        worker = "\(name)-\(workerCount)"
    }

    private func keepLeases() {
        let life = life
        if !isPaused { renewLeases() }
        clock.after(ms: LeaseTable.renewEveryMs) { [self] in if life == self.life { keepLeases() } }
    }

    /// Asks for the leases; nil when nobody answers.
    private func renewed() -> LeaseHolding? {
        guard bus.isUp, !world.isCut() else { return nil }
        machine.renewedLeases(atUs: clock.nowUs)
        return bus.renew(group, worker, symbols)
    }

    /// What changes is applied once no batch is in hand.
    private func renewLeases() {
        if mistake == .keepsLeasesAfterSleep, !share.owned.isEmpty { return machine.renewedLeases(atUs: clock.nowUs) }
        guard let holding = renewed(), share.told(holding) else { return }
        machine.handOverIsDue()
        wake()
    }

    private func changeSymbols() {
        guard let holding = share.takeChange() else { return }
        bus.release(group, worker, holding.surplus)
        own(share.kept(of: holding))
        wake()
    }

    private func own(_ symbols: [Symbol]) {
        dropBatch()
        let isMemoryKept = share.own(symbols, &processor)
        guard !symbols.isEmpty else { return machine.forget() }
        layout = StreamLayout(Processor.Input.streams(for: symbols))
        machine.own(layout, isMemoryKept: isMemoryKept)
    }

    /// Before it comes back: whether it has symbols to read.
    private func leasesStand() -> Bool? {
        guard let holding = renewed() else { return nil }
        if share.kept(of: holding) != share.owned {
            bus.release(group, worker, holding.surplus)
            own(share.kept(of: holding))
        }
        return !share.owned.isEmpty
    }

    /// Another worker has taken over while this one slept.
    private func fenced() {
        machine.fenced()
        becomeNewWorker()
        share.fenced()
        own([])
        let life = life
        clock.after(us: 1) { [self] in if life == self.life, !isPaused { renewLeases() } }
    }

    // MARK: The way back

    private func comeBack(_ action: HostMachine.Action) {
        switch action {
        case .checkLeases:
            guard let hasSymbols = leasesStand() else { return machine.lost() }
            machine.checkedLeases(hasSymbols: hasSymbols)
        case .identify: machine.identified("\(bus.serverId)")
        case .find:
            let isCommitted = places.first.map { !bus.group(group).pending.contains($0) } ?? true
            machine.found(isCommitted && mistake != .commitsTwice ? [0] : [])
        case .makeGroups: machine.madeGroups([])
        case .locate: machine.located(positions())
        case .recount: machine.recounted()
        case .claim: machine.claimed()
        case .readPending:
            machine.sawPending(
                pending.map { place in
                    let (stream, id) = entry(place)
                    return PendingEntry(stream: stream, id: id, fields: Fields())
                })
        case .replay(let past):
            replay(past)
            machine.replayed()
        default:
            connection = bus.connection
            machine.connected()
            if isFenced { return fenced() }
            if isLeased { machine.sawFence(part: 0, endsCommit: false) }
        }
    }

    /// What is pending in its own streams, places in the bus' log.
    private var pending: [Int] {
        bus.group(group).pending.sorted().filter { layout.streams.contains(bus.log[$0].stream) }
    }

    private func positions() -> [GroupPosition] {
        let read = bus.group(group)
        var positions = layout.streams.map { _ in GroupPosition(lastDelivered: .zero) }
        for (place, entry) in bus.log.enumerated() where kinds.contains(entry.stream.kind) {
            guard let stream = layout.streams.firstIndex(of: entry.stream) else { continue }
            if !read.isUnread(place, of: entry.stream) {
                positions[stream].lastDelivered = entry.id
            } else {
                positions[stream].lag = (positions[stream].lag ?? 0) + 1
            }
        }
        return positions
    }

    private func replay(_ past: HostReplay) {
        if past.isNew {
            processor = make()
            (places, words) = ([], [])
        }
        let read = bus.group(group)
        let pending = Set(read.pending)
        held = []
        let now = clock.nowUs / 1000
        func isRecent(_ entry: MemoryBus.Entry) -> Bool {
            past.isPastNeeded(of: entry.stream) && share.owns(entry.stream)
                && now - Int64(entry.id.milliseconds) <= Processor.Input.warmUpMs(of: entry.stream.kind)
        }
        let recalled = Processor.Input.recalled
        for entry in bus.log where recalled.contains(entry.stream.kind) && isRecent(entry) { _ = process(entry) }
        let streams = Set(layout.streams)
        for (place, entry) in bus.log.enumerated()
        where streams.contains(entry.stream) && !read.isUnread(place, of: entry.stream) {
            if pending.contains(place) {
                if past.held.contains(where: { ($0.stream, $0.id) == self.entry(place) }) {
                    held.append(place)
                } else {
                    process(place)
                }
            } else if isRecent(entry) {
                _ = process(entry)
            }
        }
    }

    private func process(_ entry: MemoryBus.Entry) -> [MemoryBus.Word] {
        var words: [MemoryBus.Word] = []
        guard let input = Processor.Input(stream: entry.stream, id: entry.id, message: entry.message) else { return [] }
        processor?.process(input) { words.append(MemoryBus.Word($0.stream, $0.message)) }
        return words
    }
}
