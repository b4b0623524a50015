import Foundation
import Ledger
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing
import TradingPrimitives

/// The recorder as a process, with a PostgreSQL that comes and goes.
@Suite(.serialized, .enabled(if: TestDatabase.server != nil, "\(TestDatabase.skipMessage)"))
struct RecorderTests {
    /// Passes connections on to the server; killing it is a server that is away.
    private static let forwarder = """
        import asyncio, sys
        async def pipe(reader, writer):
            try:
                while data := await reader.read(65536):
                    writer.write(data)
                    await writer.drain()
            finally:
                writer.close()
        async def serve(reader, writer):
            there, back = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
            await asyncio.gather(pipe(reader, back), pipe(there, writer), return_exceptions=True)
        async def main():
            server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
            await server.serve_forever()
        asyncio.run(main())
        """

    @Test func `nothing is lost or doubled while PostgreSQL and the recorder come and go`() throws {
        let database = try #require(try TestDatabase("recorder"))
        var address = try #require(URLComponents(string: database.url))
        let port = try #require(address.port), ownPort = freePort()
        address.port = ownPort
        let suite = try #require(PaperSuite(symbols: ["BTCUSDT"], postgres: address.string))
        func forward() throws -> ChildProcess {
            try #require(
                ChildProcess("python3", ["-c", Self.forwarder, "\(ownPort)", "\(port)"], output: "/dev/null"))
        }
        var server: ChildProcess? = try forward()
        suite.start(["trade-recorder"])
        let redis = try suite.redis.client()
        var random = SplitMix64(seed: 21)
        for number in 0..<400 {
            try add(number, redis)
            if number == 250 { _ = try redis.command("XADD", "decision:{BTCUSDT}", "*", "v", "1", "id", "?") }
            switch random.next() % 40 {
            case 0: server?.kill()
            case 1, 2:
                server?.kill()
                server = try forward()
            case 3:
                suite.kill("trade-recorder")
                suite.start(["trade-recorder"])
            default: usleep(5000)
            }
        }
        server?.kill()
        server = try forward()
        func count(_ table: String) throws -> String? { try database.value("SELECT count(*) FROM \(table)") }
        let isWhole = suite.wait { try count("decisions") == "400" && count("executions") == "400" }
        #expect(
            isWhole,
            "decisions \(String(describing: try? count("decisions"))): \(suite.log("trade-recorder").suffix(600))")
        #expect(try suite.length("dead:{BTCUSDT}") == 1)
        #expect(
            suite.wait {
                try redis.command("XPENDING", "decision:{BTCUSDT}", "trade-recorder").elements.first == .integer(0)
            })
        #expect(try suite.length("alert") == 0, "\(suite.log("trade-recorder").suffix(600))")
        #expect(suite.terminate("trade-recorder") == 0)
        server?.kill()
    }

    @Test func `a database that turns read-only under the recorder is waited for, and told as what it is`() throws {
        let server = try #require(PostgresServer())
        let suite = try #require(PaperSuite(symbols: ["BTCUSDT"], postgres: server.url))
        let database = TestDatabase(url: server.url)
        #expect(suite.wait { (try? database.value("SELECT 1")) == "1" })
        func doctor() throws -> String { try suite.control(["doctor"]).output }
        #expect(try doctor().contains("postgres writes     ok"))
        suite.start(["trade-recorder"])
        let redis = try suite.redis.client()
        for number in 0..<50 { try add(number, redis) }
        func count(_ table: String) -> String? { try? database.value("SELECT count(*) FROM \(table)") }
        #expect(suite.wait { count("decisions") == "50" }, "\(suite.log("trade-recorder"))")
        try database.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        _ = try database.value("SELECT pg_reload_conf()")
        #expect(suite.wait { (try? database.value("SHOW default_transaction_read_only")) == "on" })
        for number in 50..<100 { try add(number, redis) }
        #expect(suite.wait { suite.log("trade-recorder").contains("(25006)") }, "\(suite.log("trade-recorder"))")
        // The recorder that is started then waits, too.
        suite.kill("trade-recorder")
        suite.start(["trade-recorder"])
        for number in 100..<110 { try add(number, redis) }
        #expect(suite.wait { suite.log("trade-recorder").contains("(25006)") }, "\(suite.log("trade-recorder"))")
        let told = try doctor()
        #expect(told.contains("postgres writes     FAILED  the server only reads"), "\(told)")
        #expect(count("decisions") == "50")
        let own = try Database(url: server.url)
        try own.script("SET default_transaction_read_only = off")
        try own.script("ALTER SYSTEM RESET default_transaction_read_only")
        _ = try own.run("SELECT pg_reload_conf()")
        #expect(
            suite.wait { count("decisions") == "110" && count("executions") == "110" },
            "\(suite.log("trade-recorder").suffix(600))")
        #expect(try suite.length("dead:{BTCUSDT}") == 0 && suite.length("dead") == 0)
        // It is no database from an old backup, and nobody is told that it was.
        #expect(try suite.length("alert") == 0, "\(suite.log("trade-recorder").suffix(600))")
        #expect(suite.terminate("trade-recorder") == 0)
    }

    @Test func `an entry that the database refuses is put aside once another one has passed beside it`() throws {
        let database = try #require(try TestDatabase("stuck"))
        let suite = try #require(PaperSuite(symbols: ["BTCUSDT"], postgres: database.url))
        _ = try Schema.migrate(try Database(url: database.url))
        try database.execute("ALTER TABLE alerts ADD CHECK (event <> 'unwanted')")
        suite.start(["trade-recorder"])
        let redis = try suite.redis.client()
        let alert = Alert(
            eventTime: Timestamp(milliseconds: 1_723_161_256_605), severity: .info, service: "test", event: "unwanted",
            text: "")
        _ = try redis.command(["XADD", "alert", "*"] + alert.fields.pairs.flatMap { [$0.name, $0.value] })
        #expect(suite.wait { suite.log("trade-recorder").contains("PostgreSQL refused") })
        // Alone it may be the database that is to blame.
        #expect(try suite.length("dead") == 0)
        try add(1, redis)
        #expect(suite.wait { try suite.length("dead") == 1 }, "\(suite.log("trade-recorder").suffix(600))")
        #expect(suite.wait { try database.value("SELECT count(*) FROM executions") == "1" })
        #expect(
            suite.wait { try redis.command("XPENDING", "alert", "trade-recorder").elements.first == .integer(0) })
        #expect(suite.terminate("trade-recorder") == 0)
    }

    private func run(_ words: [String]) throws {
        let result = try Subprocess.run("/usr/bin/env", words)
        #expect(result.exitCode == 0, "\(words.first ?? ""): \(result.output.suffix(600))")
    }

    @Test func `a database from an old backup is filled again, and what the streams no longer hold is told`() throws {
        let database = try #require(try TestDatabase("restored"))
        let suite = try #require(PaperSuite(symbols: ["BTCUSDT"], postgres: database.url))
        let redis = try suite.redis.client(), backup = "\(suite.folder)/backup.sql"
        func isWhole(decisions: Int, executions: Int) -> Bool {
            suite.wait {
                try database.value("SELECT count(*) FROM decisions") == "\(decisions)"
                    && database.value("SELECT count(*) FROM executions") == "\(executions)"
            }
        }
        func told() throws -> [String] {
            try suite.entries("alert").filter { $0.fields["event"] == "database_behind" }.map {
                "\($0.fields["severity"] ?? "") \($0.fields["text"] ?? "")"
            }
        }
        suite.start(["trade-recorder"])
        for number in 0..<100 { try add(number, redis) }
        try #require(isWhole(decisions: 100, executions: 100), "\(suite.log("trade-recorder").suffix(600))")
        try run(["pg_dump", "--clean", "--if-exists", "-f", backup, database.url])
        for number in 100..<200 { try add(number, redis) }
        try #require(isWhole(decisions: 200, executions: 200))
        // All of it is still in the streams.
        #expect(suite.terminate("trade-recorder") == 0)
        try run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", backup, database.url])
        try #require(isWhole(decisions: 100, executions: 100))
        suite.start(["trade-recorder"])
        #expect(isWhole(decisions: 200, executions: 200), "\(suite.log("trade-recorder").suffix(600))")
        #expect(try told().count == 1 && told()[0].hasPrefix("WARNING") && told()[0].contains("still there"))
        // A start with a database that is whole reads nothing again.
        #expect(suite.terminate("trade-recorder") == 0)
        suite.start(["trade-recorder"])
        for number in 200..<210 { try add(number, redis) }
        #expect(isWhole(decisions: 210, executions: 210))
        #expect(try told().count == 1)
        // Half of it is gone from one stream.
        #expect(suite.terminate("trade-recorder") == 0)
        try run(["psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", backup, database.url])
        _ = try redis.command("XTRIM", "decision:{BTCUSDT}", "MAXLEN", "60")
        suite.start(["trade-recorder"])
        #expect(isWhole(decisions: 160, executions: 210), "\(suite.log("trade-recorder").suffix(600))")
        let last = try #require(try told().last)
        #expect(last.hasPrefix("CRITICAL") && last.contains("missing: decision:{BTCUSDT} after"), "\(last)")
        #expect(suite.wait { try database.value("SELECT count(*) FROM alerts") == "2" })
    }

    private func add(_ number: Int, _ redis: RedisClient) throws {
        let symbol = try #require(Symbol("BTCUSDT"))
        let cause = StreamId(milliseconds: 1_723_161_256_612, sequence: UInt64(number)),
            time = Timestamp(milliseconds: 1_723_161_256_605)
        let id = TradeId(symbol: symbol, cause: cause)
        let decision = Decision(
            id: id, cause: cause, eventTime: time, profile: "phase1", action: .long, strategy: .momentum,
            confidence: 60,
            finalScore: 0.6, scoreMomentum: 0.6, scoreReversion: 0, enginesAgree: 2, failedGates: GateSet(),
            reason: "test")
        let event = ExecutionEvent(
            plan: id, cause: cause, eventTime: time, kind: .noFill, state: .noFill, direction: .long,
            strategy: .momentum)
        for (key, fields) in [("decision:{BTCUSDT}", decision.fields), ("execution:{BTCUSDT}", event.fields)] {
            _ = try redis.command(["XADD", key, "*"] + fields.pairs.flatMap { [$0.name, $0.value] })
        }
    }
}
