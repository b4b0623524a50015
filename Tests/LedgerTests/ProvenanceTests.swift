import Foundation
import Ledger
import SignalContracts
import Testing
import TradingPrimitives

/// Whose rows are: what an upgrade leaves of rows that do not say it, and that no figure is of two accounts.
@Suite(.enabled(if: LedgerSamples.serverURL != nil, "VORTEX7_TEST_POSTGRES_URL names no server: use Tests/run.sh"))
struct ProvenanceTests {
    private let samples: LedgerSamples
    private let time = Timestamp(milliseconds: 1_723_161_256_605)

    init() throws { samples = try LedgerSamples() }

    /// As the release before wrote them.
    private static let oldRows = """
        INSERT INTO decisions VALUES ('BTCUSDT-old1', 'BTCUSDT', '2024-08-08T23:54:16Z', 'LONG', 'A', 61.5, 0.615, '', 'x', '{}');
        INSERT INTO trades (plan, symbol, side, strategy, entry_price, exit_price, size_usdt, leverage, sl_price, tp1_price, pnl_gross,
            fee_total, pnl_net, hold_duration_sec, exit_reason, entry_time, exit_time)
        VALUES ('BTCUSDT-old1', 'BTCUSDT', 'LONG', 'A', 1, 1, 100, 5, 1, 1, -9, 1, -10, 60, 'SL', '2024-08-08T23:53:16Z', '2024-08-08T23:54:16Z');
        INSERT INTO daily_summary (date, symbol, total_trades, net_pnl, max_drawdown) VALUES ('2024-08-08', 'BTCUSDT', 1, -10, 10);
        """

    @Test func `an upgrade keeps what stands, and takes rows that the version before still writes`() throws {
        try samples.withSchema { database in
            #expect(try Schema.migrate(database, upTo: 6) == 6)
            try database.script(Self.oldRows)
            #expect(try Schema.migrate(database) > 6)
            let day = "SELECT max_drawdown_usdt, max_drawdown, mode, account FROM daily_summary"
            #expect(try database.run(day) == [["10.0000", nil, nil, nil]])
            #expect(
                try database.run("SELECT pnl_net, mode, profile, account, version FROM trades")
                    == [["-10.00000000", nil, nil, nil, nil]])
            // A recorder of the version before, which has not been replaced yet.
            try database.script(Self.oldRows.split(separator: ";")[0].replacing("old1", with: "old2") + "")
            #expect(try database.run("SELECT count(*), count(mode) FROM decisions") == [["2", "0"]])
            // Before any account has a name the old rows are what there is to judge.
            let before = try KpiReport(database, days: 7, at: time + 3_600_000, account: nil, risk: nil)
            #expect(before.tradeCount == 1 && before.scope == TradeScope(mode: nil, account: nil))
        }
    }

    @Test func `a decision and its trade say whose they are`() throws {
        try samples.withDatabase { database in
            for entry in [
                try samples.decision(1, .paper, "P1"), try samples.closed(1, net: "2", .paper, "P1"),
            ] { try entry.write(to: database) }
            let whose = ["paper", "phase1", "P1", "9.9.9"]
            for table in ["decisions", "trades"] {
                #expect(try database.run("SELECT mode, profile, account, version FROM \(table)") == [whose], "\(table)")
            }
            let stored = try #require(try StoredTrade(samples.id(1), in: database))
            #expect(stored.decision.contains { $0 == ("account", "P1") })
            #expect(stored.decision.contains { $0 == ("program", "9.9.9") })
        }
    }

    @Test func `figures are of one account, and lessons also of one profile`() throws {
        try samples.withDatabase { database in
            // A paper account that lost, another that won by two profiles, and the demo venue's.
            let stories: [(UInt64, String, TradingMode, String, Profile)] = [
                (1, "-9", .paper, "P1", .phase1), (2, "3", .paper, "P2", .phase1), (3, "4", .paper, "P2", .vortex7),
                (4, "-7", .demo, "P2", .phase1),
            ]
            for (counter, net, mode, account, profile) in stories {
                try samples.decision(counter, mode, account, profile).write(to: database)
                try samples.closed(counter, net: net, mode, account).write(to: database)
            }
            let account = try samples.account("P2", wallet: "107")
            let report = try KpiReport(
                database, days: 7, at: time + 3_600_000, account: account, risk: nil)
            #expect(report.tradeCount == 2 && report.values[.winRate] == 1 && report.values[.maxDrawdown] == 0)
            #expect(report.scope.text == "paper account P2")
            let scope = TradeScope(mode: .paper, account: "P2")
            func lessons(_ profile: Profile) throws -> [Double] {
                try LearnableTrade.after(0, count: 9, of: .init(scope, profile), in: database).map(\.net)
            }
            #expect(try lessons(.phase1) == [3] && lessons(.vortex7) == [4])
            // The day's row is of the account that closed a trade last.
            let day = try database.run("SELECT mode, account, total_trades, net_pnl FROM daily_summary")
            #expect(day == [["demo", "P2", "1", "-7.0000"]])
            // Where nobody tells the account, it is that of the last trade.
            #expect(try TradeScope(of: nil, in: database) == TradeScope(mode: .demo, account: "P2"))
        }
    }

    @Test func `a name that would be SQL is a name`() throws {
        try samples.withDatabase { database in
            let name = "P'; DROP TABLE trades; --"
            try samples.closed(1, net: "2", .paper, name).write(to: database)
            let scope = TradeScope(mode: .paper, account: name)
            #expect(try database.run("SELECT count(*) FROM trades WHERE \(scope.ofTrades)") == [["1"]])
        }
    }
}
