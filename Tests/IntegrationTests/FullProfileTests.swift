import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing
import TradingPrimitives

/// All engines, all gates and the strategies, as processes on the synthetic market at ten times its speed.
@Suite(.serialized, .enabled(if: TestDatabase.server != nil, "\(TestDatabase.skipMessage)"))
struct FullProfileTests {
    /// Rules that let many short trades of the full profile pass. Nothing but numbers differs from what ships.
    static let loose = """
        decision-engine: {score_min: 0.05, agreement_min: 1, strategy_score_min: 0.1, score_jump_max: 2, \
        momentum: {velocity_ratio_min: 0.2, streak_min: 1, confirmations_min: 0}, \
        cascade: {confirmations_min: 0}, reversion: {confirmations_min: 0}}
        risk-manager: {journal: @/risk-manager.journal, reward_to_risk_min: 0, profit_min: 0, risk_low: 0.0005, \
        risk_middle: 0.0005, risk_high: 0.0005, momentum: {max_hold_ms: 10000}, cascade: {max_hold_ms: 10000}, \
        reversion: {max_hold_ms: 10000}, breakers: {streak_losses: 1000, hourly_losses: 1000, hourly_trades: 100000, \
        daily_loss_max: 1}}
        executor: {journal: @/executor.journal}
        """
    static let seed = "5"

    private func start(_ database: TestDatabase, settings: String = "") throws -> PaperSuite {
        let suite = try #require(PaperSuite(rate: 10, settings: settings, postgres: database.url))
        suite.startSimulator(["--seed", Self.seed])
        try #require(suite.wait { try suite.venue("/fapi/v1/time")["serverTime"] != nil })
        suite.start(PaperSuite.engines + ["executor", "trade-recorder", "data-hub"])
        return suite
    }

    /// Trades closed so far, oldest first.
    private func closed(_ suite: PaperSuite) throws -> [ExecutionEvent] {
        try suite.symbols.flatMap { try suite.entries("execution:{\($0)}") }.filter {
            $0.fields["event"] == ExecutionKind.positionClosed.rawValue
        }.sorted { $0.id < $1.id }.map { try ExecutionEvent($0.fields) }
    }

