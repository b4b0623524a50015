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
            // Who dies three times over one entry puts it aside, as it should: a slow machine is not to do that here.
            try halt(child, client)
            child.kill()
        }
        let child = try #require(ChildProcess(program, ["hop", "-c", file], output: server.directory + "/host.log"))
        var outputs: [(number: Int64, sum: Int64)] = []
        for _ in 0..<15_000 where outputs.count < count {
            usleep(20_000)
            outputs = try client.command("XRANGE", HostHarness.output, "-", "+").elements.map { entry in
                (entry.elements[1]["n"]?.integer ?? -1, entry.elements[1]["sum"]?.integer ?? -1)
            }
        }
        let isExact = HostHarness.isExact(outputs, count: Int64(count))
        #expect(isExact, "seed \(seed)")
        child.signal(SIGTERM)
        #expect(child.wait() == 0)
    }

    /// Whether an entry that two processes have not survived is being tried once more.
    private func hasLastTrial(_ client: RedisClient) throws -> Bool {
        for key in try client.command("KEYS", "trial:*").elements {
            guard let name = key.text else { continue }
            if try client.command("HVALS", name).elements.contains(where: { ($0.integer ?? 0) >= 2 }) { return true }
        }
        return false
    }

    /// Stops a process at a moment at which no entry is at its last trial: between a look and a kill it could come to one.
    private func halt(_ child: ChildProcess?, _ client: RedisClient) throws {
        child?.signal(SIGSTOP)
        // What it has sent arrives.
        usleep(2000)
        while try hasLastTrial(client) {
            child?.signal(SIGCONT)
            usleep(1000)
            child?.signal(SIGSTOP)
            usleep(2000)
        }
    }

    /// What the probe adds up does not fit with a number as great as this one: it traps.
    private static let poison = "9223372036854775807"

    @Test(.enabled(if: program != nil, "needs bus-bench, built beside the tests"), arguments: [false, true])
    func `an entry that ends each process that reads it is put aside after the third, also from the past`(
        isShared: Bool
    ) throws {
        let server = try #require(RedisServer())
        let client = try server.client()
        let file = server.directory + "/suite.yaml"
        try #require(
            writeFile(
                file,
                "symbols: [BTCUSDT]\nredis: {url: \"\(server.address)\"}\n"
                    + (isShared ? "bus-probe: {shared: true}\n" : "")))
        defer { for name in ["suite.yaml", "host.log"] { removeFile("\(server.directory)/\(name)") } }
        let program = try #require(Self.program)
        func host() throws -> ChildProcess {
            try #require(ChildProcess(program, ["hop", "-c", file], output: server.directory + "/host.log"))
        }
        func write(_ number: String) throws {
            let id = StreamId(microseconds: SystemClock.wallUs())
            try client.command("XADD", HostHarness.input, id.description, "n", number)
        }
        func outputs() throws -> [(number: Int64, sum: Int64)] {
            try client.command("XRANGE", HostHarness.output, "-", "+").elements.map { entry in
                (entry.elements[1]["n"]?.integer ?? -1, entry.elements[1]["sum"]?.integer ?? -1)
            }
        }
        var child = try host(), deaths = 0
        func waitFor(_ count: Int) throws {
            for _ in 0..<15_000 {
                if try outputs().count >= count { return }
                if !child.isAlive {
                    deaths += 1
                    child = try host()
                }
                usleep(20_000)
            }
            Issue.record("\(try outputs().count) of \(count) after \(deaths) deaths")
        }
        for number in 0..<20 { try write("\(number)") }
        try waitFor(20)
        // In the middle of entries that came together.
        for number in 20..<30 { try write(number == 25 ? Self.poison : "\(number)") }
        try waitFor(29)
        for number in 30..<40 { try write("\(number)") }
        try waitFor(39)
        #expect(deaths == 3)
        let letters = try client.command("XRANGE", "dead:{BTCUSDT}", "-", "+").elements
        #expect(letters.count == 1 && letters.first?.elements[1]["field.n"]?.text == Self.poison)
        #expect(try client.command("XRANGE", "alert", "-", "+").elements.count == 1)
        // The past holds it still.
        child.kill()
        child = try host()
        try write("40")
        try waitFor(40)
        #expect(deaths == 3)
        let numbers = try outputs()
        #expect(numbers.map(\.number) == (0...40).filter { $0 != 25 })
        for index in 9..<numbers.count {
            #expect(numbers[index].sum == numbers[index - 9...index].reduce(0) { $0 + $1.number })
        }
    }

    private static let symbols = ["AAAUSDT", "BBBUSDT", "CCCUSDT"]

    @Test(.enabled(if: program != nil, "needs bus-bench, built beside the tests"), arguments: [1, 4] as [UInt64])
    func `workers that share symbols, killed or put to sleep at any moment, lose and double nothing`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        let server = try #require(RedisServer())
        let client = try server.client()
        let file = server.directory + "/suite.yaml"
        let names = Self.symbols.joined(separator: ", ")
        try #require(
            writeFile(
                file, "symbols: [\(names)]\nredis: {url: \"\(server.address)\"}\nbus-probe: {shared: true}\n"))
        defer { for name in ["suite.yaml", "host.log"] { removeFile("\(server.directory)/\(name)") } }
        let program = try #require(Self.program)
        func worker() -> ChildProcess? {
            ChildProcess(program, ["hop", "-c", file], output: server.directory + "/host.log")
        }
        var workers = (0..<3).map { _ in worker() }
        var count = 0
        for _ in 0..<12 {
            let victim = Int.random(in: 0..<3, using: &random)
            let isKill = Bool.random(using: &random)
            try halt(workers[victim], client)
            if isKill { workers[victim]?.kill() }
            for _ in 0..<Int.random(in: 20...100, using: &random) {
                for name in Self.symbols {
                    let id = StreamId(microseconds: SystemClock.wallUs())
                    try client.command("XADD", "md.trade:{\(name)}", id.description, "n", "\(count)")
                }
                count += 1
                usleep(UInt32.random(in: 0...20_000, using: &random))
            }
            usleep(UInt32.random(in: 0...1_500_000, using: &random))
            if isKill { workers[victim] = worker() } else { workers[victim]?.signal(SIGCONT) }
        }
        for name in Self.symbols {
            var outputs: [(number: Int64, sum: Int64)] = []
            for _ in 0..<15_000 where outputs.count < count {
                usleep(20_000)
                outputs = try client.command("XRANGE", "signal:{\(name)}", "-", "+").elements.map { entry in
                    (entry.elements[1]["n"]?.integer ?? -1, entry.elements[1]["sum"]?.integer ?? -1)
                }
            }
            let wrong = outputs.indices.first { $0 < outputs.count && outputs[$0].number != Int64($0) }
            let isExact = HostHarness.isExact(outputs, count: Int64(count))
            #expect(
                isExact,
                "seed \(seed) \(name): \(outputs.count) of \(count), order broken at \(wrong ?? -1)")
        }
    }
}
