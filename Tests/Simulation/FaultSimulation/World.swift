import Decisions
import ExchangeSimulator
import Execution
import InProcessSuite
import OrderFlow
import Regime
import Risk
import Sentiment
import SignalContracts
import Technical
import TickFlow
import TradingPrimitives

/// The whole suite and its venue in one process, under one virtual clock and one seed.
final class World: HostWorld {
    let scheduler: VirtualClock
    let trouble: Trouble
    let mutation: Mutation?
    let symbols: [Symbol]
    let rules: Rules
    let bus: MemoryBus
    private(set) var checker: Checker!
    private(set) var network: Network!
    private(set) var venue: VenueNode!
    private(set) var hub: HubNode!
    private(set) var executor: ExecutorNode!
    private(set) var decision: MemoryHost<DecisionEngine>!
    private(set) var risk: MemoryHost<RiskManager>!
    private(set) var nodes: [any SuiteNode] = []
    /// The risk manager's journal.
    private var session = RiskSession()
    /// Commands by which a person let entries begin again.
    private(set) var starts: [String] = []
    private var isClosing = false
    /// What happened, for a person who looks into one seed; nil otherwise.
    private(set) var story: [String]?
    /// Steps that a node has left to live, by its name.
    private var doom: [String: Int] = [:]

    /// A Tuesday, three hours from any funding.
    static let start = Timestamp(milliseconds: 1_762_860_000_000)

    init(seed: UInt64, mutation: Mutation?, isTold: Bool, isText: Bool) {
        story = isTold ? [] : nil
        scheduler = VirtualClock(start: Self.start)
        trouble = Trouble(seed: seed)
        self.mutation = mutation
        symbols = ["BTCUSDT", "ETHUSDT", "SOLUSDT"].compactMap { Symbol($0) }
        rules = Rules(trouble, mutation)
        bus = MemoryBus(scheduler, isText: isText)
        checker = Checker(self)
        network = Network(self)
        venue = VenueNode(self, seed: seed)
        hub = HubNode(self)
        executor = ExecutorNode(self)
        decision = host("decision-engine") { [unowned self] in DecisionEngine(symbols: symbols, rules.decision) }
        risk = host("risk-manager", beforeCommit: { [unowned self] in session = $0.session }) { [unowned self] in
            RiskManager(rules.risk, session: session)
        }
        nodes = engines() + [hub, executor]
        bus.onWrite = { [unowned self] in for node in nodes { node.wake() } }
        bus.onSecondAcknowledgement = { [unowned self] in checker.violated("\($0) commits what it has committed") }
        bus.onUnreadable = { [unowned self] in checker.violated("dead letter: \($0) can't be read: \($1)") }
    }

    private func engines() -> [any SuiteNode] {
        [
            host("order-flow-engine", worker: 1) { PerSymbol { _ in OrderFlow(OrderFlowConfiguration()) } },
            host("order-flow-engine", worker: 2) { PerSymbol { _ in OrderFlow(OrderFlowConfiguration()) } },
            host("tick-engine", worker: 1) { PerSymbol { _ in TickFlow(TickFlowConfiguration()) } },
            host("tick-engine", worker: 2) { PerSymbol { _ in TickFlow(TickFlowConfiguration()) } },
            host("technical-engine") { PerSymbol { _ in Technical(TechnicalConfiguration()) } },
            host("sentiment-engine") { PerSymbol { _ in Sentiment(SentimentConfiguration()) } },
            host("regime-filter") { RegimeFilter(RegimeConfiguration()) },
            decision, risk,
        ]
    }

    /// The one instance of a service, or one of the workers that share its symbols.
    private func host<Processor: StreamProcessor>(
        _ service: String, worker: Int? = nil, beforeCommit: @escaping (inout Processor) -> Void = { _ in },
        make: @escaping () -> Processor
    ) -> MemoryHost<Processor> where Processor.Input: MessageInput, Processor.Output: MessageOutput {
        MemoryHost(
            worker.map { "\(service)-\($0)" } ?? service, of: service, isLeased: worker != nil, in: self, on: bus,
            scheduler, symbols: symbols, mistake: mutation?.ofHosts,
            beforeCommit: beforeCommit, make: make)
    }

