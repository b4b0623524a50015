import Glibc
import RedisTestSupport
import ServiceKit
import SignalContracts
import StreamBus
import TestSupport
import Testing
import TradingPrimitives

/// The hub as a process with a contract among its own that the venue does not have.
@Suite(.serialized, .enabled(if: SimulatorHarness.program != nil, "needs exchange-simulator, built beside the tests"))
struct UnlistedContractTests {
    @Test(arguments: ["LUNAUSDT", "币安USDT"])
    func `a contract that the venue does not list costs itself alone, and is named`(name: String) throws {
        let harness = try SimulatorHarness()
        let server = try #require(RedisServer())
        let redis = try server.client()
        let file = server.directory + "/suite.yaml", log = server.directory + "/hub.log", port = freePort()
        try harness.configureHub(
            file, redis: "\(server.address)", symbols: ["BTCUSDT", name],
            hub: "backfill_candles: 50, metrics_port: \(port)")
        defer { for path in [file, log] { removeFile(path) } }
        let program = try #require(SimulatorHarness.hubProgram)
        let hub = try #require(ChildProcess(program, ["-c", file], output: log))
        func health() throws -> String {
            try Subprocess.run("/usr/bin/curl", ["-s", "-m", "5", "http://127.0.0.1:\(port)/healthz"]).output
        }
        func wait(_ what: String, until condition: () throws -> Bool) throws {
            let end = SystemClock.monotonicUs() + 60_000_000
            while try !condition() {
                try #require(SystemClock.monotonicUs() < end, "\(what): \((try? health()) ?? "")")
                usleep(50_000)
            }
        }
        // All of the other one is there: streams of both routes, and the past.
        for stream in ["md.trade", "md.book", "md.metric", "md.candle", "md.forming"] {
            try wait(stream) { try redis.command("XLEN", "\(stream):{BTCUSDT}").integer ?? 0 > 3 }
        }
        try wait("the health names it") { try health().contains("the venue does not list it") }
        let text = try health()
        #expect(text.contains("\"ready\":false") && text.contains(name) && !text.contains("BTCUSDT:"), "\(text)")
        try wait("the log names it") {
            try Subprocess.run("/bin/cat", [log]).output.contains("\"event\":\"contract_without_feed\"")
        }
        let lines = try Subprocess.run("/bin/cat", [log]).output.split(separator: "\n")
        #expect(lines.contains { $0.contains("stream_refused") && $0.contains("@aggTrade") })
        // It is not asked about again and again.
        #expect(lines.count { $0.contains("venue_request_failed") } < 20)
        hub.signal(SIGTERM)
        #expect(hub.wait() == 0)
    }
}