    private func expectTrades(_ count: Int, _ suite: PaperSuite) throws {
        let areClosed = suite.wait { try closed(suite).count >= count }
        let found = try closed(suite).count, gates = try suite.control(["why-not", "BTCUSDT"]).output
        try #require(
            areClosed, "\(found) trades of \(count): \(gates)\n\(suite.log("executor").suffix(600))")
    }

    private func json(_ result: Subprocess.Result) throws -> [String: Any] {
        #expect(result.exitCode == 0, "\(result.output)")
        return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    }

    // MARK: The start

    @Test func `all engines are warm after a fresh start, and decisions carry all five`() throws {
        let database = try #require(try TestDatabase("full_start"))
        let suite = try start(database)
        for symbol in suite.symbols {
            let first = try #require(firstEntry("md.book:{\(symbol)}", suite) { _ in true })
            let start: Int64 = try first.fields.required("event_time")
            for engine in HouseEngine.allCases {
                let warm = try #require(
                    firstEntry("signal:{\(symbol)}", suite) {
                        $0["engine"] == engine.rawValue && $0["warm"] == "1"
                    }, "\(engine.rawValue) of \(symbol) is cold")
                let time: Int64 = try warm.fields.required("event_time")
                #expect(time - start <= 60_000, "\(engine.rawValue) of \(symbol) was warm after \(time - start) ms")
            }
            let whole = firstEntry("decision:{\(symbol)}", suite) { fields in
                HouseEngine.allCases.allSatisfy { fields["\($0.scope)warm"] == "1" }
            }
            #expect(whole != nil, "no decision on \(symbol) carries five warm signals")
        }
        for service in PaperSuite.engines {
            #expect(!suite.log(service).contains("\"level\":\"error\""), "\(suite.log(service).suffix(500))")
        }
    }

    private func firstEntry(
        _ key: String, _ suite: PaperSuite, where isWanted: ([String: String]) -> Bool
    ) -> StreamEntry? {
        var found: StreamEntry?
        _ = suite.wait {
            found = try suite.entries(key).first {
                isWanted(Dictionary($0.fields.pairs.map { ($0.name, $0.value) }) { $1 })
            }
            return found != nil
        }
        return found
    }

    // MARK: Explanations

    @Test func `a trade is explained from the streams and from the database, a day by its gates`() throws {
        let database = try #require(try TestDatabase("full_why"))
        let suite = try start(database, settings: Self.loose)
        try expectTrades(1, suite)
        let trade = try #require(try closed(suite).first)
        try #require(
            suite.wait {
                try database.value("SELECT count(*) FROM trades WHERE plan = '\(trade.plan)'") == "1"
            }, "\(suite.log("trade-recorder").suffix(500))")
        try expectExplained(trade, suite)
        try expectGates(suite)
        try expectRefusals(suite)

        // What the streams have let go is told from the database.
        for service in ["data-hub", "decision-engine", "risk-manager", "executor"] { suite.kill(service) }
        let redis = try suite.redis.client()
        for kind in ["decision", "plan", "execution"] {
            for symbol in suite.symbols { _ = try redis.command("DEL", "\(kind):{\(symbol)}") }
        }
        try expectExplained(trade, suite)
    }

    private func expectExplained(_ trade: ExecutionEvent, _ suite: PaperSuite) throws {
        let summary = try #require(trade.summary), strategy = try #require(trade.strategy)
        let told = try suite.control(["why", trade.plan.text])
        #expect(told.exitCode == 0, "\(told.output)")
        let engines = HouseEngine.allCases.map { "\n\($0.rawValue)  " }
        let terms = [
            "plan APPROVED", "entry_price=", "sl_distance=", "tp1_distance=", "leverage=", "breakeven_win_rate=",
        ]
        let parts = [
            " by \(strategy.rawValue)", "closed by \(summary.exitReason.rawValue) ", "net \(summary.netPnl) USDT",
        ]
        for part in engines + terms + parts {
            #expect(told.output.contains(part), "'\(part)' is not in\n\(told.output)")
        }

        let story = try json(suite.control(["why", trade.plan.text, "--json"]))
        #expect((story["decision"] as? [String: String])?["strategy"] == strategy.rawValue)
        #expect((story["signals"] as? [String: Any])?.count == HouseEngine.allCases.count)
        #expect((story["plan"] as? [String: String])?["verdict"] == "APPROVED")
        let events = try #require(story["events"] as? [[String: String]])
        #expect(events.contains { $0["pnl_net"] == "\(summary.netPnl)" }, "\(events)")
    }

    private func expectGates(_ suite: PaperSuite) throws {
        let told = try suite.control(["why-not", "BTCUSDT"])
        #expect(told.exitCode == 0 && told.output.contains("ALONE"), "\(told.output)")
        let funnel = try json(suite.control(["why-not", "BTCUSDT", "--json"]))
        let evaluations = try #require(funnel["evaluations"] as? Int)
        let gates = try #require(funnel["gates"] as? [String: [String: Any]])
        #expect(evaluations > 0 && Set(gates.keys) == Set(Gate.allCases.map(\.rawValue)))
        for (name, gate) in gates {
            let passed = try #require(gate["passed"] as? Int), failed = try #require(gate["failed"] as? Int)
            let alone = try #require(gate["alone"] as? Int)
            #expect(passed + failed == evaluations && alone <= failed, "\(name): \(gate)")
        }
    }

    private func expectRefusals(_ suite: PaperSuite) throws {
        let unknown = try suite.control(["why", "BTCUSDT-nobody"])
        #expect(unknown.exitCode == 1 && unknown.output.contains("BTCUSDT-nobody"), "\(unknown.output)")
        let foreign = try suite.control(["why", "DOGEUSDT-1"])
        #expect(foreign.exitCode == 1 && foreign.output.contains("BTCUSDT, ETHUSDT"), "\(foreign.output)")
        for wrong in [["why"], ["why-not"], ["why-not", "DOGEUSDT"]] {
            let result = try suite.control(wrong)
            #expect(result.exitCode == 4 && result.output.contains("needs"), "\(wrong): \(result.output)")
        }
    }

    // MARK: Halts, kills and sums

    @Test func `a halt outlives its keeper, and no kill loses or doubles a count`() throws {
        let database = try #require(try TestDatabase("full_kill"))
        let suite = try start(database, settings: Self.loose)
        try expectTrades(1, suite)
        try #require(suite.wait { try self.approved(suite, of: ["BTCUSDT"]) > 0 })
        try expectHalt(suite)
        for service in ["risk-manager", "decision-engine", "risk-manager", "decision-engine", "risk-manager"] {
            try expectTrades(try closed(suite).count + 1, suite)
            suite.kill(service)
            suite.start([service])
        }
        try expectTrades(try closed(suite).count + 1, suite)
        #expect(suite.wait { try suite.control(["stop"]).exitCode == 0 })
        #expect(suite.wait { try suite.control(["close-all"]).exitCode == 0 }, "\(suite.log("executor").suffix(1500))")
        try expectCounts(suite, database)
        try expectOneDay(suite)
        try expectReport(suite, database)
    }

    /// Halted, the decision engine asks for nothing, and what is asked for all the same is refused; also after kill -9.
    private func expectHalt(_ suite: PaperSuite) throws {
        let asked = try #require(
            try suite.entries("decision:{BTCUSDT}").first { $0.fields["action"] != Action.noTrade.rawValue })
        #expect(suite.wait { try suite.control(["halt"]).exitCode == 0 })
        #expect(
            suite.wait {
                try suite.entries("decision:{BTCUSDT}").last?.fields["failed_gates"]?.contains("breaker") == true
            }, "no decision was stopped by the halt")
        let approved = try self.approved(suite)
        try expectRefusal(of: asked, suite)
        suite.kill("risk-manager")
        suite.start(["risk-manager"])
        try expectRefusal(of: asked, suite)
        #expect(try self.approved(suite) == approved, "a plan was approved in spite of the halt")
        #expect(try suite.control(["resume"]).exitCode == 0)
        #expect(suite.wait { try self.approved(suite) > approved }, "no plan after the halt")
    }

    /// Asks the risk manager again for what a decision asked for, and waits for its refusal.
    private func expectRefusal(of decision: StreamEntry, _ suite: PaperSuite) throws {
        func refused() throws -> Int {
            try suite.entries("plan:{BTCUSDT}").count { $0.fields["rule"] == RiskRule.halted.rawValue }
        }
        let before = try refused(), redis = try suite.redis.client()
        let again = try redis.command(
            ["XADD", "decision:{BTCUSDT}", "*"] + decision.fields.pairs.flatMap { [$0.name, $0.value] })
        #expect(suite.wait { try refused() == before + 1 }, "it was not refused by the halt")
        _ = try redis.command("XDEL", "decision:{BTCUSDT}", try #require(again.text))
    }

    private func approved(_ suite: PaperSuite, of symbols: [String]? = nil) throws -> Int {
        try (symbols ?? suite.symbols).flatMap { try suite.entries("plan:{\($0)}") }.count {
            $0.fields["verdict"] == "APPROVED"
        }
    }

    /// The day that the risk manager counts is the day that the recorder wrote down.
    private func expectCounts(_ suite: PaperSuite, _ database: TestDatabase) throws {
        var told = ""
        let isEqual = suite.wait {
            let rows = try suite.redis.client().command("HGETALL", "session").elements.compactMap(\.text)
            var session: [String: String] = [:]
            for index in stride(from: 0, to: rows.count - 1, by: 2) { session[rows[index]] = rows[index + 1] }
            let time = try #require(Int64(session["event_time"] ?? ""))
            let midnight = Timestamp(milliseconds: time).floored(to: 86_400_000)
            let written = try database.value(
                "SELECT count(*) || ' ' || trim_scale(sum(pnl_net)) FROM trades WHERE exit_time >= '\(midnight)'")
            let counted = "\(session["trades_today"] ?? "") \(session["pnl_today"] ?? "")"
            told = "risk-manager counts \(counted), the database \(written ?? "nothing")"
            return counted == written
        }
        #expect(isEqual, "\(told)")
    }

    /// The gates' counts of a day never fall, whoever counted.
    private func expectOneDay(_ suite: PaperSuite) throws {
        for symbol in suite.symbols {
            let counts = try suite.entries("decision:{\(symbol)}").map { try Decision($0.fields).gateCounts }
            #expect(
                zip(counts, counts.dropFirst()).allSatisfy {
                    ($0.since, $0.evaluations) < ($1.since, $1.evaluations)
                }, "\(symbol): \(counts.map(\.evaluations))")
        }
    }

    /// To 1e-8, the venue's sums are the sums of the trades.
    private func expectReport(_ suite: PaperSuite, _ database: TestDatabase) throws {
        let script = SharedData.packageRoot.appending(path: "Tests/Reports/run_report.py").path
        var report: Subprocess.Result?
        let isEqual = suite.wait {
            report = try Subprocess.run(
                "/usr/bin/env", ["python3", script],
                environment: ["VORTEX7_VENUE_REST_URL": suite.venueURL, "VORTEX7_POSTGRES_URL": database.url])
            return report?.exitCode == 0
        }
        #expect(isEqual, "\(report?.output ?? "the report did not run")")
    }
}
