import BinanceFutures
import Execution
import InProcessSuite
import SignalContracts
import TradingPrimitives
import Venue
import WebClient

/// The executor as a process: the core, its journal, its words, its line to the venue. Does what the core wants through the
/// same `perform` as the service, and may die between any two steps of it.
final class ExecutorNode: SuiteNode {
    let name = "executor"
    let world: World
    let disk = Disk()
    private(set) var core: Executor
    private(set) var isUp = false
    /// Since when it is up, has its rules and is not paused.
    private(set) var workingSinceUs: Int64 = 0
    var isPaused = false {
        didSet {
            if isPaused != oldValue { pausedChanged() }
        }
    }
    private var life = 0
    private var isReady = false
    private var waiting: [ExecutorEvent] = []
    private var isHandling = false
    private var isWritable = true
    private var isWoken = false
    private var isUserUp = false
    private var journal = JournalMemory()
    private var outbox: OutboxLine
    private var saidUpTo: UInt64 = 0
    private var tickCount = 0
    var heldWords: [(number: UInt64, message: ExecutorMessage)] = []
    private static let timerMs: Int64 = 50
    private static let ticksASecond = 20
    /// A journal of more is compacted.
    private static let recordsMax = 20

    init(_ world: World) {
        self.world = world
        core = Executor(symbols: world.symbols, world.rules.executor)
        outbox = OutboxLine(world)
    }

    /// Up, not paused, and given its rules.
    var isWorking: Bool { isUp && !isPaused && isReady }

    // MARK: Life

    func start() {
        guard !isUp else { return }
        isUp = true
        life += 1
        core = Executor(symbols: world.symbols, world.rules.executor)
        journal = JournalMemory()
        outbox = OutboxLine(world)
        saidUpTo = 0
        remember()
        let life = life
        world.scheduler.after(ms: world.trouble.pick(20...80)) { [self] in if life == self.life { begin() } }
    }

    /// Reads the journal.
    private func remember() {
        for record in disk.durable {
            do throws(ContractError) {
                let read = try ExecutorRecord(bytes: record.bytes[...])
                journal.take(record.number, read)
                if world.mutation == .forgetPlans, case .plan = read { continue }
                core.remember(read)
            } catch {
                world.checker.violated("journal record \(record.number) can't be read: \(error)")
            }
        }
        for (number, message) in journal.unsaid { outbox.say(message, number: number) }
    }

    private func begin() {
        guard let value = world.network.isPartitioned ? nil : world.venue.ask(MarketRest.exchangeInfo()) else {
            let life = life
            return world.scheduler.after(ms: 500) { [self] in if life == self.life { begin() } }
        }
        isReady = true
        world.tell("executor begins")
        workingSinceUs = world.scheduler.nowUs
        core.recovered(at: world.scheduler.now)
        for rules in MarketRest.instruments(value, world.symbols) { handle(.rules(rules)) }
        outbox.flush()
        connectUser()
        wake()
        tick()
    }

    private func tick() {
        let life = life
        world.scheduler.after(ms: Self.timerMs) { [self] in
            guard life == self.life else { return }
            if !isPaused {
                keepJournal()
                handle(.timer)
            }
            guard life == self.life else { return }
            tick()
        }
    }

    /// Once a second, as the service.
    private func keepJournal() {
        tickCount += 1
        if world.mutation == .healUnheard, !isWritable { isWritable = disk.sync() }
        guard isUp, !isHandling, tickCount.isMultiple(of: Self.ticksASecond) else { return }
        do throws(Crash) {
            try compactIfLong()
            outbox.ask()
            guard outbox.saidUpTo > saidUpTo else { return }
            saidUpTo = outbox.saidUpTo
            _ = try append(.said(upTo: Int(clamping: saidUpTo)))
            try beginSync()
        } catch {}
    }

    private func compactIfLong() throws(Crash) {
        guard !core.hasPosition, disk.durable.count > Self.recordsMax, isWritable, disk.sync() else { return }
        try step()
        var memory = journal
        if world.mutation == .dropUnsaid { memory.take(0, .said(upTo: .max)) }
        disk.replace(by: memory.compact(core, identity: "simulation", mode: "paper").map(\.bytes))
        try step()
    }

    func kill() {
        guard isUp else { return }
        isUp = false
        outbox.end()
        isReady = false
        isPaused = false
        isHandling = false
        isWritable = true
        isWoken = false
        waiting = []
        heldWords = []
        life += 1
        disk.crash(isKept: world.trouble.pick(0...1) == 0)
        isUserUp = false
        world.network.dropUser()
    }

    private func pausedChanged() {
        if !isPaused, isUp {
            workingSinceUs = world.scheduler.nowUs
            world.scheduler.after(us: 1) { [self] in
                handleWaiting()
                wake()
            }
        }
    }

    // MARK: The user stream

