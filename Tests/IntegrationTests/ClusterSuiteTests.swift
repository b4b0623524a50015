import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing

/// The whole suite on a real Redis Cluster, its contracts spread over three masters.
@Suite(.serialized, .enabled(if: PostgresServer.isInstalled, "needs an installed PostgreSQL"))
struct ClusterSuiteTests {
    /// `VORTEX7_FAILOVERS=10` for the long run.
    private static let failovers = Int(ProcessInfo.processInfo.environment["VORTEX7_FAILOVERS"] ?? "") ?? 1
    /// One on each master, as the slots are dealt out.
    private static let symbols = ["BTCUSDT", "ETHUSDT", "DOGEUSDT"]

    @Test func `a master dies while the suite trades: its replica takes over, the suite goes on, the invariants hold`()
        throws
    {
        let cluster = try #require(RedisCluster(["--appendonly", "yes", "--appendfsync", "everysec"]))
        let postgres = try #require(PostgresServer())
        let suite = try #require(
            PaperSuite(symbols: Self.symbols, settings: KillTests.eager, postgres: postgres.url, cluster: cluster))
        #expect(Set(Self.symbols.compactMap { cluster.master(of: "{\($0)}") }).count == 3)
        let executorSince = PaperSuite.nowMs()
        try suite.startTrading(seed: 11, also: ["trade-recorder"])
        try #require(suite.wait { try tradesEverywhere(suite, afterMs: 0) }, "\(lastEntries(suite))")
        for number in 0..<Self.failovers {
            try failOver(suite, cluster, symbol: Self.symbols[number % Self.symbols.count], isHung: number % 2 == 1)
        }
        try checkConsole(suite)
        try suite.flatten()
        for service in PaperSuite.engines { suite.kill(service) }
        let database = TestDatabase(url: postgres.url)
        #expect(
            suite.wait {
                let events = try Self.symbols.reduce(0) { try $0 + suite.length("execution:{\($1)}") }
                return try database.value("SELECT count(*) FROM executions") == "\(events)"
            })
        var audit = RunAudit(seed: 11, title: "\(Self.failovers) failovers")
        audit.executorUp = [[executorSince, PaperSuite.nowMs()]]
        try audit.check(suite, database)
    }

    private func failOver(_ suite: PaperSuite, _ cluster: RedisCluster, symbol: String, isHung: Bool) throws {
        try #require(cluster.waitUntilWhole(masters: 3))
        let master = try #require(cluster.master(of: "{\(symbol)}"))
        let began = PaperSuite.nowMs()
        // One that hangs refuses no connection and closes none.
        if isHung { cluster.pause(master) } else { cluster.kill(master) }
        try #require(suite.wait { try signals(suite, symbol, afterMs: began + 1500) }, "\(symbol)")
        let signalMs = PaperSuite.nowMs() - began
        #expect(cluster.master(of: "{\(symbol)}") != master)
        try #require(
            suite.wait { try tradesEverywhere(suite, afterMs: began + 1500) },
            "\(lastEntries(suite)) \(suite.log("executor").suffix(1500))")
        print(
            "\(isHung ? "hung" : "killed") master of \(symbol): signals after \(signalMs) ms, entries in all symbols after \(PaperSuite.nowMs() - began)"
        )
        // The old master comes back as a replica of the new one.
        if isHung { cluster.resume(master) } else { #expect(cluster.start(master)) }
        for service in PaperSuite.traders + ["trade-recorder"] { #expect(suite.isAlive(service), "\(service)") }
    }

    private func signals(_ suite: PaperSuite, _ symbol: String, afterMs ms: Int64) throws -> Bool {
        let newest = try suite.client().command("XREVRANGE", "signal:{\(symbol)}", "+", "-", "COUNT", "1").elements
        return newest.first.flatMap { StreamEntry($0) }.map { Int64($0.id.milliseconds) > ms } ?? false
    }

    private func tradesEverywhere(_ suite: PaperSuite, afterMs ms: Int64) throws -> Bool {
        try Self.symbols.allSatisfy { symbol in
            try suite.entries("execution:{\(symbol)}").contains {
                $0.fields["event"] == "ENTRY_SENT" && Int64($0.id.milliseconds) > ms
            }
        }
    }

    private func lastEntries(_ suite: PaperSuite) -> String {
        Self.symbols.map { "\($0) \((try? suite.length("execution:{\($0)}")) ?? -1)" }.joined(separator: ", ")
    }

    private func checkConsole(_ suite: PaperSuite) throws {
        for command in ["status", "streams", "engines", "doctor", "lag", "dlq", "halt", "start"] {
            let result = try suite.control([command])
            #expect(result.exitCode == 0, "\(command): \(result.output)")
        }
        #expect(try suite.control(["doctor"]).output.contains("3 masters"))
    }
}
