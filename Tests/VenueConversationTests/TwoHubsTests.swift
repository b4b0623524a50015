import Glibc
import RedisTestSupport
import ServiceKit
import SignalContracts
import StreamBus
import TestSupport
import Testing
import TradingPrimitives

/// Two hubs as processes on one Redis, or on one cluster: one writes, the other waits for its end.
@Suite(.serialized, .enabled(if: SimulatorHarness.program != nil, "needs exchange-simulator, built beside the tests"))
struct TwoHubsTests {
    enum Store: String, CaseIterable { case single, cluster }

    private final class Hub {
        let process: ChildProcess
        let port: Int

        init(_ market: Market) throws {
            port = freePort()
            process = try #require(
                ChildProcess(
                    market.program, ["-c", market.file],
                    environment: ["VORTEX7__DATA_HUB__METRICS_PORT": "\(port)"], output: market.log))
        }

        var health: String {
            (try? Subprocess.run("/usr/bin/curl", ["-s", "-m", "5", "http://127.0.0.1:\(port)/healthz"]).output) ?? ""
        }
        var isStandby: Bool { health.contains("\"standby\":true") }
        var isReady: Bool { health.contains("\"ready\":true") }
    }

    /// The venue, the store and what hubs are told.
    private final class Market {
        let harness: SimulatorHarness
        let program: String
        let file: String
        let log: String
        let redis: RedisClient
        private let server: RedisServer?
        private let cluster: RedisCluster?

        init(_ store: Store) throws {
            harness = try SimulatorHarness()
            program = try #require(SimulatorHarness.hubProgram)
            server = store == .single ? RedisServer() : nil
            cluster = store == .cluster ? RedisCluster() : nil
            let folder = try #require(server?.directory ?? cluster?.directory)
            let url = try #require(server.map { "\($0.address)" } ?? cluster?.url)
            (file, log) = (folder + "/suite.yaml", folder + "/hub.log")
            try harness.configureHub(file, redis: url)
            redis = try RedisClient(try #require(RedisAddress(url)), timeoutMs: 5000)
        }

        deinit { for path in [file, log] { removeFile(path) } }

        /// Numbers of the trades in the stream, in order.
        func trades() throws -> [Int64] {
            try redis.command("XRANGE", "md.trade:{BTCUSDT}", "-", "+").elements.compactMap {
                $0.elements[1]["trade_id"]?.integer
            }
        }

        func shown() throws -> [Int64] {
            try redis.command("LRANGE", "ticks:{BTCUSDT}", "0", "-1").elements.compactMap { tick in
                tick.text.flatMap { $0.firstMatch(of: /"trade_id":([0-9]+)/) }.flatMap { Int64($0.1) }
            }
        }

        /// Waits until the condition holds; a test that would hang fails.
        func wait(_ what: String, until condition: () throws -> Bool) throws {
            let end = SystemClock.monotonicUs() + 60_000_000
            while try !condition() {
                try #require(SystemClock.monotonicUs() < end, "\(what): \(tail)")
                usleep(20_000)
            }
        }

        /// Waits for so many more trades.
        func waitForTrades(_ more: Int) throws {
            let before = try trades().count
            try wait("trades come") { try trades().count >= before + more }
        }

        private var tail: String { (try? Subprocess.run("/usr/bin/tail", ["-n", "12", log]).output) ?? "" }

        func expectEachOnce() throws {
            let trades = try trades()
            #expect(zip(trades, trades.dropFirst()).allSatisfy { $0 < $1 })
            // They are shown a little later than they are written.
            try wait("they are shown") { try shown().count > 10 }
            let numbers = try shown()
            #expect(Set(numbers).count == numbers.count)
        }
    }

    private func pair(_ market: Market) throws -> (owner: Hub, standby: Hub) {
        let owner = try Hub(market)
        try market.wait("the first hub writes") { try owner.isReady && market.trades().count > 5 }
        let standby = try Hub(market)
        try market.wait("the second hub stands by") { standby.isStandby }
        #expect(standby.health.contains("\"ready\":false") && !owner.isStandby)
        return (owner, standby)
    }

    @Test(arguments: Store.allCases)
    func `a second hub waits, and takes over from one that dies`(store: Store) throws {
        let market = try Market(store)
        let (owner, standby) = try pair(market)
        try market.waitForTrades(40)
        #expect(standby.isStandby)
        try market.expectEachOnce()
        owner.process.kill()
        try market.wait("the other one takes over") { standby.isReady }
        try market.waitForTrades(40)
        try market.expectEachOnce()
        // The one that comes back waits in turn.
        let again = try Hub(market)
        try market.wait("it stands by") { again.isStandby }
        try market.waitForTrades(20)
        try market.expectEachOnce()
    }

    @Test(arguments: Store.allCases)
    func `a hub that slept past its lease writes nothing when it wakes, and ends`(store: Store) throws {
        let market = try Market(store)
        let (owner, standby) = try pair(market)
        owner.process.signal(SIGSTOP)
        try market.wait("the other one takes over") { standby.isReady }
        try market.waitForTrades(30)
        owner.process.signal(SIGCONT)
        #expect(owner.process.wait() == ExitCode.unsafeState.rawValue)
        try market.waitForTrades(30)
        try market.expectEachOnce()
        #expect(standby.isReady)
    }

    @Test func `an orderly stop hands over at once, and nothing is missing that was written before`() throws {
        let market = try Market(.single)
        let (owner, standby) = try pair(market)
        try market.waitForTrades(20)
        owner.process.signal(SIGTERM)
        #expect(owner.process.wait() == 0)
        // It need not wait for the lease's end.
        try market.wait("the lease is another's") {
            try market.redis.command("GET", SymbolLeases.leaseKey("data-hub", "ALL", isCluster: false)) != .none
        }
        try market.wait("the other one takes over") { standby.isReady }
        try market.waitForTrades(30)
        try market.expectEachOnce()
    }

    @Test func `a Redis that was emptied or lost the owner's name is written to again`() throws {
        let market = try Market(.single)
        let owner = try Hub(market)
        try market.wait("the hub writes") { try owner.isReady && market.trades().count > 5 }
        try market.redis.command("DEL", "owner:data-hub:ALL")
        try market.waitForTrades(20)
        try market.redis.command("FLUSHALL")
        try market.wait("trades come again") { try market.trades().count > 10 }
        try market.expectEachOnce()
        #expect(owner.process.isAlive)
    }
}
