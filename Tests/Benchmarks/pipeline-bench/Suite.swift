import Glibc
import RedisTestSupport
import ServiceKit

/// The real services of the path from a frame to an order, as processes, with the exchange simulator for a venue.
final class Suite {
    static let engines = ["order-flow-engine", "tick-engine", "technical-engine", "decision-engine", "risk-manager"]
    /// Those whose times are noted, in the order of the path.
    static let stages = ["data-hub", "order-flow-engine", "decision-engine", "risk-manager", "executor"]

    /// SCHED_BATCH, which sched.h shows only with _GNU_SOURCE: its processes push no other one aside when they wake.
    private static let batchPolicy: Int32 = 3

    private let folder: String
    private let programs: String
    private let port: UInt16
    private var processes: [(name: String, process: ChildProcess)] = []

    /// Nil when the files can't be written. Plans follow each other as soon as a symbol is free again.
    init?(_ server: RedisServer, programs: String, port: UInt16) {
        folder = server.directory
        self.programs = programs
        self.port = port
        let traces = Dictionary(uniqueKeysWithValues: Self.stages.map { ($0, "latency_file: \(folder)/\($0).us") })
        let symbols = MarketRecording.contracts.map(\.name).joined(separator: ", ")
        let text = """
            profile: phase1
            symbols: [\(symbols)]
            redis: {url: "\(server.address)"}
            venue: {rest_url: "http://127.0.0.1:\(port)", stream_url: "ws://127.0.0.1:\(port)", api_key: paper-key, \
            api_secret: paper-secret}
            log: {level: info, form: json}
            data-hub: {\(traces["data-hub"] ?? ""), open_interest_seconds: 600}
            order-flow-engine: {\(traces["order-flow-engine"] ?? "")}
            decision-engine: {\(traces["decision-engine"] ?? ""), publish_every_ms: 700, positions_max: 100, \
            spread_max: 0.01}
            risk-manager: {\(traces["risk-manager"] ?? ""), reward_to_risk_min: 0, profit_min: 0, \
            risk_per_trade: 0.0001, positions_max: 100, momentum: {entry_timeout_ms: 500}, \
            breakers: {streak_losses: 1000, hourly_losses: 1000, hourly_trades: 100000, daily_loss_max: 1}, \
            journal: \(folder)/risk-manager.journal}
            executor: {\(traces["executor"] ?? ""), journal: \(folder)/executor.journal, positions_max: 100, \
            reconcile_every_ms: 30000}

            """
        guard writeFile(folder + "/suite.yaml", text),
            MarketRecording.write(folder + "/market.txt", from: Int(SystemClock.wallUs() / 1000), seconds: 240)
        else { return nil }
    }

    func stop() {
        for (_, process) in processes { process.signal(SIGTERM) }
        for (_, process) in processes { _ = process.wait() }
        processes = []
    }

    deinit {
        stop()
        let names = (Self.engines + ["data-hub", "executor", "exchange-simulator"]).flatMap {
            ["\($0).log", "\($0).us"]
        }
        for name in names + ["suite.yaml", "market.txt", "executor.journal", "risk-manager.journal"] {
            removeFile("\(folder)/\(name)")
        }
    }

    func start() {
        start(
            "exchange-simulator",
            ["run", "--port", "\(port)", "--data", folder + "/market.txt", "--history", "synthetic"])
        yieldToTheSuite()
        sleep(2)
        for name in Self.engines + ["executor", "data-hub"] { start(name, ["-c", folder + "/suite.yaml"]) }
    }

    /// The venue is elsewhere in truth: here it must not take a processor away from a service that has just woken it.
    private func yieldToTheSuite() {
        var parameters = sched_param()
        if let venue = processes.last?.process { sched_setscheduler(venue.id, Self.batchPolicy, &parameters) }
    }

    private func start(_ name: String, _ arguments: [String]) {
        guard let child = ChildProcess("\(programs)/\(name)", arguments, output: "\(folder)/\(name).log") else {
            return
        }
        processes.append((name, child))
    }

    /// Of each market event, when what it set off left this stage; microseconds since 1970.
    func times(_ stage: String) -> [Int64: Int64] {
        var times: [Int64: Int64] = [:]
        for line in (readFile("\(folder)/\(stage).us") ?? []).split(separator: UInt8(ascii: "\n")) {
            let numbers = String(decoding: line, as: UTF8.self).split(separator: " ").compactMap { Int64($0) }
            if numbers.count == 2, times[numbers[0]] == nil { times[numbers[0]] = numbers[1] }
        }
        return times
    }

    func logEnd(_ name: String) -> String {
        String(decoding: (readFile("\(folder)/\(name).log") ?? []).suffix(600), as: UTF8.self)
    }
}