    private func connectUser() {
        let life = life
        world.scheduler.after(ms: world.trouble.pick(30...700)) { [self] in
            guard life == self.life, !isUserUp else { return }
            guard world.network.connectUser() else { return connectUser() }
            isUserUp = true
            if world.mutation == .stayBlind, world.trouble.isActive { return }
            handle(.userStream(isUp: true))
        }
    }

    func userStreamEnded() {
        guard isUp, isUserUp else { return }
        isUserUp = false
        handle(.userStream(isUp: false))
        connectUser()
    }

    func hear(frame: UnsafeRawBufferPointer, isAbsurd: Bool) {
        do throws(FrameError) {
            guard let event = try UserEvent.read(frame) else { return }
            world.checker.delivered(event)
            handle(.user(world.mutation?.altered(event, world) ?? event))
        } catch {
            guard isAbsurd else { return world.checker.violated("the executor can't read a frame: \(error)") }
            // As the client does: the venue is to be looked at again.
            handle(.userStream(isUp: true))
        }
    }

    // MARK: Streams

    func wake() {
        guard isUp, isReady, !isPaused, !isWoken else { return }
        isWoken = true
        let life = life
        world.scheduler.after(us: world.hopUs()) { [self] in
            guard life == self.life else { return }
            isWoken = false
            outbox.flush()
            read()
        }
    }

    private func read() {
        guard isWorking, world.bus.isUp else { return }
        let life = life
        var places = world.bus.group(name).pending
        places += world.bus.read(name, Set(ExecutorInput.streams), of: world.symbols, max: 32)
        guard !places.isEmpty else { return }
        for place in places {
            let entry = world.bus.log[place]
            if let event = ExecutorInput(stream: entry.stream, id: entry.id, message: entry.message)?.event {
                world.checker.heard(event)
                handle(world.mutation?.altered(event, at: world.scheduler.now) ?? event)
            }
            if life != self.life { return }
        }
        if world.dies(self) { return }
        world.bus.commit(name, acknowledging: places, [])
        wake()
    }

    // MARK: Events and effects

    func handle(_ event: ExecutorEvent) {
        guard isUp, isReady else { return }
        waiting.append(event)
        handleWaiting()
    }

    private func handleWaiting() {
        guard !isHandling, !isPaused else { return }
        isHandling = true
        let life = life
        while !waiting.isEmpty {
            let next = waiting.removeFirst()
            let effects = core.handle(next, at: world.scheduler.now)
            let wanted = world.mutation?.altered(effects, world) ?? effects
            do throws(Crash) {
                waiting += try perform(wanted, wasWritable: isWritable)
            } catch {
                return
            }
            if life != self.life { return }
        }
        isHandling = false
    }
}

/// The process died in the middle of what it was doing.
struct Crash: Error {}

extension ExecutorNode: ExecutorWorld {
    struct Ready {
        let id: RequestId
        let request: VenueRequest
        let life: Int
    }

    /// Each step may be the last one.
    private func step() throws(Crash) {
        if world.dies(self) { throw Crash() }
    }

    func append(_ record: ExecutorRecord) throws(Crash) -> UInt64 {
        try step()
        let number = disk.append(record.bytes)
        journal.take(number, record)
        return number
    }

    func beginSync() throws(Crash) {
        disk.begin()
        try step()
    }

    func sync() throws(Crash) -> Bool {
        if world.mutation == .sendBeforeJournal { return true }
        try step()
        isWritable = disk.sync()
        try step()
        return isWritable
    }

    func prepare(_ id: RequestId, _ request: VenueRequest) throws(Crash) -> Ready? {
        try step()
        return Ready(id: id, request: request, life: life)
    }

    func send(_ ready: Ready) throws(Crash) {
        try step()
        world.checker.sent(ready.request, by: self)
        world.network.carry(ready.request) { [self] reply in
            guard ready.life == life else { return }
            world.tell("reply to \(ready.request): \(reply)")
            if world.mutation == .resendOnTimeout, case .unknown = reply, case .placeOrder(let order) = ready.request {
                world.network.carry(.placeOrder(order.again())) { _ in }
            }
            handle(.reply(ready.id, world.mutation?.altered(reply, to: ready.request) ?? reply))
        }
        try step()
    }

    func drop(_ ready: Ready) throws(Crash) { try step() }

    func say(_ message: ExecutorMessage, number: UInt64) throws(Crash) {
        try step()
        if world.mutation?.isSwallowed(message) == true { return }
        world.checker.said(message)
        outbox.say(message, number: number)
        outbox.flush()
    }

    func show(_ fact: ExecutorFact) throws(Crash) {
        guard world.bus.isUp else { return }
        switch fact {
        case .account(let update): world.bus.write([MemoryBus.Word(StreamName(.account), .account(update))])
        case .contract(let symbol, let terms):
            world.bus.write([MemoryBus.Word(StreamName(.contract, symbol), .contract(terms))])
        case .position: break
        }
    }
}
