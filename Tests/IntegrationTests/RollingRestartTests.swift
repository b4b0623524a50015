import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing
import TradingPrimitives

/// Engines that are restarted while the suite trades: nobody else stops, nothing is said twice or not at all, and the first
/// words after a restart are those that an engine without one would have said.
@Suite(.serialized)
struct RollingRestartTests {
    /// `VORTEX7_RESTARTS=100` for the long run.
    static let restarts = Int(ProcessInfo.processInfo.environment["VORTEX7_RESTARTS"] ?? "") ?? 3
    @Test func `an engine that is restarted while the suite trades is back, and nothing is lost`()
        throws
    {
        let suite = try #require(PaperSuite(settings: KillTests.eager))
        suite.start(PaperSuite.engines + ["executor"])
        suite.startSimulator(["--seed", "5"])
        suite.start(["data-hub"])
        let executorSince = PaperSuite.nowMs()
        try #require(
            suite.wait {
                try suite.entries("execution:{ETHUSDT}").contains { $0.fields["event"] == "ENTRY_SENT" }
            }, "no entry: \(suite.log("executor").suffix(800))")
        let began = Date()
        var times: [Int64] = []
        for _ in 0..<Self.restarts {
            for engine in PaperSuite.engines {
                #expect(suite.terminate(engine) == 0, "\(engine)")
                let before = readyTimes(suite, engine).count, start = PaperSuite.nowMs()
                suite.start([engine])
                try #require(suite.wait { readyTimes(suite, engine).count > before }, "\(engine)")
                times.append((readyTimes(suite, engine).last ?? 0) - start)
                usleep(150_000)
            }
        }
        let sorted = times.sorted(), p99 = sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
        try starve(suite, "tick-engine")
        print("\(times.count) restarts: ready after p50 \(sorted[sorted.count / 2]) ms, p99 \(p99) ms")

        try suite.flatten()
        try compare(suite, minutes: Int(Date().timeIntervalSince(began) / 60) + 1)
        var audit = RunAudit(seed: 5, title: "\(times.count) restarts")
        audit.executorUp = [[executorSince, PaperSuite.nowMs()]]
        try audit.check(suite)
    }

    /// An engine that wants more memory than it may have is killed each time it comes; nobody else is, and once it may have it, it
    /// is back.
    private func starve(_ suite: PaperSuite, _ engine: String) throws {
        guard let cage = MemoryCage(kilobytes: 1024) else { return print("no memory limit may be set here") }
        #expect(suite.terminate(engine) == 0)
        suite.launcher = cage.launcher
        for _ in 0..<3 {
            suite.start([engine])
            #expect(suite.wait { !suite.isAlive(engine) }, "\(engine) lives on 1 MB")
            #expect(suite.exitCode(engine) == nil, "it was not the kernel that ended it")
        }
        suite.launcher = []
        let decisions = try suite.length("decision:{BTCUSDT}"), before = readyTimes(suite, engine).count
        #expect(
            suite.wait { try suite.length("decision:{BTCUSDT}") > decisions }, "no decision without it")
        suite.start([engine])
        try #require(suite.wait { readyTimes(suite, engine).count > before }, "\(engine)")
        for other in PaperSuite.engines + ["executor"] { #expect(suite.isAlive(other), "\(other)") }
    }

    /// When the engine was ready, by its log.
    private func readyTimes(_ suite: PaperSuite, _ engine: String) -> [Int64] {
        suite.log(engine).split(separator: "\n").compactMap { line in
            guard line.contains("\"event\":\"ready\""), let mark = line.range(of: "\"time\":\"") else { return nil }
            let text = line[mark.upperBound...].prefix { $0 != "\"" }
            return
                (try? Date(String(text), strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true)))
                .map { Int64($0.timeIntervalSince1970 * 1000) }
        }
    }

    private func compare(_ suite: PaperSuite, minutes: Int) throws {
        let file = "\(suite.folder)/capture.txt"
        #expect(try suite.control(["capture", file, "--last", "\(minutes)"]).exitCode == 0)
        // Decision and risk hear several streams; entries of one millisecond may have come in another order than their ids.
        for engine in PaperSuite.sharing {
            let result = try Subprocess.run(
                "\(PaperSuite.programs)/\(engine)", ["-c", "\(suite.folder)/suite.yaml", "--replay", file])
            #expect(result.exitCode == 0, "\(engine): \(result.output.prefix(3000))")
        }
    }
}
