import Hosting
public import SignalContracts
public import TradingPrimitives

/// What may go wrong around a host.
public protocol HostWorld: AnyObject {
    /// From one service to the next, microseconds.
    func hopUs() -> Int64
    /// Whether a connection to the bus breaks at this moment, so that an answer is lost.
    func isCut() -> Bool
    /// Whether the node's time has come; then it is gone, and starts again a little later.
    func dies(_ node: any SuiteNode) -> Bool
    /// What a host on this bus never does was asked for.
    func complain(_ text: String)
}

/// Something that runs as a process: it can be killed, paused and started.
public protocol SuiteNode: AnyObject {
    var name: String { get }
    var isUp: Bool { get }
    /// Between SIGSTOP and SIGCONT.
    var isPaused: Bool { get set }
    func kill()
    func start()
    /// There may be something to do.
    func wake()
}

/// Deliberate mistakes of a host, that whoever looks on must find.
public enum HostMistake: Sendable {
    case acknowledgesBeforeProcessing
    /// Takes a batch whose answer was lost for one that was not committed.
    case commitsTwice
}

/// A service that hosts a processor, as the services do: the same machine says what is next, and here it is done on a bus in memory.
public final class MemoryHost<Processor: StreamProcessor>: SuiteNode
where Processor.Input: MessageInput, Processor.Output: MessageOutput {
    public let name: String
    private unowned let world: any HostWorld
    private let bus: MemoryBus
    private let clock: VirtualClock
    private let mistake: HostMistake?
    private let make: () -> Processor
    private let beforeCommit: (inout Processor) -> Void
    private let kinds: Set<StreamKind>
    private let layout: StreamLayout
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
    /// Over which connection it lives.
    private var connection = 0
    /// Turns of an earlier life do nothing.
    private var life = 0
    private static var batchMax: Int { 32 }

    /// `beforeCommit` makes durable what must be before a batch commits.
    public init(
        _ name: String, in world: any HostWorld, on bus: MemoryBus, _ clock: VirtualClock, symbols: [Symbol],
        mistake: HostMistake? = nil, beforeCommit: @escaping (inout Processor) -> Void = { _ in },
        make: @escaping () -> Processor
    ) {
        (self.name, self.world, self.bus, self.clock) = (name, world, bus, clock)
        (self.mistake, self.make, self.beforeCommit) = (mistake, make, beforeCommit)
        kinds = Set(Processor.Input.streams)
        layout = StreamLayout(Processor.Input.streams(for: symbols))
        machine = HostMachine(layout)
    }

    public func start() {
        guard !isUp else { return }
        isUp = true
        machine = HostMachine(layout)
        wake()
    }

    public func kill() {
        isUp = false
        isPaused = false
        processor = nil
        (places, words, held) = ([], [], [])
        isWoken = false
        isReading = false
        life += 1
    }

    public func wake() {
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
        guard isUp, !machine.isLive, bus.isUp else { return }
        machine.begin()
        drive()
    }

    private func drive() {
        // It may die over it.
        while isUp, let action = machine.next(nowUs: clock.nowUs) { perform(action) }
    }

    private func perform(_ action: HostMachine.Action) {
        switch action {
        case .identify, .find, .makeGroups, .locate, .recount, .claim, .readPending, .replay, .connect:
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
            wake()
        case .retry:
            isReading = false
            wake()
        case .resumeReading: break
        case .checkLeases, .tellGaps, .sendAhead, .delay, .processTimer, .renewLeases, .fence, .claimForeign, .handOver,
            .stop:
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
        let read = held + bus.read(name, kinds, max: Self.batchMax)
        guard !read.isEmpty else { return }
        isReading = false
        if world.isCut() { return machine.lost() }
        held = []
        machine.arrived(part: 0)
        if mistake == .acknowledgesBeforeProcessing { bus.commit(name, acknowledging: read, []) }
        for place in read { process(place) }
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
        bus.commit(name, acknowledging: places, words)
        if world.isCut() { return machine.lost() }
        machine.laneAnswered(0, isCommitted: true)
    }

    // MARK: The way back

    private func comeBack(_ action: HostMachine.Action) {
        switch action {
        case .identify: machine.identified("\(bus.serverId)")
        case .find:
            let isCommitted = places.first.map { !bus.group(name).pending.contains($0) } ?? true
            machine.found(isCommitted && mistake != .commitsTwice ? [0] : [])
        case .makeGroups: machine.madeGroups([])
        case .locate: machine.located(positions())
        case .recount: machine.recounted()
        case .claim: machine.claimed()
        case .readPending:
            machine.sawPending(
                bus.group(name).pending.sorted().map { place in
                    let (stream, id) = entry(place)
                    return PendingEntry(stream: stream, id: id, fields: Fields())
                })
        case .replay(let past):
            replay(past)
            machine.replayed()
        default:
            connection = bus.connection
            machine.connected()
        }
    }

    private func positions() -> [GroupPosition] {
        let next = bus.group(name).next
        var positions = layout.streams.map { _ in GroupPosition(lastDelivered: .zero) }
        for (place, entry) in bus.log.enumerated() where kinds.contains(entry.stream.kind) {
            guard let stream = layout.streams.firstIndex(of: entry.stream) else { continue }
            if place < next {
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
        let group = bus.group(name)
        let pending = Set(group.pending)
        held = []
        let now = clock.nowUs / 1000
        func isRecent(_ entry: MemoryBus.Entry) -> Bool {
            past.isPastNeeded(of: entry.stream)
                && now - Int64(entry.id.milliseconds) <= Processor.Input.warmUpMs(of: entry.stream.kind)
        }
        let recalled = Processor.Input.recalled
        for entry in bus.log where recalled.contains(entry.stream.kind) && isRecent(entry) { _ = process(entry) }
        for place in 0..<group.next where kinds.contains(bus.log[place].stream.kind) {
            let entry = bus.log[place]
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
