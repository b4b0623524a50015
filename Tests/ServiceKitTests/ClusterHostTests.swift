import Hosting
import RedisTestSupport
import SignalContracts
import StreamBus
import Testing
import TradingPrimitives

@testable import ServiceKit

/// Workers of one service in this process, on a real cluster of three masters, each with a replica.
@Suite(.serialized)
struct ClusterHostTests {
    private typealias Worker = ProcessorHost<PerSymbol<KeyedSummer>>
    /// One on each of the masters, and a second one on the first.
    private static let names = ["ETHUSDT", "BTCUSDT", "DOGEUSDT", "SOLUSDT"]
    private let cluster: RedisCluster

    init() throws { cluster = try #require(RedisCluster()) }

    private func context() throws -> ServiceContext {
        let file = "\(cluster.directory)/suite.yaml"
        try #require(
            writeFile(
                file,
                "symbols: [\(Self.names.joined(separator: ", "))]\nredis: {url: \"\(cluster.url)\"}\nlog: {level: error}\n"
            ))
        return try ServiceContext(
            "bus-probe", CommandLineOptions(["bus-probe", "-c", file], name: "bus-probe", purpose: ""))
    }

    private func worker() throws -> Worker {
        ProcessorHost(try context(), sharing: .symbols, start: .beginning) { PerSymbol { KeyedSummer(symbol: $0) } }
    }

    private func turn(_ workers: [Worker], untilMs ms: Int64 = 300_000, _ condition: () throws -> Bool) rethrows -> Bool
    {
        try turnWorkers(workers, untilMs: ms, condition)
    }

    private func write(_ numbers: Range<Int>, to names: [String] = Self.names) throws {
        let client = try cluster.client()
        for number in numbers {
            for name in names {
                let id = StreamId(microseconds: SystemClock.wallUs())
                try client.command("XADD", "md.trade:{\(name)}", id.description, "n", "\(number)")
            }
        }
    }

    private func outputs(_ name: String) throws -> [(number: Int64, sum: Int64)] {
        try cluster.client().command("XRANGE", "signal:{\(name)}", "-", "+").elements.map { entry in
            (entry.elements[1]["n"]?.integer ?? -1, entry.elements[1]["sum"]?.integer ?? -1)
        }
    }

    /// While a master is away nothing can be said of it.
    private func have(_ count: Int, _ names: [String] = Self.names) -> Bool {
        names.allSatisfy { (try? outputs($0).count) == count }
    }

    private func expectExact(_ count: Int64) throws {
        for name in Self.names { #expect(HostHarness.isExact(try outputs(name), count: count), "\(name)") }
    }

    @Test func `workers share the symbols of all nodes, a sleeper is fenced, and all goes on exactly once`() throws {
        let first = try worker()
        #expect(turn([first]) { first.owned.count == 4 && first.machine.isLive })
        try write(0..<20)
        #expect(turn([first]) { have(20) })
        let second = try worker()
        try write(20..<30)
        #expect(turn([first, second]) { first.owned.count == 2 && second.owned.count == 2 })
        try write(30..<40)
        #expect(turn([first, second]) { have(40) })
        // The first one sleeps, with a read under way; what it wakes up with is the second one's.
        for _ in 0..<20 { first.context.reactor.poll(timeoutMs: 1) }
        try write(40..<41)
        #expect(turn([second]) { second.owned.count == 4 })
        try write(41..<60)
        #expect(turn([second]) { have(60) })
        // At worst it fell asleep just after it had seen that its leases stand.
        first.machine.renewedLeases(atUs: SystemClock.monotonicUs())
        for _ in 0..<30_000 where first.metrics.fenced.value == 0 { first.context.reactor.poll(timeoutMs: 10) }
        #expect(first.metrics.fenced.value == 1)
        #expect(turn([first, second]) { first.owned.count == 2 })
        try expectExact(60)
    }

    @Test func `a slot that moves to another node while its stream is read takes all along`() throws {
        let host = try worker()
        #expect(turn([host]) { host.owned.count == 4 && host.machine.isLive })
        let slot = KeySlot.of("BTCUSDT".utf8)
        let source = try #require(cluster.master(of: "{BTCUSDT}"))
        let target = try #require(cluster.masters.first { $0 != source })
        try write(0..<50)
        // It has not turned yet: some of this is read and committed at the old node, some at the new one.
        for _ in 0..<10 { host.context.reactor.poll(timeoutMs: 1) }
        try cluster.move(slot: slot, to: target)
        try write(50..<100)
        #expect(turn([host]) { have(100) })
        try expectExact(100)
        #expect(cluster.master(of: "{BTCUSDT}") == target)
    }

    @Test func `a master that is killed costs nothing that its replica has, and the other symbols little time`() throws
    {
        let workers = try [worker(), worker()]
        #expect(turn(workers) { workers.allSatisfy { $0.owned.count == 2 && $0.machine.isLive } })
        try write(0..<50)
        let master = try #require(cluster.master(of: "{BTCUSDT}"))
        // The inputs are on the replica; of the outputs and acknowledgements some are.
        let onMaster = try RedisClient(RedisAddress(.tcp(host: "127.0.0.1", port: cluster.ports[master])))
        for worker in workers { for _ in 0..<4 { worker.context.reactor.poll(timeoutMs: 1) } }
        // It waits for what its own connection wrote, and so for all before that.
        try onMaster.command("SET", "{BTCUSDT}", "last")
        #expect(try onMaster.command("WAIT", "1", "60000").integer == 1)
        cluster.kill(master)
        let began = SystemClock.monotonicUs()
        let others = Self.names.filter { $0 != "BTCUSDT" }
        try write(50..<100, to: others)
        #expect(turn(workers) { have(100, others) })
        let othersMs = (SystemClock.monotonicUs() - began) / 1000
        #expect(turn(workers) { have(50, ["BTCUSDT"]) })
        #expect(try cluster.client().command("XLEN", "md.trade:{BTCUSDT}").integer == 50)
        let promotedMs = (SystemClock.monotonicUs() - began) / 1000
        try write(50..<100, to: ["BTCUSDT"])
        #expect(turn(workers) { have(100) })
        print("failover: other symbols after \(othersMs) ms, its own after \(promotedMs) ms")
        try expectExact(100)
    }
}
