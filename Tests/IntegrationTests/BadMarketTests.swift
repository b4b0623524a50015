import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing

/// What the venue says of the market and its contracts, to whole services.
@Suite(.serialized)
struct BadMarketTests {
    private static let symbol = "BTCUSDT"
    private let suite: PaperSuite
    private let account: PaperAccount

    init() throws {
        suite = try #require(
            PaperSuite(
                symbols: [Self.symbol], settings: "executor: {journal: @/executor.journal, rules_every_ms: 1000}"))
        account = try #require(PaperAccount(suite.venueURL))
        suite.startSimulator(["--seed", "3"])
        suite.start(["data-hub", "executor"])
        try #require(suite.wait { suite.log("executor").contains("\"user_stream_live\"") })
        try #require(suite.wait { try suite.length("md.book:{BTCUSDT}") > 0 })
        try account.buy(Self.symbol, "0.02")
        try #require(suite.wait { try !account.stops(Self.symbol).isEmpty })
    }

    private func alerts(_ event: String) throws -> Int {
        try suite.entries("alert").count { $0.fields["event"] == event }
    }

    @Test func `a delisting notice closes the position before the contract ends`() throws {
        #expect(suite.disturb("acts", #"{"act":"delivery","symbol":"BTCUSDT","seconds":86400}"#) != nil)
        #expect(suite.wait { try alerts("delisting") == 1 })
        #expect(try account.held(Self.symbol) != 0)
        #expect(suite.disturb("acts", #"{"act":"delivery","symbol":"BTCUSDT","seconds":1500}"#) != nil)
        #expect(suite.wait { try account.held(Self.symbol) == 0 }, "\(suite.log("executor").suffix(900))")
        #expect(suite.wait { try account.stops(Self.symbol).isEmpty && alerts("delisting_close") == 1 })
    }

    private func depthsSent() throws -> Int { try suite.framesSent()["btcusdt@depth20@100ms"] ?? 0 }

    @Test(arguments: ["crossed-books", "absurd-prices"])
    func `books that can't be true go nowhere, and the position keeps its stop`(kind: String) throws {
        let held = try account.held(Self.symbol), stops = try account.stops(Self.symbol)
        #expect(suite.disturb("faults", #"{"kind":"\#(kind)","stream":"depth"}"#) != nil)
        // Twenty of them, and none has been written.
        #expect(
            suite.wait {
                let books = try suite.length("md.book:{BTCUSDT}"), sent = try depthsSent()
                return try suite.wait { try depthsSent() >= sent + 20 } && suite.length("md.book:{BTCUSDT}") == books
            })
        let books = try suite.length("md.book:{BTCUSDT}")
        suite.endFaults()
        #expect(suite.wait { try suite.length("md.book:{BTCUSDT}") > books + 10 })
        #expect(try account.held(Self.symbol) == held && account.stops(Self.symbol) == stops)
        #expect(try alerts("emergency") == 0)
    }

    private func closedCandles() throws -> Int { try suite.length("md.candle:{BTCUSDT}") }

    @Test(arguments: ["emptied", "begun anew"])
    func `a Redis that lost the market's past is given it again`(how: String) throws {
        // A day of four timeframes, of which one alone has 1,440; a minute brings two or three.
        #expect(suite.wait { try closedCandles() > 1000 })
        let kept = how == "emptied" ? 0 : try closedCandles()
        if how == "emptied" {
            try suite.redis.client().command("FLUSHALL")
        } else {
            suite.redis.kill()
            try #require(suite.redis.start())
        }
        #expect(suite.wait { suite.log("data-hub").contains("redis_may_have_lost") })
        #expect(suite.wait { try closedCandles() > kept + 1000 }, "\(suite.log("data-hub").suffix(900))")
        #expect(
            suite.wait { try suite.entries("md.metric:{BTCUSDT}").contains { $0.fields["metric"] == "instrument" } })
    }
}
