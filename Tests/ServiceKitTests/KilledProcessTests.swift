import Glibc
import RedisTestSupport
import SignalContracts
import StreamBus
import Testing
import TradingPrimitives

@testable import ServiceKit

/// A host in a process of its own, killed at random moments.
struct KilledProcessTests {
    /// `bus-bench`, beside the bundle of tests.
    static var program: String? {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        guard let slash = bundle.lastIndex(of: "/") else { return nil }
        let program = bundle[..<slash] + "/bus-bench"
        return access(String(program), X_OK) == 0 ? String(program) : nil
    }

    @Test(.enabled(if: program != nil, "needs bus-bench, built beside the tests"), arguments: [1, 2, 3] as [UInt64])
    func `kill -9 at any moment loses nothing and doubles nothing`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let server = try #require(RedisServer())
        let client = try server.client()
        let file = server.directory + "/suite.yaml"
        try #require(writeFile(file, "symbols: [BTCUSDT]\nredis: {url: \"\(server.address)\"}\n"))
        defer { for name in ["suite.yaml", "host.log"] { removeFile("\(server.directory)/\(name)") } }
        let program = try #require(Self.program)
        var count = 0
        for _ in 0..<12 {
            let child = try #require(
                ChildProcess(program, ["hop", "-c", file], output: server.directory + "/host.log"))
            for _ in 0..<Int.random(in: 50...400, using: &random) {
                let id = StreamId(microseconds: SystemClock.wallUs())
                try client.command("XADD", HostHarness.input, id.description, "n", "\(count)")
                count += 1
            }
            usleep(UInt32.random(in: 0...60_000, using: &random))
            child.kill()
        }
        let child = try #require(ChildProcess(program, ["hop", "-c", file], output: server.directory + "/host.log"))
        var outputs: [(number: Int64, sum: Int64)] = []
        for _ in 0..<200 where outputs.count < count {
            usleep(20_000)
            outputs = try client.command("XRANGE", HostHarness.output, "-", "+").elements.map { entry in
                (entry.elements[1]["n"]?.integer ?? -1, entry.elements[1]["sum"]?.integer ?? -1)
            }
        }
        #expect(HostHarness.isExact(outputs, count: Int64(count)), "seed \(seed)")
        let began = SystemClock.monotonicUs()
        child.signal(SIGTERM)
        #expect(child.wait() == 0)
        #expect(SystemClock.monotonicUs() - began < 2_000_000)
    }
}
