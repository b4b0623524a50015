import SignalContracts
import StreamBus
import TestSupport
import Testing
import TradingPrimitives

/// A stop triggers under the executor, and the venue's two services tell of it in one burst or some milliseconds apart.
@Suite(.serialized)
struct StopTellingTests {
    private static let symbol = "BTCUSDT"

    @Test(arguments: ["none", "recorded"])
    func `a triggered stop makes one closed trade of the venue's own fills`(lateness: String) throws {
        let suite = try #require(
            PaperSuite(symbols: [Self.symbol], settings: "executor: {journal: @/executor.journal}"))
        let account = try #require(PaperAccount(suite.venueURL))
        suite.startSimulator(["--seed", "3", "--lateness", lateness])
        suite.start(["data-hub", "executor"])
        try #require(suite.wait { suite.log("executor").contains("\"user_stream_live\"") })
        try #require(suite.wait { try suite.length("md.book:{BTCUSDT}") > 0 })
        try account.buy(Self.symbol, "0.02")
        try #require(suite.wait { try !account.stops(Self.symbol).isEmpty })
        let stop = try #require(try account.stops(Self.symbol).first)
        // Further than the stop, and less than what the executor takes for an emergency.
        #expect(suite.disturb("acts", #"{"act":"gap","symbol":"BTCUSDT","percent":-0.5}"#) != nil)
        func events() throws -> [ExecutionEvent] {
            try suite.entries("execution:{BTCUSDT}").map { try ExecutionEvent($0.fields) }
        }
        #expect(
            suite.wait { try events().contains { $0.kind == .positionClosed } }, "\(suite.log("executor").suffix(900))")
        // What might be doubled comes with the next look at the venue.
        let looked = try suite.length("account")
        #expect(suite.wait { try suite.length("account") > looked + 2 })
        let told = try events()
        #expect(told.count { $0.kind == .positionClosed } == 1, "\(told.map(\.kind))")
        let summary = try #require(told.compactMap(\.summary).last)
        let fills = try #require(
            account.ask("GET", "/fapi/v1/userTrades", "symbol=BTCUSDT") as? [[String: Any]])
        let sold = fills.filter { $0["side"] as? String == "SELL" }
        func sum<Number: FixedDecimal>(_ name: String, _: Number.Type) -> Number? {
            sold.reduce(Number.zero as Number?) { total, fill in
                guard let total, let one = Number(fill[name] as? String ?? "") else { return nil }
                return total + one
            }
        }
        #expect(summary.exitReason == .stopLoss && summary.quantity == sum("qty", Quantity.self))
        #expect(summary.grossPnl == sum("realizedPnl", Notional.self), "\(summary), \(sold)")
        #expect(try account.held(Self.symbol) == 0 && account.stops(Self.symbol).isEmpty)
        #expect(try account.orders(Self.symbol).count { $0 == stop } == 1 && account.orders(Self.symbol).count == 2)
    }
}
