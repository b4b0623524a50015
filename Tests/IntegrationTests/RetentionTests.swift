import Foundation
import Ledger
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing
import TradingPrimitives

/// What is old goes, from tables and from streams, and nothing else does.
@Suite(.serialized, .enabled(if: TestDatabase.server != nil, "\(TestDatabase.skipMessage)"))
struct RetentionTests {
    private let database: TestDatabase

    init() throws {
        database = try #require(try TestDatabase("retention_\(UInt32.random(in: 0...UInt32.max))"))
        try Schema.migrate(try Database(url: database.url))
    }

    /// Rows of each table, one a day for `days` days back from now.
    private func fill(days: Int) throws {
        try database.execute(
            """
            CREATE VIEW day AS SELECT n, now() - n * interval '1 day' + interval '1 hour' AS t FROM generate_series(1, \(days)) n;
            INSERT INTO decisions SELECT 'n' || n, 'BTCUSDT', t, 'NO_TRADE', NULL, 50, 0.1, 'confidence', '', '{}' FROM day;
            INSERT INTO decisions SELECT 'd' || n, 'BTCUSDT', t, 'LONG', 'A', 90, 0.7, '', '', '{}' FROM day;
            INSERT INTO plans SELECT 'r' || n, 'BTCUSDT', t, 'LONG', 'REJECTED', 'stale', '' FROM day;
            INSERT INTO plans SELECT 'd' || n, 'BTCUSDT', t, 'LONG', 'APPROVED' FROM day;
            INSERT INTO executions SELECT 'BTCUSDT', n || '-0', 'd' || n, t, 'ENTRY_SENT', 'ENTRY_SENT', '{}' FROM day;
            INSERT INTO signal_outcome SELECT 'n' || n, 'BTCUSDT', t, 'confidence', 'LONG', 'A', 0.1, 100 FROM day;
            INSERT INTO alerts SELECT n || '-0', t, 'INFO', 'executor', 'test', NULL, '' FROM day;
            INSERT INTO trades (plan, symbol, side, strategy, entry_price, size_usdt, leverage, sl_price, tp1_price,
                entry_time, exit_time) SELECT 'd' || n, 'BTCUSDT', 'LONG', 'A', 100, 100, 3, 99, 101, t, t FROM day;
            INSERT INTO engine_accuracy (trade_id, engine, trade_result) SELECT id, 'E1', 'WIN' FROM trades;
            DROP VIEW day;
            """)
    }

    private func count(_ table: String, _ condition: String = "true") throws -> Int {
        Int(try database.value("SELECT count(*) FROM \(table) WHERE \(condition)") ?? "") ?? -1
    }

    @Test func `the recorder removes what is older than it is kept for, in batches, and no trade`() throws {
        try fill(days: 3000)
        let settings =
            "trade-recorder: {keep_days: {decisions: 10, plans: 20, executions: 30, signal_outcome: 40, alerts: 50}}"
        let suite = try #require(PaperSuite(symbols: ["BTCUSDT"], settings: settings, postgres: database.url))
        suite.start(["trade-recorder"])
        let isDone = suite.wait { try count("alerts") == 50 }
        #expect(isDone, "\(suite.log("trade-recorder").suffix(800))")
        #expect(try count("decisions", "action = 'NO_TRADE'") == 10)
        #expect(try count("decisions", "action = 'LONG'") == 3000, "what was traded stays")
        #expect(try count("plans", "verdict = 'REJECTED'") == 20)
        #expect(try count("plans", "verdict = 'APPROVED'") == 3000)
        #expect(try count("executions") == 30)
        #expect(try count("signal_outcome") == 40)
        #expect(try count("trades") == 3000)
        #expect(try count("engine_accuracy") == 3000)
    }

    @Test func `trades go only when they are told to, with what was judged of them`() throws {
        try fill(days: 30)
        let database = try Database(url: database.url)
        var retention = Retention()
        let now = Timestamp(milliseconds: PaperSuite.nowMs())
        #expect(try retention.removeOld(from: .trades, at: now, batchMax: 7, in: database) == 0)
        retention.days[.trades] = 10
        #expect(try retention.removeOld(from: .trades, at: now, batchMax: 7, in: database) == 7)
        #expect(try count("trades", "exit_time < now() - interval '23 days'") == 0, "the oldest go first")
        #expect(try retention.removeOld(from: .trades, at: now, batchMax: 100, in: database) == 13)
        #expect(try count("trades") == 10)
        #expect(try count("engine_accuracy") == 10)
    }

    @Test func `every stream loses what is older than it is kept for`() throws {
        // Fast, since the map is written, and its stream trimmed, each quarter of an hour.
        let suite = try #require(
            PaperSuite(symbols: ["BTCUSDT"], rate: 20, settings: KillTests.eager, postgres: database.url))
        let redis = try suite.redis.client()
        // The learner's last word counts whatever its age, so its stream is not cut by age.
        let streams = StreamKind.allCases.filter { $0 != .weights }.map {
            $0.isPerSymbol ? StreamName($0, Symbol("BTCUSDT")).key : StreamName($0).key
        }
        let old = PaperSuite.nowMs() - 30 * 86_400_000
        for stream in streams {
            for number in 0..<500 { _ = try redis.command("XADD", stream, "\(old + Int64(number))-1", "v", "1") }
        }
        suite.startSimulator(["--seed", "5"])
        suite.start(PaperSuite.traders + ["trade-recorder"])
        var left: [String] = streams
        let isDone = suite.wait {
            left = try streams.filter { stream in
                let first = try redis.command("XRANGE", stream, "-", "+", "COUNT", "1").elements.first
                return first.flatMap { StreamEntry($0) }.map { Int64($0.id.milliseconds) < old + 1000 } ?? false
            }
            return left.isEmpty
        }
        #expect(isDone, "not trimmed: \(left)")
    }
}
