import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing

/// Whose trades they are, from the venue's word to the database and to people; and the keys that people look at.
@Suite(.serialized, .enabled(if: TestDatabase.server != nil, "\(TestDatabase.skipMessage)"))
struct AccountTests {
    private static let symbol = "BTCUSDT"
    private let suite: PaperSuite
    private let database: TestDatabase

    init() throws {
        database = try #require(try TestDatabase("account_\(UInt32.random(in: 0...UInt32.max))"))
        suite = try #require(PaperSuite(symbols: [Self.symbol], settings: KillTests.eager, postgres: database.url))
    }

    private func account() throws -> String? {
        try suite.redis.client().newest(AccountUpdate.self, of: StreamName(.account))?.account
    }

    private func shown(_ key: String) throws -> [String: String] {
        let rows = try suite.redis.client().command("HGETALL", key).elements.compactMap(\.text)
        var pairs: [String: String] = [:]
        for index in stride(from: 0, to: rows.count - 1, by: 2) { pairs[rows[index]] = rows[index + 1] }
        return pairs
    }

    @Test func `trades name their account, a venue that starts anew has another one, and figures are of that alone`()
        throws
    {
        // The key was a list in the version before.
        try suite.redis.client().command("LPUSH", "oi:{\(Self.symbol)}", "1:5")
        try suite.startTrading(seed: 5, also: ["trade-recorder"])
        #expect(suite.wait { try database.value("SELECT count(*) > 0 FROM trades WHERE profile IS NOT NULL") == "t" })
        let first = try #require(try account())
        #expect(first.hasPrefix("P"))
        let whose = "SELECT string_agg(DISTINCT concat_ws(' ', mode, profile, account, version), '; ') FROM trades"
        let decided = "SELECT string_agg(DISTINCT concat_ws(' ', mode, profile, version), '; ') FROM decisions"
        #expect(try database.value(whose) == "paper phase1 \(first) 0.1.0")
        #expect(try database.value(decided) == "paper phase1 0.1.0")
        try expectKeys()
        try expectExports()

        _ = try suite.control(["stop"])
        #expect(suite.wait { try suite.control(["close-all"]).exitCode == 0 })
        suite.kill("exchange-simulator")
        suite.startSimulator(["--seed", "5"])
        #expect(suite.wait { try account() != first }, "\(suite.log("executor").suffix(800))")
        let second = try #require(try account())
        let kpi = try suite.control(["kpi"])
        #expect(kpi.output.contains("of the paper account \(second)"), "\(kpi.output)")
        let json = try suite.control(["kpi", "--json"]).output
        #expect(json.contains("\"account\":\"\(second)\"") && json.contains("\"1d\":0"), "\(json)")
    }

    private func expectKeys() throws {
        #expect(suite.wait { try shown("oi:{\(Self.symbol)}")["value"] != nil })
        #expect(try suite.redis.client().command("LLEN", "oi:{\(Self.symbol)}:history").integer ?? 0 > 0)
        let weights = try shown("engine_weights:{\(Self.symbol)}")
        // By the first profile the two fast engines count alone: 0.35 and 0.25 of 0.6.
        #expect(
            weights["e1"] == "0.5833" && weights["e2"] == "0.4167" && weights["e3"] == "0.0" && weights["set"] == "0")
        let breaker = try shown("circuit_breaker")
        #expect(breaker["state"] != nil && breaker["reason"] != nil && breaker["cooldown_until"] != nil, "\(breaker)")
        let isEqual = suite.wait {
            let session = try shown("session")
            let gross = try database.value(
                "SELECT trim_scale(sum(pnl_gross)) FROM trades WHERE exit_time >= to_timestamp(\(session["event_time"] ?? "0")::BIGINT / 1000)::DATE"
            )
            return session["gross_pnl"] == gross && session["gross_profit"] != nil
        }
        let session = try shown("session")
        #expect(isEqual, "\(session)")
        #expect(
            suite.wait {
                try database.value("SELECT max_drawdown <= 1 AND max_drawdown_usdt >= 0 FROM daily_summary LIMIT 1")
                    == "t"
            })
    }

    private func expectExports() throws {
        let fills = try suite.control(["export", "fills"]).output.components(separatedBy: "\r\n")
        #expect(fills.first?.hasPrefix("time,symbol,side,part,price,quantity,value,maker,fee,fee_asset,") == true)
        let count = try database.value(
            "SELECT count(*) FROM executions WHERE event IN ('ENTRY_FILLED', 'TP_FILLED', 'EXIT_FILLED')")
        #expect(fills.count > 2 && fills.count - 2 <= Int(count ?? "") ?? 0)
        #expect(
            try suite.control(["export", "fees", "--to", "2020-02-29"]).output
                == "time,symbol,asset,amount,mode,account,trade\r\n")
        for words in [
            ["export"], ["export", "trades"], ["export", "fills", "--from", "2023-02-29"],
            ["export", "fills", "--to", "1"],
        ] {
            #expect(try suite.control(words).exitCode == 4, "\(words)")
        }
    }

    @Test func `a name of the blueprint in the environment stops the start, the check and the doctor by name`() throws {
        suite.launcher = ["/usr/bin/env", "BASE_BALANCE=500"]
        suite.start(["risk-manager"])
        #expect(suite.exitCode("risk-manager") == 4)
        #expect(
            suite.log("risk-manager").contains(
                "risk-manager: BASE_BALANCE: is not read by this suite: set VORTEX7__RISK_MANAGER__CAPITAL_LIMIT_USDT"))
        let program = "\(PaperSuite.programs)/vortexctl", file = "\(suite.folder)/suite.yaml"
        for (command, code) in [(["config", "check"], Int32(4)), (["doctor"], 1)] {
            let result = try Subprocess.run(program, ["-c", file] + command, environment: ["BASE_BALANCE": "500"])
            #expect(result.exitCode == code, "\(command): \(result.output)")
        }
        // Who closes a position in need is not kept from it.
        let status = try Subprocess.run(program, ["-c", file, "streams"], environment: ["BASE_BALANCE": "500"])
        #expect(status.exitCode == 0, "\(status.output)")
    }
}
