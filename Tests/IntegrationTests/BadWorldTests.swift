import Foundation
import RedisTestSupport
import TestSupport
import Testing

/// What the world can do wrong to whole services: each gets a clear error, and nothing is lost.
@Suite(.serialized)
struct BadWorldTests {
    private func run(_ program: String, _ arguments: [String]) throws -> Subprocess.Result {
        try Subprocess.run("\(PaperSuite.programs)/\(program)", arguments)
    }

    private func withFile(_ text: String, _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "vortex7-\(UUID().uuidString).yaml").path
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test(arguments: [
        "data-hub", "order-flow-engine", "tick-engine", "technical-engine", "sentiment-engine", "regime-filter",
        "decision-engine",
        "risk-manager", "executor", "trade-recorder",
    ])
    func `a wrong key stops the start with code 4 and its path`(service: String) throws {
        try withFile("symbols: [BTCUSDT]\n\(service): {metrics_prot: 1}\n") { path throws in
            let result = try run(service, ["-c", path])
            #expect(result.exitCode == 4)
            #expect(
                result.output.contains("\(service).metrics_prot") && result.output.contains("metrics_port"),
                "\(result.output)")
        }
        try withFile("symbols: [BTCUSDT]\nredis: {url: 'http://x'}\n") { path throws in
            let result = try run(service, ["-c", path])
            #expect(result.exitCode == 4 && result.output.contains("redis.url"), "\(result.output)")
        }
        #expect(try run(service, ["--help"]).output.contains("Exit codes"))
        #expect(try run(service, ["--nonsense"]).exitCode == 4)
    }

    @Test func `an executor without its key does not start`() throws {
        let redis = try #require(RedisServer())
        let journal = redis.directory + "/executor.journal"
        try withFile("redis: {url: \"\(redis.address)\"}\nexecutor: {journal: \(journal)}\n") { path throws in
            let result = try run("executor", ["-c", path])
            #expect(result.exitCode == 4 && result.output.contains("venue.api_key"), "\(result.output)")
        }
        try? FileManager.default.removeItem(atPath: journal)
    }

    @Test func `real money is refused`() throws {
        try withFile("mode: live\n") { path throws in
            let result = try run("executor", ["-c", path])
            #expect(result.exitCode == 6 && result.output.contains("live"), "\(result.output)")
        }
    }

    @Test func `the command line answers with codes, also when nothing runs`() throws {
        #expect(try run("vortexctl", ["--help"]).exitCode == 0)
        #expect(try run("vortexctl", ["dance"]).exitCode == 4)
        try withFile("redis: {url: 'redis://127.0.0.1:1'}\n") { path throws in
            #expect(try run("vortexctl", ["-c", path, "status"]).exitCode == 3)
            #expect(try run("vortexctl", ["-c", path, "doctor"]).exitCode == 1)
        }
        let redis = try #require(RedisServer())
        try withFile("redis: {url: \"\(redis.address)\"}\n") { path throws in
            #expect(try run("vortexctl", ["-c", path, "stop", "--timeout", "1"]).exitCode == 5)
            let status = try run("vortexctl", ["-c", path, "status", "--json"])
            let json = try JSONSerialization.jsonObject(with: Data(status.output.utf8)) as? [String: Any]
            #expect(json?["mode"] as? String == "paper")
            #expect(try run("vortexctl", ["-c", path, "streams", "--json"]).exitCode == 0)
        }
    }
}
