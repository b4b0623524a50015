import Hosting
import SignalContracts
import TradingPrimitives

/// A service that hosts a processor, as the services do: the same machine says what is next, and here it is done on the bus.
final class HostNode<Processor: StreamProcessor>: Node
where Processor.Input: StreamInput, Processor.Output: StreamOutput {
    let name: String
    private let world: World
    private let make: () -> Processor
    /// Makes durable what must be before a batch commits.
    private let beforeCommit: (inout Processor) -> Void
    private let kinds: Set<StreamKind>
    private let layout: StreamLayout
    private var machine: HostMachine
    private(set) var processor: Processor?
    /// The batch in hand: places in the bus' log, and what was said to them.
    private var places: [Int] = []
    private var words: [Bus.Word] = []
    /// Delivered entries that wait for what is unread beside them.
    private var held: [Int] = []
    private(set) var isUp = false
    var isPaused = false { didSet { if !isPaused { wake() } } }
    private var isWoken = false
    /// Whether it waits for the answer to a read.
    private var isReading = false
    /// Over which connection it lives.
    private var connection = 0
    /// Turns of an earlier life do nothing.
    private var life = 0
    private static var batchMax: Int { 32 }

    init(
        _ name: String, _ world: World, beforeCommit: @escaping (inout Processor) -> Void = { _ in },
        make: @escaping () -> Processor
    ) {
        (self.name, self.world, self.make, self.beforeCommit) = (name, world, make, beforeCommit)
        kinds = Set(Processor.Input.streams)
        layout = StreamLayout(Processor.Input.streams(for: world.symbols))
        machine = HostMachine(layout)
    }

    func start() {
        guard !isUp else { return }
        isUp = true
        machine = HostMachine(layout)
        wake()
    }

    func kill() {
        isUp = false
        isPaused = false
        processor = nil
        (places, words, held) = ([], [], [])
        isWoken = false
        isReading = false
        life += 1
    }

    func wake() {
        guard isUp, !isPaused, !isWoken else { return }
        isWoken = true
        let life = life
        world.scheduler.after(us: world.hopUs()) { [self] in
            guard life == self.life else { return }
            isWoken = false
            turn()
        }
    }

    private func turn() {
        guard isUp, !isPaused else { return }
        if machine.isLive, !world.bus.isUp || connection != world.bus.connection { machine.lost() }
        if isReading, machine.isLive { answerRead() }
        drive()
        guard isUp, !machine.isLive, world.bus.isUp else { return }
        machine.begin()
        drive()
    }

    private func drive() {
        // It may die over it.
        while isUp, let action = machine.next(nowUs: world.scheduler.nowUs) { perform(action) }
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
            world.checker.violated("\(name) wants \(action), of which this bus knows nothing")
        }
    }

    private func entry(_ place: Int) -> (stream: Int, id: StreamId) {
        let entry = world.bus.log[place]
        return (layout.streams.firstIndex(of: entry.stream) ?? 0, entry.id)
    }

    // MARK: Batches

    private func answerRead() {
        // In the bus' one log what was delivered lies before what was not.
        let read = held + world.bus.read(name, kinds, max: Self.batchMax)
        guard !read.isEmpty else { return }
        isReading = false
        if world.isCut() { return machine.lost() }
        held = []
        machine.arrived(part: 0)
        if world.mutation == .acknowledgeBeforeProcessing { world.bus.commit(name, acknowledging: read, []) }
        for place in read { process(place) }
    }

    private func process(_ place: Int) {
        words += process(world.bus.log[place])
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
        world.bus.commit(name, acknowledging: places, words)
        if world.isCut() { return machine.lost() }
        machine.laneAnswered(0, isCommitted: true)
    }

    // MARK: The way back

    private func comeBack(_ action: HostMachine.Action) {
        let bus = world.bus
        switch action {
        case .identify: machine.identified("\(bus.serverId)")
        case .find:
            let isCommitted = places.first.map { !bus.group(name).pending.contains($0) } ?? true
            machine.found(isCommitted && world.mutation != .commitTwice ? [0] : [])
        case .makeGroups: machine.madeGroups([])
        case .locate: machine.located(positions())
        case .recount: machine.recounted()
        case .claim: machine.claimed()
        case .readPending:
            machine.sawPending(
                bus.group(name).pending.sorted().map { place in
                    let (stream, id) = entry(place)
                    return PendingEntry(stream: stream, id: id, fields: bus.log[place].fields)
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
        let next = world.bus.group(name).next
        var positions = layout.streams.map { _ in GroupPosition(lastDelivered: .zero) }
        for (place, entry) in world.bus.log.enumerated() where kinds.contains(entry.stream.kind) {
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
        let group = world.bus.group(name)
        let pending = Set(group.pending)
        held = []
        let now = world.scheduler.nowUs / 1000
        func isRecent(_ entry: Bus.Entry) -> Bool {
            past.isPastNeeded(of: entry.stream)
                && now - Int64(entry.id.milliseconds) <= Processor.Input.warmUpMs(of: entry.stream.kind)
        }
        let recalled = Processor.Input.recalled
        for entry in world.bus.log where recalled.contains(entry.stream.kind) && isRecent(entry) { _ = process(entry) }
        for place in 0..<group.next where kinds.contains(world.bus.log[place].stream.kind) {
            let entry = world.bus.log[place]
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

    private func process(_ entry: Bus.Entry) -> [Bus.Word] {
        var words: [Bus.Word] = []
        do throws(ContractError) {
            let input = try Processor.Input(stream: entry.stream, id: entry.id, fields: entry.fields)
            guard let input else { return [] }
            processor?.process(input) { output in
                var fields = Fields()
                output.encode(into: &fields)
                words.append(Bus.Word(stream: output.stream, fields: fields))
            }
        } catch {
            world.checker.violated("dead letter: \(name) can't read \(entry.stream): \(error)")
        }
        return words
    }
}
