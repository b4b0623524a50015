import Foundation
import SignalContracts
import StreamBus
import TestSupport
import Testing
import TradingPrimitives

/// Services, Redis and PostgreSQL killed and paused at random while the venue goes wrong; then everything that was written
/// anywhere is audited against the venue's ledger.
@Suite(.serialized, .enabled(if: PostgresServer.isInstalled, "needs an installed PostgreSQL"))
struct ChaosTests {
    /// `VORTEX7_CHAOS_SECONDS=600` for the long run; a short one by default.
    private static let seconds = Double(ProcessInfo.processInfo.environment["VORTEX7_CHAOS_SECONDS"] ?? "") ?? 60
    private static let seed = UInt64(ProcessInfo.processInfo.environment["VORTEX7_SEED"] ?? "") ?? 7

    @Test func `nothing is lost, doubled or left naked, whatever is killed and whatever the venue does`() throws {
        let minutes = Int((Self.seconds / 60).rounded(.up))
        let title = "repeat: make chaos MINUTES=\(minutes) SEED=\(Self.seed)"
        let postgres = try #require(PostgresServer())
        let suite = try #require(PaperSuite(settings: KillTests.eager, postgres: postgres.url))
        let services = PaperSuite.engines + ["executor", "trade-recorder", "data-hub"]
        suite.startSimulator(["--seed", "\(Self.seed)"])
        suite.start(services)
        try #require(
            suite.wait {
                try suite.entries("execution:{ETHUSDT}").contains { $0.fields["event"] == "ENTRY_SENT" }
            },
            "no entry: \(suite.log("executor").suffix(800))")

        let chaos = Chaos(suite, postgres, services: services, seed: Self.seed)
        chaos.run(seconds: Self.seconds)
        let calm = PaperSuite.nowMs()
        try suite.flatten()
        let converged = Double(PaperSuite.nowMs() - calm) / 1000
        chaos.finish()
        // Streams and tables are compared as they stand when nobody writes any more.
        for service in PaperSuite.engines { suite.kill(service) }
        let database = TestDatabase(url: postgres.url)
        try awaitRecords(suite, database, title)
        var audit = RunAudit(seed: Self.seed, title: title)
        audit.executorUp = chaos.executorUp
        audit.impaired = chaos.impaired
        let told = chaos.counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        print("\(chaos.troubles) troubles: \(told); flat \(converged) s after the last")
        try audit.check(suite, database)
    }

    /// The recorder has what the streams have.
    private func awaitRecords(_ suite: PaperSuite, _ database: TestDatabase, _ title: String) throws {
        let isWhole = suite.wait {
            func isWhole(_ table: String, _ kind: String) throws -> Bool {
                let entries = try suite.symbols.reduce(0) { sum, symbol in
                    // Of decisions those with their signals are recorded.
                    let key = "\(kind):{\(symbol)}"
                    return try sum
                        + (kind == "decision"
                            ? suite.entries(key).count { try Decision($0.fields).isWhole } : suite.length(key))
                }
                return try database.value("SELECT count(*) FROM \(table)") == "\(entries)"
            }
            return try isWhole("executions", "execution") && isWhole("decisions", "decision")
                && isWhole("plans", "plan")
        }
        #expect(isWhole, "\(title)\n\(suite.log("trade-recorder").suffix(1500))")
    }
}
