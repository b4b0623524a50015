import Foundation
import Ledger
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing
import TradingPrimitives

/// The learner as a process, over a real database whose trades are made up.
@Suite(.serialized, .enabled(if: TestDatabase.server != nil, "\(TestDatabase.skipMessage)"))
struct LearnerTests {
    private let database: TestDatabase
    private let suite: PaperSuite

    init() throws {
        database = try #require(try TestDatabase("learner_\(Int.random(in: 0..<1_000_000))"))
        try Schema.migrate(try Database(url: database.url))
        suite = try #require(PaperSuite(settings: "learner: {every_seconds: 1}\n", postgres: database.url))
    }

    /// Trades that E1 to E3 were right about in two of three, and E4 in none.
    private func trade(_ count: Int) throws {
        _ = try database.value(
            """
            INSERT INTO trades (plan, symbol, side, strategy, entry_price, exit_price, size_usdt, leverage, sl_price, tp1_price,
                pnl_gross, fee_total, pnl_net, hold_duration_sec, entry_maker_share, entry_time, exit_time, engine_signals)
            SELECT gen_random_uuid()::TEXT, 'BTCUSDT', 'LONG', 'A', 1, 1, 100, 5, 1, 1,
                CASE WHEN i % 3 = 0 THEN -0.9 ELSE 2.1 END, 0.1, CASE WHEN i % 3 = 0 THEN -1 ELSE 2 END, 60, 1, now(), now(),
                jsonb_build_object(
                    'E1', '{"direction": "BUY_PRESSURE", "strength": "0.9", "conviction": "0.8"}'::JSONB,
                    'E2', '{"direction": "MOMENTUM_LONG", "strength": "0.9"}'::JSONB,
                    'E3', '{"direction": "LONG", "strength": "0.9"}'::JSONB,
                    'E4', jsonb_build_object('direction', CASE WHEN i % 3 = 0 THEN 'CROWD_SHORT' ELSE 'CROWD_LONG' END, 'strength', '0.5'))
            FROM generate_series(1, \(count)) i
            """)
    }

    private func told() throws -> [EngineWeights] { try suite.entries("weights").map { try EngineWeights($0.fields) } }
    private func sum(_ set: EngineWeights) -> Double { set.weights.sum }

    @Test func `a hundred trades make a proposal, another hundred let it count, and a rollback restores exactly`()
        throws
    {
        suite.start(["learner"])
        try trade(99)
        sleep(2)
        #expect(try database.value("SELECT count(*) FROM learned_set") == "0")
        try trade(1)
        #expect(suite.wait { try database.value("SELECT count(*) FROM learned_set") == "1" })
        #expect(try told().isEmpty, "a proposal does not count yet")
        #expect(try suite.entries("alert").map { try Alert($0.fields).event } == ["weights_proposed"])
        // Killed between rounds, it goes on from the database.
        suite.kill("learner")
        try trade(900)
        suite.start(["learner"])
        #expect(suite.wait { try told().last?.tradeCount == 900 }, "\(suite.log("learner").suffix(1500))")
        let history = try database.value(
            "SELECT string_agg(e4_weight::TEXT, ' ' ORDER BY id) FROM weight_history")
        #expect(history?.split(separator: " ").count == 9)
        let last = try #require(try told().last)
        #expect(last.weights[3].value == 0.05 && abs(sum(last) - 1) < 1e-12, "\(last)")
        // Right in two of three; E4 in none, which is a half at least.
        let reliable = try #require(last.reliabilities?.all.map(\.value))
        #expect(reliable[0...2].allSatisfy { abs($0 - 0.667) < 0.02 } && reliable[3] == 0.5, "\(reliable)")
        #expect(last.weights.all.prefix(3).allSatisfy { $0.value > 0.28 })

        let least = try database.value("SELECT min(number) FROM learned_set WHERE state = 'APPLIED'")
        let wanted = try #require(least.flatMap { Int($0) })
        let before = try database.value(Self.content(wanted))
        #expect(try suite.control(["weights", "rollback", "\(wanted)"]).exitCode == 0)
        #expect(suite.wait { (try told().last?.number ?? 0) > last.number })
        let again = try #require(try told().last)
        #expect(try database.value(Self.content(again.number)) == before)
        #expect(abs(sum(again) - 1) < 1e-12)
        #expect(try suite.control(["weights", "rollback", "999"]).exitCode == 2)
        let shown = try suite.control(["weights", "history"]).output
        #expect(shown.contains("rolled back to \(wanted)") && shown.contains("DROPPED"), "\(shown)")
        // A Redis that was emptied is told again.
        try suite.redis.client().command("DEL", "weights")
        #expect(suite.wait { try told().map(\.number) == [again.number] })
    }

