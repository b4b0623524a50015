import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing

/// Far more trades than the suite is made for.
@Suite(.serialized)
struct FloodTests {
    private static let symbol = "BTCUSDT"
    private static let seed: UInt64 = 5
    private static let residentMaxMB = 300.0

    /// How old the newest book is that the services can read, milliseconds.
    private func lagMs(_ suite: PaperSuite) throws -> Int64 {
        let client = try suite.redis.client()
        let reply = try client.command("XREVRANGE", "md.book:{\(Self.symbol)}", "+", "-", "COUNT", "1")
        let words = reply.elements.first?.elements.last?.elements.compactMap(\.text) ?? []
        let place = try #require(words.firstIndex(of: "event_time"))
        return PaperSuite.nowMs() - (Int64(words[place + 1]) ?? 0)
    }

    /// Entries that were sent between two moments.
    private func entries(_ suite: PaperSuite, from: Int64, to: Int64) throws -> Int {
        try suite.entries("execution:{\(Self.symbol)}").count { entry in
            let time = Int64(entry.fields["event_time"] ?? "") ?? 0
            return entry.fields["event"] == "ENTRY_SENT" && from < time && time < to
        }
    }

    @Test func `a flood of trades loses no order's event, fills no memory, and its lag goes`() throws {
        let suite = try #require(PaperSuite(symbols: [Self.symbol], settings: KillTests.eager))
        let since = PaperSuite.nowMs()
        try suite.startTrading(seed: Self.seed)
        let tradesBefore = try suite.length("md.trade:{\(Self.symbol)}")
        // 120 000 a minute.
        let flood = #"{"act":"flood","symbol":"\#(Self.symbol)","seconds":20,"perSecond":2000}"#
        #expect(suite.disturb("acts", flood) != nil)
        sleep(6)
        // The hub stands still: what it hears then has waited.
        suite.signal("data-hub", SIGSTOP)
        let stopped = PaperSuite.nowMs()
        sleep(6)
        let worst = try lagMs(suite)
        suite.signal("data-hub", SIGCONT)
        let released = PaperSuite.nowMs()
        var most: [String: Double] = [:]
        for _ in 0..<10 {
            for service in PaperSuite.traders {
                most[service] = max(most[service] ?? 0, suite.residentMB(service) ?? 0)
            }
            sleep(1)
        }
        #expect(worst > 5000)
        // What was decided before the hub stood may have been on its way.
        #expect(try entries(suite, from: stopped + 2500, to: released) == 0, "an entry on an old book")
        #expect(suite.wait { try lagMs(suite) < 500 }, "the lag stays")
        for (service, size) in most.sorted(by: { $0.key < $1.key }) {
            #expect(size < Self.residentMaxMB, "\(service) has \(size) MB")
        }
        var trades = 0
        let hasCome = suite.wait {
            trades = try suite.length("md.trade:{\(Self.symbol)}") - tradesBefore
            return trades > 20_000
        }
        #expect(hasCome, "\(trades) trades came through")
        print("flood: \(trades) trades, lag \(worst) ms, at most \(most.values.max() ?? 0) MB")
        let before = try suite.entryCount()
        #expect(suite.wait { try suite.entryCount() > before }, "no entries after the flood")
        try suite.flatten()
        var audit = RunAudit(seed: Self.seed, title: "a flood")
        audit.executorUp = [[since, PaperSuite.nowMs()]]
        try audit.check(suite)
    }
}
