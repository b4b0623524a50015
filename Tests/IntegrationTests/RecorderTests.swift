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
        let isWhole = suite.wait(seconds: 40) { try count("decisions") == "400" && count("executions") == "400" }
        #expect(
            isWhole,
            "decisions \(String(describing: try? count("decisions"))): \(suite.log("trade-recorder").suffix(600))")
        #expect(try suite.length("dead:{BTCUSDT}") == 1)
        #expect(
            suite.wait(seconds: 5) {
                try redis.command("XPENDING", "decision:{BTCUSDT}", "trade-recorder").elements.first == .integer(0)
            })
        let (code, seconds) = suite.terminate("trade-recorder")
        #expect(code == 0 && seconds < 2)
        server?.kill()
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
