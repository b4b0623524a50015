import Foundation
import Journal
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing
import TradingPrimitives

/// A journal that has grown long is made compact while the executor works.
@Suite(.serialized)
struct JournalCompactionTests {
    private static let symbol = "BTCUSDT"
    private let suite: PaperSuite
    private let account: PaperAccount

    init() throws {
        suite = try #require(PaperSuite(symbols: [Self.symbol]))
        account = try #require(PaperAccount(suite.venueURL))
        suite.startSimulator(["--seed", "3"])
        suite.start(["data-hub", "executor"])
    }

    private var isLive: Bool { suite.log("executor").contains("\"user_stream_live\"") }

    /// Adds what says nothing new, until the journal is longer than the executor lets one grow.
    private func lengthen() throws {
        var fields = Fields()
        fields.put("record", "flat")
        fields.put("symbol", "ETHUSDT")
        fields.put("note", String(repeating: "x", count: 10_000))
        var journal = try Journal(path: "\(suite.folder)/executor.journal") { _, _ in }
        for _ in 0..<1800 { journal.append(fields.record) }
        try journal.sync()
    }

    @Test func `what Redis has not been told outlives a compact journal and a kill, and is said once`() throws {
        try #require(suite.wait(seconds: 90) { isLive })
        try account.buy(Self.symbol, "0.02")
        try #require(suite.wait(seconds: 60) { try !account.stops(Self.symbol).isEmpty })
        #expect(suite.terminate("executor").code == 0)
        try lengthen()
        suite.start(["executor"])
        try #require(suite.wait(seconds: 60) { try suite.entries("execution:{BTCUSDT}").count > 2 })
        // It compacts once it holds nothing: that is to be while Redis is away.
        #expect(!suite.log("executor").contains("journal_compacted"))
        suite.redis.kill()
        try account.sell(Self.symbol, "0.02")
        try #require(
            suite.wait(seconds: 60) { suite.log("executor").contains("journal_compacted") },
            "\(suite.log("executor").suffix(1500))")
        suite.kill("executor")
        let report = try Journal.verify(path: "\(suite.folder)/executor.journal")
        #expect(report.byteCount < 1 << 20)
        #expect(suite.redis.start())
        suite.start(["executor"])
        func closes() throws -> Int {
            try suite.entries("execution:{BTCUSDT}").count { $0.fields["event"] == "POSITION_CLOSED" }
        }
        #expect(suite.wait(seconds: 60) { try closes() == 1 }, "\(suite.log("executor").suffix(1500))")
        suite.kill("executor")
        suite.start(["executor"])
        try #require(
            suite.wait(seconds: 60) { suite.log("executor").components(separatedBy: "\"user_stream_live\"").count > 4 })
        #expect(try closes() == 1)
    }

    @Test func `a journal of another mode of trading is refused by name, and left as it is`() throws {
        suite.start(["risk-manager"])
        try #require(suite.wait(seconds: 90) { isLive })
        let risk = "\(suite.folder)/risk-manager.journal"
        // The day's first balance is the first thing that must survive.
        try #require(suite.wait(seconds: 60) { try Journal.verify(path: risk).recordCount > 0 })
        for service in ["executor", "risk-manager"] {
            #expect(suite.terminate(service).code == 0)
            let path = "\(suite.folder)/\(service).journal"
            let before = try Data(contentsOf: URL(filePath: path))
            suite.start(service, as: "\(service)-demo", "mode: demo\n")
            #expect(suite.exitCode("\(service)-demo") == 6)
            #expect(suite.log("\(service)-demo").contains("\(path) is of mode paper, this is demo"))
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
        }
    }
}
