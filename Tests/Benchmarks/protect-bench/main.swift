import Glibc
import RedisTestSupport
import ServiceKit
import StreamBus
import TradingPrimitives

// protect-bench [POSITIONS [RESTARTS]]: how long a position is without a stop, after its first fill and after a restart of the
// executor, with a venue 50 ms away. It fails when one of both was not to be seen. `protect-bench proxy PORT TARGET MS` is the way
// there.

let arguments = CommandLine.arguments
let roundTripMs = 50
let programs = arguments[0].split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
let symbols = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "BNBUSDT", "XRPUSDT"].compactMap { Symbol($0) }

func say(_ text: String) {
    print(text)
    fflush(nil)
}

/// Services, a simulated venue, and a proxy before it for the executor alone.
@MainActor final class Stage {
    let server: RedisServer
    let view: VenueView
    private let far: Int
    private let near: Int
    private var processes: [String: ChildProcess] = [:]

    init?() {
        guard let server = RedisServer() else { return nil }
        self.server = server
        near = freePort()
        far = freePort()
        for (name, port) in [("near", near), ("far", far)] {
            let text = """
                symbols: [\(symbols.map(\.name).joined(separator: ", "))]
                redis: {url: "\(server.address)"}
                venue: {rest_url: "http://127.0.0.1:\(port)", stream_url: "ws://127.0.0.1:\(port)", api_key: paper-key, \
                api_secret: paper-secret}
                log: {level: info, form: json}
                executor: {journal: \(server.directory)/executor.journal, positions_max: \(symbols.count)}
                """
            guard writeFile("\(server.directory)/\(name).yaml", text) else { return nil }
        }
        guard
            let view = VenueView(
                configuration: server.directory + "/near.yaml", url: "http://127.0.0.1:\(near)")
        else { return nil }
        self.view = view
        start(
            "exchange-simulator",
            ["run", "--port", "\(near)", "--symbols", symbols.map(\.name).joined(separator: ","), "--seed", "3"])
        start("protect-bench", ["proxy", "\(far)", "\(near)", "\(roundTripMs / 2)"])
        start("data-hub", ["-c", server.directory + "/near.yaml"])
        startExecutor()
    }

    func startExecutor() { start("executor", ["-c", server.directory + "/far.yaml"]) }
    func killExecutor() { processes["executor"]?.kill() }

    private func start(_ name: String, _ arguments: [String]) {
        processes[name] = ChildProcess("\(programs)/\(name)", arguments, output: "\(server.directory)/\(name).log")
    }

    func stop() {
        for process in processes.values { process.kill() }
        for name in processes.keys { removeFile("\(server.directory)/\(name).log") }
        for name in ["near.yaml", "far.yaml", "executor.journal"] { removeFile("\(server.directory)/\(name)") }
    }

    /// Looks every `everyMs` until `body` gives something; nil after a time-out.
    func wait<Value>(seconds: Double, everyMs: UInt32 = 100, _ body: () throws(RedisError) -> Value?) throws(RedisError)
        -> Value?
    {
        let end = SystemClock.monotonicUs() + Int64(seconds * 1_000_000)
        while SystemClock.monotonicUs() < end {
            if let value = try body() { return value }
            usleep(everyMs * 1000)
        }
        return nil
    }
}

func milliseconds(_ values: [Double]) -> String {
    let sorted = values.sorted()
    func quantile(_ share: Double) -> Int {
        sorted.isEmpty ? 0 : Int(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))])
    }
    return "\(values.count) times: p50 \(quantile(0.5)) ms, p99 \(quantile(0.99)) ms, max \(quantile(1)) ms"
}

@MainActor func measureFills(_ stage: Stage, _ trader: Trader, count: Int) throws(RedisError) -> Bool {
    var times: [Double] = []
    _ = try stage.wait(seconds: 300, everyMs: 200) { () throws(RedisError) -> Bool? in
        try trader.plan(symbols, holdMs: 1000)
        times = try trader.protectionTimes()
        return times.count >= count ? true : nil
    }
    say("fill → stop made, by the venue's ledger: \(milliseconds(stage.view.protectionTimes()))")
    say("fill → stop accepted, as the executor knows it: \(milliseconds(times))")
    return times.count >= count
}

/// Each time the executor is killed, its stops are taken away, and it is started again: the worst that it can find.
@MainActor func measureRestarts(_ stage: Stage, _ trader: Trader, count: Int) throws(RedisError) -> Bool {
    var times: [Double] = []
    for _ in 0..<count {
        let held = try stage.wait(seconds: 60, everyMs: 200) { () throws(RedisError) -> [Symbol]? in
            guard let exposure = stage.view.exposure() else { return nil }
            try trader.plan(symbols.filter { !exposure.held.contains($0) }, holdMs: 60_000)
            return exposure.held.count >= 3 && exposure.naked.isEmpty ? exposure.held : nil
        }
        guard let held else { continue }
        stage.killExecutor()
        for symbol in held { stage.view.cancelStops(symbol) }
        let began = SystemClock.monotonicUs()
        stage.startExecutor()
        let isProtected = try stage.wait(seconds: 30, everyMs: 10) {
            stage.view.exposure()?.naked.isEmpty == true ? true : nil
        }
        times.append(isProtected == nil ? 30_000 : Double(SystemClock.monotonicUs() - began) / 1000)
    }
    say("restart → all protected, at least three positions without stops: \(milliseconds(times))")
    return times.count == count
}

@MainActor func measure() throws(RedisError) -> Bool {
    guard let stage = Stage() else { return false }
    defer { stage.stop() }
    guard let rules = stage.view.rules(symbols) else { return false }
    let trader = Trader(try stage.server.client(), rules)
    say("\(roundTripMs) ms to the venue and back, \(symbols.count) contracts")
    func number(_ place: Int, _ otherwise: Int) -> Int {
        arguments.count > place ? Int(arguments[place]) ?? otherwise : otherwise
    }
    guard try measureFills(stage, trader, count: number(1, 300)) else {
        complain("protect-bench: there were fewer positions than that within five minutes")
        return false
    }
    guard try measureRestarts(stage, trader, count: number(2, 10)) else {
        complain("protect-bench: a minute went by without three positions to restart with")
        return false
    }
    return true
}

if arguments.count == 5, arguments[1] == "proxy", let port = Int(arguments[2]), let target = Int(arguments[3]),
    let delayMs = Int64(arguments[4])
{
    DelayProxy(port: port, target: target, delayMs: delayMs)?.run()
    ExitCode.failure.exit()
}
do throws(RedisError) {
    if try !measure() { ExitCode.failure.exit() }
} catch {
    complain("protect-bench: \(error)")
    ExitCode.failure.exit()
}
