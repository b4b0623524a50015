import Glibc
import RedisTestSupport
import ServiceKit
import TestSupport
import Testing
import TradingPrimitives
import Venue
import WebClient

@testable import BinanceFutures

/// The exchange simulator in a process of its own, and our client of it in this one.
final class SimulatorHarness {
    let context: ServiceContext
    let sockets: WebSocketClient
    let rest: RestClient
    private(set) var client: TradingClient?
    private(set) var events: [UserEvent] = []
    private(set) var connections = 0
    private var process: ChildProcess?
    private let port: Int
    private let factor: Int
    private let options: [String]
    private let log: String

    /// `exchange-simulator`, beside the bundle of tests.
    static var program: String? {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        guard let slash = bundle.lastIndex(of: "/") else { return nil }
        let program = bundle[..<slash] + "/exchange-simulator"
        return access(String(program), X_OK) == 0 ? String(program) : nil
    }

    /// `data-hub`, beside it.
    static var hubProgram: String? { program?.replacing("exchange-simulator", with: "data-hub") }

    /// A market that runs `factor` times as fast; `options`: more words for the simulator.
    init(factor: Int = 1, options: [String] = []) throws {
        self.factor = factor
        self.options = options
        port = freePort()
        log = "/tmp/vortex7-sim-\(port).log"
        let file = "/tmp/vortex7-sim-\(port).yaml"
        try #require(
            writeFile(
                file,
                """
                venue: {rest_url: "http://127.0.0.1:\(port)", stream_url: "ws://127.0.0.1:\(port)"}
                log: {level: warning}
                """))
        context = ServiceContext.start("executor", purpose: "", arguments: ["executor", "-c", file])
        removeFile(file)
        sockets = try #require(WebSocketClient(context.reactor))
        rest = try #require(
            RestClient(
                context, baseURL: context.settings.venue.restURL,
                signer: Signer(apiKey: "paper-key", secret: "paper-secret")))
        try startSimulator()
        client = TradingClient(
            context, sockets, rest, streamURL: context.settings.venue.streamURL,
            onEvent: { [unowned self] in events.append($0) }, onConnected: { [unowned self] in connections += 1 })
    }

    deinit {
        process?.kill()
        removeFile(log)
    }

    func startSimulator() throws {
        let program = try #require(Self.program)
        let process = try #require(
            ChildProcess(
                program,
                [
                    "run", "--port", "\(port)", "--symbols", "BTCUSDT", "--seed", "3", "--factor", "\(factor)",
                    "--log-level", "error",
                ] + options, output: log))
        self.process = process
        // It computes a past before it listens: how long that takes depends on what else the machine does.
        let end = SystemClock.monotonicUs() + 120_000_000
        while process.isAlive, SystemClock.monotonicUs() < end {
            var outcome: RestOutcome?
            rest.send(MarketRest.time()) { outcome = $0 }
            turn { outcome != nil }
            if case .success = outcome { return }
            usleep(50_000)
        }
        Issue.record("the simulator does not answer; alive: \(process.isAlive)")
    }

    /// The configuration of a hub that hears this venue and writes to that Redis.
    func configureHub(
        _ file: String, redis: String, symbols: [String] = ["BTCUSDT"], hub: String = "backfill_candles: 50"
    ) throws {
        let venue = context.settings.venue
        let names = symbols.map { "\"\($0)\"" }.joined(separator: ", ")
        try #require(
            writeFile(
                file,
                """
                symbols: [\(names)]
                redis: {url: "\(redis)"}
                venue: {rest_url: "\(venue.restURL)", stream_url: "\(venue.streamURL)", clock_rate: \(factor)}
                data-hub: {\(hub)}
                """))
    }

    func killSimulator() { process?.kill() }

    @discardableResult
    func turn(withinMs ms: Int64 = 300_000, until condition: () -> Bool) -> Bool {
        let end = SystemClock.monotonicUs() + ms * 1000
        while SystemClock.monotonicUs() < end {
            if condition() { return true }
            sockets.poll()
            context.reactor.poll(timeoutMs: 1)
        }
        return condition()
    }

    func ask(_ request: VenueRequest) throws -> VenueReply {
        var reply: VenueReply?
        client?.perform(request) { reply = $0 }
        turn { reply != nil }
        return try #require(reply)
    }

    func forgetEvents() { events.removeAll() }

    /// Asks the simulator for a fault, as its page tells.
    func fault(_ json: String) throws { try disturb("faults", json) }

    /// Asks it for an act.
    func act(_ json: String) throws { try disturb("acts", json) }

    private func disturb(_ page: String, _ json: String) throws {
        let result = try Subprocess.run(
            "/usr/bin/curl", ["-sf", "--data", json, "http://127.0.0.1:\(port)/sim/v1/\(page)"])
        #expect(result.exitCode == 0, "\(result.output)")
    }

    /// How often each rule has fired.
    func faultsFired() throws -> [Int] {
        let rules = try Subprocess.run("/usr/bin/curl", ["-sf", "http://127.0.0.1:\(port)/sim/v1/faults"]).output
        return rules.split(separator: "\"fired\":").dropFirst().compactMap { Int($0.prefix(while: \.isNumber)) }
    }

    /// The venue's best prices.
    func bestPrices() throws -> (bid: Price, ask: Price) {
        var outcome: RestOutcome?
        rest.send(RestRequest(.get, "/fapi/v1/ticker/bookTicker", [("symbol", "BTCUSDT")], weight: 2)) { outcome = $0 }
        turn { outcome != nil }
        guard case .success(let value) = outcome else {
            throw VenueError(code: 0, message: "\(String(describing: outcome))")
        }
        return (
            try #require(value["bidPrice"]?.decimal(Price.self)), try #require(value["askPrice"]?.decimal(Price.self))
        )
    }
}
