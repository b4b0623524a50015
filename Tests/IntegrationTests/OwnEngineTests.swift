import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing
import TradingPrimitives

/// `docs/examples/three_candles.py` beside a suite that knows nothing of it but its name and weight; then others under its name, and
/// under a house engine's.
@Suite(.serialized, .enabled(if: OwnEngine.isInstalled, "\(OwnEngine.skipMessage)"))
struct OwnEngineTests {
    private static let name = "three-candles"
    private static let settings = """
        decision-engine: {engines: {three-candles: {weight: 0.1, age_max_ms: 60000}}}
        \(PaperSuite.journals)
        """

    /// Runs a program against the suite's Redis; it ends with the test.
    private final class Program {
        private let process: ChildProcess

        init(_ suite: PaperSuite, _ script: String) throws {
            process = try #require(
                ChildProcess(
                    OwnEngine.python, ["-B", script, suite.redis.address.description] + suite.symbols,
                    output: "\(suite.folder)/own.log"))
        }

        func kill() { process.kill() }
        deinit { process.kill() }
    }

    /// A program of these lines of Python, which has `server` and the contract's name.
    private func program(_ suite: PaperSuite, _ lines: String) throws -> Program {
        let path = "\(suite.folder)/mad-\(UUID().uuidString).py"
        try #require(
            writeFile(
                path,
                """
                import sys, time, redis
                server = redis.Redis.from_url(sys.argv[1], decode_responses=True)
                def say(engine, **more):
                    now = int(time.time() * 1000)
                    server.xadd("signal:{BTCUSDT}", {"v": 1, "engine": engine, "cause": f"{now}-0", "event_time": now, "warm": 1,
                                                     "sign": 1, "strength": 1, "confidence": 1} | more)

                """ + lines))
        return try Program(suite, path)
    }

    private func votes(_ suite: PaperSuite) throws -> [(id: StreamId, votes: String)] {
        try suite.entries("decision:{BTCUSDT}").compactMap { entry in entry.fields["votes"].map { (entry.id, $0) } }
    }

    private func alerts(_ suite: PaperSuite) throws -> Set<String> {
        Set(try suite.entries("alert").compactMap { $0.fields["event"] })
    }

    /// Decisions are made, and every service lives.
    private func expectLife(_ suite: PaperSuite, _ label: String) throws {
        let last = try suite.entries("decision:{BTCUSDT}").last?.id ?? .zero
        let goesOn = suite.wait { try suite.entries("decision:{BTCUSDT}").last?.id ?? .zero > last.next }
        #expect(goesOn, "\(label): no decision any more")
        for service in PaperSuite.engines + ["executor", "data-hub"] {
            #expect(suite.isAlive(service), "\(label): \(service) is dead: \(suite.log(service).suffix(400))")
        }
    }

    @Test func `an engine that somebody else wrote votes, is shown, and can't hurt when it is away or mad`() throws {
        let suite = try #require(PaperSuite(rate: 10, settings: Self.settings))
        suite.startSimulator(["--seed", "5"])
        try #require(suite.wait { try suite.venue("/fapi/v1/time")["serverTime"] != nil })
        suite.start(PaperSuite.engines + ["executor", "data-hub"])
        let engine = try Program(suite, SharedData.packageRoot.appending(path: "docs/examples/three_candles.py").path)
        let hasVoted = suite.wait { try votes(suite).contains { $0.votes.contains(Self.name) } }
        try #require(hasVoted, "\(suite.log("own").suffix(600))")
        let isShown = suite.wait {
            try suite.client().command("HGET", "engine_signals:{BTCUSDT}", Self.name).text?.contains("strength=")
                == true
        }
        #expect(isShown)
        let decision = try #require(
            try suite.entries("decision:{BTCUSDT}").last { $0.fields["votes"]?.contains(Self.name) == true })
        let why = try suite.control(["why", decision.fields["id"] ?? ""])
        #expect(why.exitCode == 0 && why.output.contains(Self.name), "\(why.output)")

        // Killed, it is neutral, and nobody waits for it.
        engine.kill()
        try expectLife(suite, "killed")

        let garbage = try program(
            suite,
            "for wrong in [{'sign': 7}, {'strength': 'much'}, {'confidence': 2}, {'cause': 'x'}, {'v': 9}]: say('three-candles', **wrong)"
        )
        let areAside = suite.wait { try suite.entries("dead:{BTCUSDT}").count >= 5 }
        let letters = try suite.entries("dead:{BTCUSDT}")
        #expect(areAside, "\(letters.map(\.fields))")
        for letter in letters { #expect(letter.fields["service"] == "decision-engine") }
        try expectLife(suite, "garbage")
        garbage.kill()

        let flood = try program(suite, "while True: say('three-candles')\n")
        let isTold = suite.wait { try alerts(suite).contains("engine_floods") }
        #expect(isTold, "no alert of the flood")
        try expectLife(suite, "flood")
        flood.kill()

        let mirror = try program(
            suite,
            """
            last = "$"
            while True:
                for _, entries in server.xread({"signal:{BTCUSDT}": last}, block=1000) or []:
                    for last, signal in entries:
                        if signal["engine"] == "E2": server.xadd("signal:{BTCUSDT}", signal)

            """)
        let isDoubted = suite.wait { try alerts(suite).contains("engine_doubted") }
        #expect(isDoubted, "no alert of the mirror")
        try expectLife(suite, "mirror")
        mirror.kill()

        // What they did is over with them: the engine votes again, now the one in Swift.
        let began = try suite.entries("decision:{BTCUSDT}").last?.id ?? .zero
        suite.start([Self.name])
        let votesAgain = suite.wait { try votes(suite).contains { $0.id > began && $0.votes.contains(Self.name) } }
        #expect(votesAgain, "\(suite.log(Self.name).suffix(600))")
        #expect(suite.terminate(Self.name) == 0)
    }
}
