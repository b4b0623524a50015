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
