import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import TradingPrimitives

/// The real services as processes, with a Redis or a cluster of their own and the exchange simulator for a venue.
final class PaperSuite {
    /// Engines whose workers share the contracts.
    static let sharing = [
        "order-flow-engine", "tick-engine", "technical-engine", "sentiment-engine", "regime-filter",
    ]
    static let engines = sharing + ["decision-engine", "risk-manager"]

    static let journals =
        "executor: {journal: @/executor.journal}\nrisk-manager: {journal: @/risk-manager.journal}"

    private let server: RedisServer?
    private let cluster: RedisCluster?
    let symbols: [String]
    /// Where its files are.
    let folder: String
    private let port: Int
    /// The venue's REST address.
    var venueURL: String { "http://127.0.0.1:\(port)" }
    private let rate: Double
    /// Words before the program for the services that are started from now on: what starts them in its own way.
    var launcher: [String] = []
    private var processes: [String: ChildProcess] = [:]

    /// Where the executables stand: `VORTEX7_BIN`, else beside the tests.
    static let programs: String = {
        if let folder = ProcessInfo.processInfo.environment["VORTEX7_BIN"] { return folder }
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return URL(filePath: bundle).deletingLastPathComponent().path
    }()

    /// On a `cluster` where one is given, else on a Redis of its own.
    init?(
        symbols: [String] = ["BTCUSDT", "ETHUSDT"], rate: Double = 1, settings: String = "", postgres: String? = nil,
        cluster: RedisCluster? = nil
    ) {
        self.cluster = cluster
        server = cluster == nil ? RedisServer(["--appendonly", "yes", "--appendfsync", "everysec"]) : nil
        guard let folder = cluster?.directory ?? server?.directory else { return nil }
        self.folder = folder
        let url = cluster?.url ?? server?.address.description ?? ""
        self.symbols = symbols
        self.rate = rate
        port = freePort()
        let text = """
            symbols: [\(symbols.joined(separator: ", "))]
            redis: {url: "\(url)"}
            postgres: {url: "\(postgres ?? "postgresql://127.0.0.1:1/none")"}
            venue: {rest_url: "http://127.0.0.1:\(port)", stream_url: "ws://127.0.0.1:\(port)", api_key: paper-key, \
            api_secret: paper-secret, clock_rate: \(rate)}
            log: {level: info, form: json}
            \((settings.isEmpty ? Self.journals : settings).replacingOccurrences(of: "@", with: folder))
            """
        guard writeFile("\(folder)/suite.yaml", text) else { return nil }
    }

    deinit {
        for process in processes.values { process.kill() }
        server?.kill()
        try? FileManager.default.removeItem(atPath: folder)
    }

    func startSimulator(_ arguments: [String]) {
        processes["exchange-simulator"] = ChildProcess(
            "\(Self.programs)/exchange-simulator",
            ["run", "--port", "\(port)", "--symbols", symbols.joined(separator: ","), "--factor", "\(rate)"]
                + arguments,
            output: "\(folder)/exchange-simulator.log")
    }

    func start(_ services: [String]) {
        for service in services {
            let words = launcher + ["\(Self.programs)/\(service)", "-c", "\(folder)/suite.yaml"]
            processes[service] = ChildProcess(
                words[0], Array(words.dropFirst()), output: "\(folder)/\(service).log")
        }
    }

    /// Starts one more instance of a service under a name of its own, with settings that go before the suite's.
    func start(_ service: String, as name: String, _ settings: String) {
        let file = "\(folder)/\(name).yaml"
        guard writeFile(file, settings.replacingOccurrences(of: "@", with: folder)) else { return }
        let words = launcher + ["\(Self.programs)/\(service)", "-c", "\(folder)/suite.yaml", "-c", file]
        processes[name] = ChildProcess(words[0], Array(words.dropFirst()), output: "\(folder)/\(name).log")
    }

    func signal(_ service: String, _ number: Int32) { processes[service]?.signal(number) }
    /// Whether it has not ended yet; `exitCode` waits for that.
    func isAlive(_ service: String) -> Bool { processes[service]?.isAlive ?? false }
    func exitCode(_ service: String) -> Int32? { processes[service]?.wait() }

    func kill(_ service: String) { processes[service]?.kill() }