    /// Milliseconds since the beginning.
    var elapsedMs: Int64 { (scheduler.nowUs - Self.start.milliseconds * 1000) / 1000 }

    func tell(_ text: @autoclosure () -> String) { if story != nil { story?.append("\(elapsedMs) \(text())") } }

    func complain(_ text: String) { checker.violated(text) }

    // MARK: Chance

    /// From one service to the next, microseconds.
    func hopUs() -> Int64 { trouble.pick(100...1500) }
    /// One way to the venue or back, microseconds.
    func tripUs() -> Int64 { trouble.pick(3000...25_000) }

    /// Whether the node's time has come; then it is gone, and starts again a little later.
    func dies(_ node: any SuiteNode) -> Bool {
        guard let left = doom[node.name] else { return false }
        doom[node.name] = left - 1
        guard left <= 1 else { return false }
        kill(node)
        return true
    }

    /// Whether a connection to the bus breaks at this moment, so that an answer is lost.
    func isCut() -> Bool {
        trouble.isActive && trouble.families.contains(.bus) && trouble.pick(0...Self.answersACut) == 0
    }
    private static let answersACut: Int64 = 200

    private func kill(_ node: any SuiteNode) {
        doom[node.name] = nil
        tell("kill \(node.name)")
        node.kill()
        scheduler.after(ms: trouble.pick(50...2500)) { node.start() }
    }

    // MARK: A run

    private static let quietMs: Int64 = 31_000
    private static let troubledMs: Int64 = 31_000
    private static let calmMs: Int64 = 12_000
    private static let closingMs: Int64 = 25_000

    func run() {
        for node in nodes { node.start() }
        scheduler.run(forMs: Self.quietMs)
        trouble.isActive = true
        strike()
        scheduler.run(forMs: Self.troubledMs) { checker.hasFailed }
        calmDown()
        if checker.hasFailed { return }
        let calmSince = scheduler.now
        scheduler.run(forMs: Self.calmMs) { checker.hasFailed }
        if checker.hasFailed { return }
        checker.expectConvergence()
        scheduler.run(forMs: Checker.againMaxMs - Self.calmMs) {
            checker.hasFailed || checker.canTradeAgain(since: calmSince)
        }
        checker.expectTradingAgain(since: calmSince)
        if checker.hasFailed { return }
        closeAll()
        scheduler.run(forMs: Self.closingMs) { checker.hasFailed || isClosed }
        if !checker.hasFailed { checker.expectEnd() }
    }

    /// Ends all faults; who is down starts.
    private func calmDown() {
        trouble.isActive = false
        doom = [:]
        network.isPartitioned = false
        network.isMarketSilent = false
        venue.act { $0.faults.removeAll() }
        network.isUserSilent = false
        executor.disk.isBroken = false
        if !bus.isUp { bus.comeUp() }
        for node in nodes {
            node.isPaused = false
            node.start()
        }
        answerEmergencies()
    }

    /// Lets go of everything: what is to happen holds those to whom it happens.
    func dispose() {
        scheduler.removeAll()
        bus.onWrite = {}
        bus.onSecondAcknowledgement = { _ in }
        bus.onUnreadable = { _, _ in }
        nodes = []
        (hub, executor, venue, network, checker) = (nil, nil, nil, nil, nil)
        (decision, risk) = (nil, nil)
    }

    /// Both commands were answered, and what may be left over had its time to go.
    private var isClosed: Bool {
        checker.replyCount >= 2 + starts.count && scheduler.nowUs - checker.lastReplyUs > 6_000_000
    }

    static let commands = (stop: "sim-stop", closeAll: "sim-close-all")

    private func closeAll() {
        isClosing = true
        say(Self.commands.stop, .stop)
        say(Self.commands.closeAll, .closeAll)
    }

