import BinanceFutures
import Glibc
import RedisTestSupport
import ServiceKit
import SignalContracts
import StreamBus
import TestSupport
import Testing
import TradingPrimitives

/// The market side: sockets that are replaced, and the hub as a process between the simulator and Redis.
@Suite(.serialized, .enabled(if: SimulatorHarness.program != nil, "needs exchange-simulator, built beside the tests"))
struct MarketConversationTests {
    @Test func `no trade is missed while one socket takes over from another`() throws {
        let harness = try SimulatorHarness()
        var scanner = MarketScanner(["BTCUSDT"].compactMap { Symbol($0) })
        var ids: [Int64] = []
        var settings = MarketSocket.Settings()
        settings.rotationMs = 700
        settings.overlapMs = 300
        let socket = MarketSocket(
            harness.sockets, harness.context, base: harness.context.settings.venue.streamURL, route: "market",
            streams: ["btcusdt@aggTrade"], settings: settings,
            onFrame: { bytes in
                if case .trade(_, let trade)? = try? scanner.scan(bytes) { ids.append(trade.tradeId) }
            }, onGap: { _ in Issue.record("a planned rotation is no gap") })
        socket.start()
        #expect(harness.turn { ids.count > Set(ids).count && ids.count > 30 }, "the sockets overlap")
        let unique = Set(ids)
        let first = try #require(ids.min()), last = try #require(ids.max())
        #expect(Int64(unique.count) == last - first + 1, "\(unique.count) of \(last - first + 1) trades")
    }

    @Test func `the hub, killed and started again, writes each trade once and in order`() throws {
        let harness = try SimulatorHarness()
        let server = try #require(RedisServer())
        let redis = try server.client()
        let file = server.directory + "/suite.yaml"
        try harness.configureHub(file, redis: "\(server.address)", hub: "")
        defer { for name in ["suite.yaml", "hub.log"] { removeFile("\(server.directory)/\(name)") } }
        let program = try #require(SimulatorHarness.hubProgram)
        for _ in 0..<3 {
            let hub = try #require(ChildProcess(program, ["-c", file], output: server.directory + "/hub.log"))
            // Into the middle of its work: some of the market has been written.
            let before = try redis.command("XLEN", "md.trade:{BTCUSDT}").integer ?? 0
            #expect(try waitUntil { try redis.command("XLEN", "md.trade:{BTCUSDT}").integer ?? 0 > before + 5 })
            hub.kill()
        }
        let hub = try #require(ChildProcess(program, ["-c", file], output: server.directory + "/hub.log"))
        #expect(try waitUntil { try hasCaughtUp(redis) })
        hub.signal(SIGTERM)
        #expect(hub.wait() == 0)
        let trades = try redis.command("XRANGE", "md.trade:{BTCUSDT}", "-", "+").elements.compactMap {
            $0.elements[1]["trade_id"]?.integer
        }
        #expect(trades.count > 20)
        #expect(zip(trades, trades.dropFirst()).allSatisfy { $0 < $1 })
        #expect(try hasCaughtUp(redis))
    }

    @Test func `a candle whose stream is silent closes all the same, each once`() throws {
        let harness = try SimulatorHarness(factor: 20)
        let server = try #require(RedisServer())
        let redis = try server.client()
        let file = server.directory + "/suite.yaml", log = server.directory + "/hub.log"
        try harness.configureHub(file, redis: "\(server.address)")
        defer { for path in [file, log] { removeFile(path) } }
        try harness.fault(#"{"kind":"drop-frames","feed":"market","stream":"kline"}"#)
        let program = try #require(SimulatorHarness.hubProgram)
        let hub = try #require(ChildProcess(program, ["-c", file], output: log))
        var heard: [CandleUpdate] = []
        func news(_ timeframe: Timeframe) -> Int { heard.count { $0.timeframe == timeframe && !$0.isBackfill } }
        let isTold = try waitUntil {
            heard = try redis.command("XRANGE", "md.candle:{BTCUSDT}", "-", "+").elements.compactMap {
                try StreamEntry($0).map { try CandleUpdate($0.fields) }
            }
            return news(.oneMinute) >= 4 && news(.threeMinutes) >= 1 && Timeframe.allCases.allSatisfy(isUnbroken)
        }
        // An answer that takes its time may bring a close behind its successor.
        func isUnbroken(_ timeframe: Timeframe) -> Bool {
            let times = heard.filter { $0.timeframe == timeframe }.map(\.openTime).sorted()
            return zip(times, times.dropFirst()).allSatisfy { $1 - $0 == timeframe.milliseconds }
        }
        #expect(isTold, "\(heard.map { "\($0.timeframe) \($0.openTime)" })")
        hub.signal(SIGTERM)
        #expect(hub.wait() == 0)
        #expect(try Subprocess.run("/bin/cat", [log]).output.contains("\"event\":\"close_missed\""))
    }

    @Test func `books that come late, twice, out of turn or crossed are written once and in order, or not at all`()
        throws
    {
        let harness = try SimulatorHarness()
        let server = try #require(RedisServer())
        let redis = try server.client()
        let file = server.directory + "/suite.yaml", log = server.directory + "/hub.log"
        try harness.configureHub(file, redis: "\(server.address)")
        defer { for path in [file, log] { removeFile(path) } }
        for rule in [
            #""kind":"delay-frames","feed":"market","ms":700"#, #""kind":"duplicate-frames","feed":"market""#,
            #""kind":"reorder-frames","feed":"market","ms":1000"#, #""kind":"crossed-books""#,
        ] { try harness.fault("{\(rule),\"stream\":\"depth\",\"probability\":0.2}") }
        let program = try #require(SimulatorHarness.hubProgram)
        let hub = try #require(ChildProcess(program, ["-c", file], output: log))
        var books: [BookUpdate] = []
        #expect(
            try waitUntil {
                books = try redis.command("XRANGE", "md.book:{BTCUSDT}", "-", "+").elements.compactMap {
                    try StreamEntry($0).map { try BookUpdate($0.fields) }
                }
                return try books.count >= 60 && harness.faultsFired().allSatisfy { $0 > 5 }
            })
        #expect(zip(books, books.dropFirst()).allSatisfy { $0.updateId < $1.updateId })
        for book in books {
            let bid = try #require(book.bids.best), ask = try #require(book.asks.best)
            #expect(bid.price < ask.price)
        }
        hub.signal(SIGTERM)
        #expect(hub.wait() == 0)
    }

    /// Whether something comes to be so; five minutes are only there to end a test that hangs.
    private func waitUntil(_ condition: () throws -> Bool) rethrows -> Bool {
        let end = SystemClock.monotonicUs() + 300_000_000
        while SystemClock.monotonicUs() < end {
            if try condition() { return true }
            usleep(50_000)
        }
        return false
    }

    /// Whether the past is whole and each kind of fact has been written.
    private func hasCaughtUp(_ redis: RedisClient) throws -> Bool {
        for timeframe in Timeframe.allCases {
            let count = try redis.command("ZCARD", "candles:{BTCUSDT}:\(timeframe.rawValue)").integer ?? 0
            guard 499...500 ~= count else { return false }
        }
        let metrics = ["mark_price", "top_long_ratio"]
        let books = try redis.command("XLEN", "md.book:{BTCUSDT}").integer ?? 0
        let interests = try redis.command("LLEN", "oi:{BTCUSDT}:history").integer ?? 0
        return try books > 50 && interests > 0 && redis.command("HGET", "oi:{BTCUSDT}", "value").text != nil
            && metrics.allSatisfy { try redis.command("HGET", "sentiment:{BTCUSDT}", $0).text != nil }
    }
}
