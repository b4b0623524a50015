import Foundation
import Journal
import SignalContracts
import StreamBus
import TestSupport
import Testing

/// One service after the other is stopped and started again, as an upgrade does it, with a position open each time.
@Suite(.serialized, .enabled(if: TestDatabase.server != nil, "\(TestDatabase.skipMessage)"))
struct RollingUpgradeTests {
    private static let symbol = "BTCUSDT"
    private static let seed: UInt64 = 5
    private static let patient = KillTests.eager.replacingOccurrences(
        of: "max_hold_ms: 4000", with: "max_hold_ms: 60000")

    @Test func `each service is replaced with a position open, which never is without its stop`() throws {
        let database = try #require(try TestDatabase("upgrade"))
        let suite = try #require(
            PaperSuite(symbols: [Self.symbol], settings: Self.patient, postgres: database.url))
        let account = try #require(PaperAccount(suite.venueURL))
        let since = PaperSuite.nowMs()
        try suite.startTrading(seed: Self.seed, also: ["trade-recorder"])
        for service in ["data-hub"] + PaperSuite.engines + ["trade-recorder", "executor", "executor"] {
            try awaitPosition(suite, account, service)
            #expect(suite.terminate(service) == 0, "\(service)")
            // It may close between the two questions.
            #expect(suite.wait { try account.held(Self.symbol) == 0 || !account.stops(Self.symbol).isEmpty })
            if service == "executor" { try age("\(suite.folder)/executor.journal") }
            suite.start([service])
            if service == "executor" { try awaitWork(suite) }
        }
        // The schema's steps are taken once, however often a recorder starts.
        #expect(
            suite.log("trade-recorder").components(separatedBy: "\"database_ready\"").count == 3,
            "\(suite.log("trade-recorder").suffix(600))")
        let before = try suite.entryCount()
        #expect(suite.wait { try suite.entryCount() > before }, "\(suite.log("executor").suffix(1500))")
        try suite.flatten()
        for service in PaperSuite.engines { suite.kill(service) }
        #expect(
            suite.wait {
                try database.value("SELECT count(*) FROM executions")
                    == "\(suite.length("execution:{\(Self.symbol)}"))"
                    && database.value("SELECT count(*) FROM decisions")
                        == "\(suite.entries("decision:{\(Self.symbol)}").count { try Decision($0.fields).isWhole })"
            })
        var audit = RunAudit(seed: Self.seed, title: "a rolling upgrade")
        // Also while the executor was away.
        audit.executorUp = [[since, PaperSuite.nowMs()]]
        try audit.check(suite, database)
    }

    /// Waits until the executor that was just started has taken the old journal over: it writes in its own form then.
    private func awaitWork(_ suite: PaperSuite) throws {
        let path = URL(filePath: "\(suite.folder)/executor.journal")
        let aged = try Data(contentsOf: path)
        try #require(suite.wait { try Data(contentsOf: path) != aged }, "\(suite.log("executor").suffix(1500))")
    }

    private func awaitPosition(_ suite: PaperSuite, _ account: PaperAccount, _ service: String) throws {
        try #require(
            suite.wait {
                try account.held(Self.symbol) != 0 && !account.stops(Self.symbol).isEmpty
            }, "no position before \(service) goes: \(suite.log("executor").suffix(1500))")
    }

    /// Writes the journal as the last version wrote it: a stop had six words then, two less than now.
    private func age(_ path: String) throws {
        var records: [[UInt8]] = []
        var shortened = 0
        var journal = try Journal(path: path) { _, payload in records.append(Array(payload)) }
        let aged = try records.compactMap { record -> [UInt8]? in
            var fields = Fields()
            let now = try Fields(record: record[...])
            // Written anew the records get other numbers; words that were said would be said again under them.
            if now["record"] == "message" { return nil }
            for (name, value) in now.pairs {
                let isStops = name == "stops"
                let old = value.split(separator: ";").map {
                    $0.split(separator: " ").prefix(6).joined(separator: " ")
                }.joined(separator: ";")
                if isStops, old != value { shortened += 1 }
                Array(name.utf8).withUnsafeBytes { name in
                    Array((isStops ? old : value).utf8).withUnsafeBytes { fields.append(name: name, value: $0) }
                }
            }
            return fields.record
        }
        #expect(shortened > 0, "no stop in the journal")
        try journal.replace(by: aged)
    }
}
