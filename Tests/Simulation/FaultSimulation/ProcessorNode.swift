import SignalContracts
import TradingPrimitives

/// Something that runs as a process: it can be killed, paused and started.
protocol Node: AnyObject {
    var name: String { get }
    var isUp: Bool { get }
    /// Between SIGSTOP and SIGCONT.
    var isPaused: Bool { get set }
    func kill()
    func start()
    /// There may be something to do.
    func wake()
}

/// A service that hosts a processor: reads a batch, processes it, commits outputs and acknowledgement together. On a start
/// it replays the window that the processor declares with its outputs muted, then what was pending, then goes on.
final class ProcessorNode<Processor: StreamProcessor>: Node
where Processor.Input: StreamInput, Processor.Output: StreamOutput {
    let name: String
    private let world: World
    private let make: () -> Processor
    /// Makes durable what must be before a batch commits.
    private let beforeCommit: (inout Processor) -> Void
    private let kinds: Set<StreamKind>
    private(set) var processor: Processor?
    private var serverId = 0
    private(set) var isUp = false
    var isPaused = false { didSet { if !isPaused { wake() } } }
    private var isWoken = false
    /// Turns of an earlier life do nothing.
    private var life = 0
    private static var batchMax: Int { 32 }

    init(
        _ name: String, _ world: World, beforeCommit: @escaping (inout Processor) -> Void = { _ in },
        make: @escaping () -> Processor
    ) {
        (self.name, self.world, self.make, self.beforeCommit) = (name, world, make, beforeCommit)
        kinds = Set(Processor.Input.streams)
    }

    func start() {
        guard !isUp else { return }
        isUp = true
        wake()
    }

    func kill() {
        isUp = false
        isPaused = false
        processor = nil
        isWoken = false
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
        guard isUp, !isPaused, world.bus.isUp else { return }
        if processor == nil || serverId != world.bus.serverId { recover() }
        // It may have died over it.
        guard isUp, processor != nil else { return }
        let places = world.bus.read(name, kinds, max: Self.batchMax)
        guard !places.isEmpty else { return }
        if world.mutation == .acknowledgeBeforeProcessing { world.bus.commit(name, acknowledging: places, []) }
        var words: [Bus.Word] = []
        for place in places { words += process(world.bus.log[place]) }
        commit(places, words)
        wake()
    }

    private func commit(_ places: [Int], _ words: [Bus.Word]) {
        if world.dies(self) { return }
        if var processor {
            beforeCommit(&processor)
            self.processor = processor
        }
        if world.dies(self) { return }
        world.bus.commit(name, acknowledging: places, words)
    }

    private func recover() {
        serverId = world.bus.serverId
        processor = make()
        let group = world.bus.group(name)
        let pending = Set(group.pending)
        let now = world.scheduler.nowUs / 1000
        func isRecent(_ entry: Bus.Entry) -> Bool {
            now - Int64(entry.id.milliseconds) <= Processor.Input.warmUpMs(of: entry.stream.kind)
        }
        let recalled = Processor.Input.recalled
        for entry in world.bus.log
        where recalled.contains(entry.stream.kind) && isRecent(entry) { _ = process(entry) }
        var words: [Bus.Word] = []
        for place in 0..<group.next where kinds.contains(world.bus.log[place].stream.kind) {
            let entry = world.bus.log[place]
            if pending.contains(place) {
                words += process(entry)
            } else if isRecent(entry) {
                _ = process(entry)
            }
        }
        commit(group.pending, words)
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