    /// Asks a service to stop; returns its exit code.
    func terminate(_ service: String) -> Int32? {
        processes[service]?.signal(SIGTERM)
        return processes[service]?.wait()
    }

    func log(_ service: String) -> String {
        (try? String(contentsOfFile: "\(folder)/\(service).log", encoding: .utf8)) ?? ""
    }

    /// Runs vortexctl against the suite.
    func control(_ arguments: [String]) throws -> Subprocess.Result {
        try Subprocess.run("\(Self.programs)/vortexctl", ["-c", "\(folder)/suite.yaml"] + arguments)
    }

    /// Resident memory of a service in MB.
    func residentMB(_ service: String) -> Double? {
        guard let process = processes[service],
            let text = try? String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = Double(line.split(separator: " ").dropLast().last ?? "")
        else { return nil }
        return kilobytes / 1024
    }

    // MARK: The venue's own word

    func venue(_ path: String) throws -> [String: Any] {
        let result = try Subprocess.run("/usr/bin/curl", ["-s", "--max-time", "60", venueURL + path])
        return try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any] ?? [:]
    }

    /// Asks the venue to go wrong: `faults` or `acts`. Nil when it did not take it.
    @discardableResult
    func disturb(_ path: String, _ json: String) -> String? {
        let result = try? Subprocess.run(
            "/usr/bin/curl", ["-s", "-f", "--max-time", "60", "-d", json, venueURL + "/sim/v1/" + path])
        return result.flatMap { $0.exitCode == 0 ? $0.output : nil }
    }

    /// What the venue tells of its faults, as it wrote it.
    func faults() -> String {
        (try? Subprocess.run("/usr/bin/curl", ["-s", "--max-time", "60", venueURL + "/sim/v1/faults"]).output) ?? ""
    }

    func endFaults() {
        _ = try? Subprocess.run(
            "/usr/bin/curl", ["-s", "--max-time", "60", "-X", "DELETE", venueURL + "/sim/v1/faults"])
    }

    /// Frames of each stream that the venue has sent.
    func framesSent() throws -> [String: Int] {
        var frames: [String: Int] = [:]
        for row in try venue("/sim/v1/status")["sent"] as? [[String: Any]] ?? [] {
            if let name = row["stream"] as? String { frames[name] = row["frames"] as? Int }
        }
        return frames
    }

    /// Asks again and again until `condition` holds; see `poll`.
    func wait(until condition: () throws -> Bool) -> Bool { poll(condition) }

    // MARK: Streams

    /// The one that is not a cluster.
    var redis: RedisServer {
        guard let server else { preconditionFailure("this suite runs on a cluster") }
        return server
    }

    func client() throws(RedisError) -> RedisClient {
        if let cluster { return try cluster.client() }
        return try redis.client()
    }

    func entries(_ key: String) throws -> [StreamEntry] {
        let client = try client()
        var all: [StreamEntry] = []
        var from = "-"
        while true {
            let page = try client.command("XRANGE", key, from, "+", "COUNT", "5000").elements.compactMap {
                StreamEntry($0)
            }
            all += page
            guard page.count == 5000, let last = page.last else { return all }
            from = "(\(last.id)"
        }
    }

    /// Whether all readers have done all that stands in the streams.
    func hasArrived() throws -> Bool {
        let client = try client()
        let keys = symbols.flatMap { symbol in
            StreamKind.allCases.filter(\.isPerSymbol).map { "\($0.rawValue):{\(symbol)}" }
        }
        for key in keys + StreamKind.allCases.filter({ !$0.isPerSymbol }).map(\.rawValue) {
            guard try client.command("EXISTS", key).integer == 1 else { continue }
            for group in try client.command("XINFO", "GROUPS", key).elements {
                guard group["lag"]?.integer == 0, group["pending"]?.integer == 0 else { return false }
            }
        }
        return true
    }

    func length(_ key: String) throws -> Int { Int(try client().command("XLEN", key).integer ?? 0) }
}

/// Asks again and again until `condition` holds. What it throws counts as not yet. False after five minutes: however busy the
/// machine is, by then a test hangs that would have passed.
func poll(_ condition: () throws -> Bool) -> Bool {
    let deadline = Date().addingTimeInterval(300)
    while Date() < deadline {
        if (try? condition()) == true { return true }
        usleep(100_000)
    }
    return false
}
