import Foundation
import Ledger
import SignalContracts
import Testing
import TradingPrimitives

private let serverURL = ProcessInfo.processInfo.environment["VORTEX7_TEST_POSTGRES_URL"]

/// Against a real PostgreSQL, each test in a schema of its own.
@Suite(.enabled(if: serverURL != nil, "VORTEX7_TEST_POSTGRES_URL names no server: use Tests/run.sh"))
struct LedgerTests {
    private let symbol: Symbol
    private let time = Timestamp(milliseconds: 1_723_161_256_605)

    init() throws { symbol = try #require(Symbol("BTCUSDT")) }

    private func withDatabase(_ body: (Database) throws -> Void) throws {
        let database = try Database(url: try #require(serverURL))
        let schema = "test_" + UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
        try database.script("CREATE SCHEMA \(schema); SET search_path TO \(schema)")
        defer { try? database.script("DROP SCHEMA \(schema) CASCADE") }
        try Schema.migrate(database)
        try body(database)
    }

    /// What kind of error a statement ends with.
    private func isOfServer(_ body: () throws(DatabaseError) -> Void) throws -> Bool {
        do throws(DatabaseError) { try body() } catch {
            if case .unavailable = error { return true }
            return false
        }
        throw DatabaseError.refused(state: "", "nothing was refused")
    }

    @Test func `what any statement would meet is the server's state, what one alone meets is its own`() throws {
        try withDatabase { database in
            let entry = decision(1)
            try database.script("SET default_transaction_read_only = on")
            #expect(
                try isOfServer { () throws(DatabaseError) in
                    try database.transaction { database throws(DatabaseError) in try entry.write(to: database) }
                })
            // Nothing of it is left: the connection goes on.
            try database.script("SET default_transaction_read_only = off")
            try database.transaction { database throws(DatabaseError) in try entry.write(to: database) }
            #expect(try isOfServer { () throws(DatabaseError) in try database.run("SELECT * FROM not_restored") })
            #expect(
                try isOfServer { () throws(DatabaseError) in
                    try database.script("SET ROLE pg_monitor; DELETE FROM trades")
                })
            try database.script("RESET ROLE")
            for state in ["40001", "40P01", "55P03", "28000"] {
                let body = "RAISE EXCEPTION USING ERRCODE = '\(state)', MESSAGE = 'x'"
                #expect(
                    try isOfServer { () throws(DatabaseError) in
                        try database.script("DO $$ BEGIN \(body); END $$")
                    }, "\(state)")
            }
            #expect(try !isOfServer { () throws(DatabaseError) in try database.run("SELECT 1 / 0") })
            #expect(
                try !isOfServer { () throws(DatabaseError) in
                    try database.run("INSERT INTO alerts (entry_id) VALUES (NULL)")
                })
        }
    }

    @Test func `a trial leaves nothing behind, whether it succeeds or not`() throws {
        try withDatabase { database in
            let entry = decision(1)
            try database.trial { database throws(DatabaseError) in try entry.write(to: database) }
            try? database.trial { database throws(DatabaseError) in try database.run("SELECT 1 / 0") }
            #expect(try database.run("SELECT count(*) FROM decisions") == [["0"]])
        }
    }

    private func number<Number: FixedDecimal>(_ text: String) throws -> Number { try #require(Number(text)) }

    private func id(_ counter: UInt64) -> TradeId {
        TradeId(symbol: symbol, cause: StreamId(milliseconds: 1_723_161_256_612, sequence: counter))
    }

    private func decision(_ counter: UInt64) -> LedgerEntry {
        var flow = OrderFlowSignal(cause: .zero, eventTime: time)
        flow.direction = .buyPressure
        flow.strength = 0.8
        var signals = SignalSnapshot()
        signals.update(.orderFlow(flow))
        signals.update(.tick(TickSignal(cause: .zero, eventTime: time)))
        return .decision(
            symbol,
            Decision(
                id: id(counter), cause: .zero, eventTime: time, profile: "phase1", action: .long, strategy: .momentum,
                confidence: 61.5,
                finalScore: 0.615, scoreMomentum: 0.615, scoreReversion: 0, enginesAgree: 2, failedGates: GateSet(),
                reason: "it's \"quoted\" \\ and\nbroken", signals: signals))
    }

    private func closed(
        _ counter: UInt64, net: String, _ reason: ExitReason = .takeProfit2, strategy: Strategy? = .momentum,
        entryMaker: String = "0.016", exitMaker: String = "0", at mode: TradingMode? = nil, of account: String? = nil
    ) throws -> LedgerEntry {
        var event = ExecutionEvent(
            plan: id(counter), cause: .zero, eventTime: time, kind: .positionClosed, state: .closed, direction: .long,
            strategy: strategy)
        (event.mode, event.account, event.program) = (mode, account, mode.map { _ in "9.9.9" })
        event.summary = TradeSummary(
            exitReason: reason, size: try number("988.8032"), quantity: try number("0.016"),
            entryPrice: try number("61800.2"),
            exitPrice: try number("61890.4"), leverage: 5, initialStopPrice: try number("61739.8"),
            takeProfitPrice: try number("61898.4"), trailingStopPrice: nil,
            grossPnl: try number(net) + (try number("0.71")),
            fees: try number("0.71"), netPnl: try number(net), confidence: 61.5, makerFills: 2, takerFills: 1,
            entryTime: time,
            exitTime: time + 184_000, entryMakerQuantity: try number(entryMaker),
            exitMakerQuantity: try number(exitMaker))
        return .execution(symbol, StreamId(milliseconds: 1, sequence: counter), event)
    }

    @Test func `migrations are taken once, however often they are asked for`() throws {
        try withDatabase { database throws in
            let first = try Schema.migrate(database)
            #expect(try Schema.migrate(database) == first)
            #expect(try database.run("SELECT count(*) FROM schema_migrations") == [["\(first)"]])
        }
    }

    @Test(arguments: [true, false])
    func `a trade takes its signals from its decision, whichever comes first, and twice is once`(decisionFirst: Bool)
        throws
    {
        try withDatabase { database throws in
            let entries =
                decisionFirst
                ? [decision(1), try closed(1, net: "0.7332")] : [try closed(1, net: "0.7332"), decision(1)]
            for entry in entries + entries { try entry.write(to: database) }
            let trades = try database.run(
                "SELECT pnl_net, final_score, engine_signals->'E1'->>'direction', hold_duration_sec, exit_reason FROM trades"
            )
            #expect(trades == [["0.73320000", "0.6150", "BUY_PRESSURE", "184", "TP2"]])
            let accuracy = try database.run(
                "SELECT engine, signal_dir, trade_result FROM engine_accuracy ORDER BY engine")
            #expect(accuracy == [["E1", "BUY_PRESSURE", "WIN"], ["E2", "NEUTRAL", "WIN"]])
        }
    }

    @Test func `the day adds up`() throws {
        try withDatabase { database throws in
            var risk = RiskState(eventTime: time)
            risk.dayStartBalance = try number("100")
            for _ in 0..<2 { try LedgerEntry.risk(risk).write(to: database) }
            for (counter, net) in [(UInt64(1), "2"), (2, "-5"), (3, "1"), (4, "4")] {
                try closed(counter, net: net).write(to: database)
            }
            var event = ExecutionEvent(
                plan: id(9), cause: .zero, eventTime: time, kind: .noFill, state: .noFill, direction: .long,
                strategy: .momentum)
            event.detail = "not filled"
            try LedgerEntry.execution(symbol, StreamId(milliseconds: 2, sequence: 0), event).write(to: database)
            let day = try database.run(
                "SELECT date, symbol, total_trades, wins, losses, no_fills, net_pnl, max_drawdown_usdt, max_drawdown, "
                    + "best_trade_pnl, worst_trade_pnl FROM daily_summary")
            // From 100 to 102, then down to 97: 5 of 102.
            #expect(
                day == [
                    ["2024-08-08", "BTCUSDT", "4", "3", "1", "1", "2.0000", "5.0000", "0.0490", "4.0000", "-5.0000"]
                ])
            // Where nobody said what the day began with, there is no share to tell.
            try database.script("DELETE FROM day_balance")
            try closed(5, net: "1").write(to: database)
            let unknown = try database.run("SELECT max_drawdown_usdt, max_drawdown FROM daily_summary")
            #expect(unknown == [["5.0000", nil]])
        }
    }

    @Test func `an entry that was given up costs its money, and is no trade, no loss and no lesson`() throws {
        try withDatabase { database throws in
            try decision(1).write(to: database)
            try closed(1, net: "-0.2", .noFill).write(to: database)
            try closed(2, net: "3").write(to: database)
            let day = try database.run("SELECT total_trades, wins, losses, no_fills, net_pnl FROM daily_summary")
            #expect(day == [["1", "1", "0", "1", "2.8000"]])
            #expect(try database.run("SELECT count(*) FROM engine_accuracy") == [["0"]])
            let lesson = LearnableTrade.Lesson(TradeScope(mode: nil, account: nil), .phase1)
            #expect(try LearnableTrade.after(0, count: 10, of: lesson, in: database).isEmpty)
            let report = try KpiReport(database, days: 7, at: time + 3_600_000, account: nil, risk: nil)
            #expect(report.tradeCount == 1 && report.values[.winRate] == 1)
        }
    }

    @Test func `makers are counted by what they filled, and of the entries apart from all fills`() throws {
        try withDatabase { database throws in
            try closed(1, net: "2").write(to: database)
            try closed(2, net: "2", entryMaker: "0.008", exitMaker: "0.016").write(to: database)
            let day = try database.run("SELECT entry_maker_rate, maker_rate FROM daily_summary")
            // Entries: all and a half. All fills: a half and three quarters.
            #expect(day == [["0.7500", "0.6250"]])
            let report = try KpiReport(database, days: 7, at: time + 3_600_000, account: nil, risk: nil)
            #expect(abs((report.values[.makerRate] ?? 0) - 0.75) < 1e-9)
        }
    }

    @Test func `a position that was found at the venue is of no strategy`() throws {
        try withDatabase { database throws in
            try closed(1, net: "2", strategy: nil).write(to: database)
            #expect(try database.run("SELECT strategy IS NULL FROM trades") == [["t"]])
            #expect(try database.run("SELECT total_trades, strategy_a_count FROM daily_summary") == [["1", "0"]])
        }
    }

    @Test func `few trades make no key figure dangerous, but for the money that is gone`() {
        for kpi in Kpi.allCases {
            #expect((kpi.status(of: 0, trades: 7) == .unknown) == (kpi.tradesMin > 7))
        }
        #expect(Kpi.winRate.status(of: 0.2, trades: 20) == .danger)
        #expect(Kpi.dailyNet.status(of: -0.02, trades: 1) == .danger)
    }

    @Test func `a decision that one gate alone stopped gets the prices that follow, each once`() throws {
        try withDatabase { database throws in
            var flow = OrderFlowSignal(cause: .zero, eventTime: time)
            flow.bestBid = try number("99.9")
            flow.bestAsk = try number("100.1")
            var signals = SignalSnapshot()
            signals.update(.orderFlow(flow))
            for (counter, gates) in [(UInt64(1), GateSet(.score)), (2, GateSet(.score, .spread)), (3, GateSet())] {
                let stopped = Decision(
                    id: id(counter), cause: .zero, eventTime: time, profile: "vortex7", action: .noTrade,
                    confidence: 0, finalScore: -0.5, scoreMomentum: -0.5, scoreReversion: 0, enginesAgree: 2,
                    failedGates: gates, reason: "", signals: signals)
                try LedgerEntry.decision(symbol, stopped).write(to: database)
            }
            // Seconds after the decision, and the price: the first at or after each moment counts.
            for (seconds, price) in [(59, "98"), (60, "99"), (61, "97"), (300, "101"), (611, "50")] {
                let due = time + Int64(seconds) * 1000
                try LedgerEntry.price(symbol, try number(price), at: due).write(to: database)
            }
            let rows = try database.run(
                "SELECT decision, gate, side, price_1m, price_5m, price_10m, move_1m, move_5m FROM signal_outcome")
            #expect(rows.count == 1 && rows[0][0] == id(1).text && rows[0][1] == "score" && rows[0][2] == "SHORT")
            #expect(rows[0][3].flatMap(Double.init) == 99 && rows[0][4].flatMap(Double.init) == 101)
            #expect(rows[0][5] == nil, "eleven seconds late is not ten minutes")
            #expect(rows[0][6].flatMap(Double.init) == 0.01 && rows[0][7].flatMap(Double.init) == -0.01)
        }
    }

    @Test func `breakers count in the day they trip in`() throws {
        try withDatabase { database throws in
            let other = try #require(Symbol("ETHUSDT"))
            try closed(1, net: "-2").write(to: database)
            guard case .execution(_, _, let event) = try closed(2, net: "-2") else { return }
            try LedgerEntry.execution(other, StreamId(milliseconds: 1, sequence: 2), event).write(to: database)
            let alert = Alert(
                eventTime: time, severity: .warning, service: "risk-manager", event: "loss_streak", symbol: other,
                text: "3 losses")
            for _ in 0..<2 {
                try LedgerEntry.alert(StreamId(milliseconds: 1, sequence: 1), alert).write(to: database)
            }
            // It stops all contracts, and is one breaker: that of the contract that tripped it.
            let counts = "SELECT symbol, circuit_breaks FROM daily_summary ORDER BY symbol"
            #expect(try database.run(counts) == [["BTCUSDT", "0"], ["ETHUSDT", "1"]])
            try closed(3, net: "1").write(to: database)
            #expect(try database.run(counts) == [["BTCUSDT", "0"], ["ETHUSDT", "1"]])
        }
    }

    @Test func `a stored trade reads back with its signals and its plan`() throws {
        try withDatabase { database throws in
            for entry in [decision(1), try closed(1, net: "0.7332")] { try entry.write(to: database) }
            let stored = try #require(try StoredTrade(id(1), in: database))
            #expect(stored.signals.map(\.engine) == ["E1", "E2"] && stored.events.count == 1)
            #expect(stored.signals[0].fields.contains { $0 == ("direction", "BUY_PRESSURE") })
            #expect(try StoredTrade(id(9), in: database) == nil)
            // One that was found on the account has no decision.
            try closed(2, net: "-0.1").write(to: database)
            let found = try #require(try StoredTrade(id(2), in: database))
            #expect(found.decision.isEmpty && found.plan.isEmpty && found.events.count == 1)
        }
    }

    @Test func `what it will not take and what it can't take now are told apart`() throws {
        try withDatabase { database throws in
            #expect(throws: DatabaseError.self) { try database.run("INSERT INTO alerts VALUES (NULL)") }
            #expect(try database.run("SELECT 1") == [["1"]], "the connection goes on")
        }
        do {
            _ = try Database(url: "postgresql://nobody@127.0.0.1:1/none")
            Issue.record("a server answered on port 1")
        } catch {
            guard case .unavailable = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test func `a transaction is all or nothing`() throws {
        try withDatabase { database throws in
            #expect(throws: DatabaseError.self) {
                try database.transaction { database throws(DatabaseError) in
                    try database.run("INSERT INTO weight_history (trade_count) VALUES (1)")
                    try database.run("INSERT INTO nowhere VALUES (1)")
                }
            }
            #expect(try database.run("SELECT count(*) FROM weight_history") == [["0"]])
        }
    }
}