    private func say(_ id: String, _ name: CommandName) {
        let command = Command(id: id, issuedAt: scheduler.now, author: "simulation", name: name)
        bus.write([MemoryBus.Word(StreamName(.command), .command(command))])
    }

    /// A wallet that fell stops entries until a person says 'start': one does, once the trouble is over.
    private func answerEmergencies() {
        scheduler.after(ms: 1000) { [unowned self] in
            guard !isClosing else { return }
            if checker.alerts.remove("emergency_stop") != nil {
                starts.append("sim-start-\(starts.count)")
                say(starts[starts.count - 1], .start)
            }
            answerEmergencies()
        }
    }

    /// One blow after the other, until the calm.
    private func strike() {
        scheduler.after(ms: trouble.pick(100...trouble.blowEveryMs)) { [unowned self] in
            guard trouble.isActive else { return }
            if let family = Trouble.Family.blows.filter(trouble.families.contains).randomElement(by: trouble) {
                trouble.strike(family)
                blow(family)
            }
            strike()
        }
    }

    private func blow(_ family: Trouble.Family) {
        tell("fault: \(family)")
        switch family {
        case .executor: doomOrKill(executor)
        case .services: doomOrKill(trouble.pick(of: nodes.filter { $0 !== executor }))
        case .pauses: pause(trouble.pick(0...1) == 0 ? executor : trouble.pick(of: nodes))
        case .userStream:
            if trouble.pick(0...1) == 0 { return network.cutUser() }
            silence(\.isUserSilent, for: 200...6000)
        case .market:
            if trouble.pick(0...2) == 0 { return Force.distort(self) }
            silence(\.isMarketSilent, for: 200...8000)
        case .partition:
            silence(\.isPartitioned, for: 200...9000)
            if trouble.pick(0...1) == 0 { network.cutUser() }
        case .bus:
            // What closes at a minute's end comes once.
            if trouble.pick(0...3) == 0 {
                return scheduler.after(ms: untilCloses() + trouble.pick(50...1900)) { [unowned self] in strikeBus() }
            }
            strikeBus()
        case .disk:
            executor.disk.isBroken = true
            scheduler.after(ms: trouble.pick(50...3000)) { [unowned self] in executor.disk.isBroken = false }
        case .people: People.act(self)
        case .force: Force.strike(self)
        case .requests, .throttling, .frames, .stops, .lateness, .absurdity, .fees, .bounds: break
        }
    }

    private func doomOrKill(_ node: any SuiteNode) {
        guard node.isUp, !node.isPaused else { return }
        if trouble.pick(0...2) == 0 { kill(node) } else { doom[node.name] = Int(trouble.pick(1...14)) }
    }

    private func pause(_ node: any SuiteNode) {
        guard node.isUp, !node.isPaused else { return }
        node.isPaused = true
        scheduler.after(ms: trouble.pick(100...7000)) { node.isPaused = false }
    }

    private func silence(_ line: ReferenceWritableKeyPath<Network, Bool>, for ms: ClosedRange<Int64>) {
        network[keyPath: line] = true
        scheduler.after(ms: trouble.pick(ms)) { [unowned self] in network[keyPath: line] = false }
    }

    private func untilCloses() -> Int64 {
        scheduler.now.floored(to: 60_000) + 60_000 - scheduler.now
    }

    private func strikeBus() {
        guard bus.isUp, trouble.isActive else { return }
        bus.goDown()
        if trouble.pick(0...1) == 0 { bus.loseTail(ms: trouble.pick(50...1000)) }
        scheduler.after(ms: trouble.pick(50...3000)) { [unowned self] in if !bus.isUp { bus.comeUp() } }
    }
}

extension Trouble.Family {
    /// Those that strike at a moment; the others have their chance with each request, frame or order.
    static let blows: [Self] = [
        .executor, .services, .pauses, .userStream, .market, .partition, .bus, .disk, .people, .force,
    ]
}

extension [Trouble.Family] {
    fileprivate func randomElement(by trouble: Trouble) -> Element? { isEmpty ? nil : trouble.pick(of: self) }
}