    private static func content(_ number: Int) -> String {
        """
        SELECT concat_ws(' ', e1, e2, e3, e4, score_threshold, min_tp_multiplier, tp_multiplier, entry_offset_ticks)
        FROM learned_set WHERE number = \(number)
        """
    }

    @Test func `the week's figures are kept by day, and a dangerous one is told of once`() throws {
        try trade(30)
        let account = AccountUpdate(
            eventTime: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000) + 1000),
            walletBalance: Notional(raw: 5000 * fixedScale), availableBalance: .zero, unrealizedPnl: .zero,
            openPositions: 0, unknownOrders: 0, acceptsEntries: true, isVenueReachable: true, usedWeight: 0,
            weightLimit: 0, roundTripMs: 0)
        try suite.redis.client().command(
            ["XADD", "account", "*"] + account.fields.pairs.flatMap { [$0.name, $0.value] })
        // Of 30 trades 20 won 2 and 10 lost 1: 67 %, factor 4, fees 3 / 42, and all makers.
        for _ in 0..<2 {
            suite.start(["learner"])
            #expect(suite.wait { try database.value("SELECT count(*) FROM kpi_history") == "10" })
            sleep(1)
            suite.kill("learner")
        }
        func kept(_ kpi: String) throws -> String? {
            try database.value("SELECT round(value::NUMERIC, 4) || ' ' || status FROM kpi_history WHERE kpi = '\(kpi)'")
        }
        #expect(try kept("win_rate") == "0.6667 good" && kept("profit_factor") == "4.0000 good")
        #expect(try kept("fee_ratio") == "0.0714 good" && kept("maker_rate") == "1.0000 good")
        #expect(try kept("avg_rr") == "2.0000 good" && kept("avg_hold_minutes") == "1.0000 good")
        #expect(try kept("max_drawdown")?.hasSuffix("good") == true && kept("trades_per_day") == "30.0000 good")
        // One loss for each win, and slow: each figure is told of when it turns, once.
        try database.execute("UPDATE trades SET pnl_net = -2, hold_duration_sec = 1000 WHERE id % 2 = 0")
        suite.start(["learner"])
        #expect(
            suite.wait { try danger().contains { $0.hasPrefix("Win rate of the week is 33.3 %") } },
            "\(suite.log("learner").suffix(600))")
        suite.kill("learner")
        // Another look at the same figures says nothing new.
        suite.start(["learner"])
        sleep(3)
        let told = try danger()
        #expect(Set(told).count == told.count)
    }

    private func danger() throws -> [String] {
        try suite.entries("alert").map { try Alert($0.fields) }.filter { $0.event == "kpi_danger" }.map(\.text)
    }

    @Test func `without shadow a set counts at once, and no round is learned from twice`() throws {
        let settings = "learner: {every_seconds: 1, shadow: false}\n"
        suite.start("learner", as: "learner", settings)
        try trade(250)
        #expect(suite.wait { try told().last?.tradeCount == 200 })
        for _ in 0..<3 {
            suite.kill("learner")
            suite.start("learner", as: "learner", settings)
            sleep(2)
        }
        #expect(try database.value("SELECT count(*) FROM learned_set") == "2")
        #expect(try told().count == 1 || told().map(\.tradeCount) == [100, 200])
    }
}
