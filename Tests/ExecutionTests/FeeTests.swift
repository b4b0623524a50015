import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

/// Fees in another asset than profit.
struct FeeTests {
    /// A whole trade whose two fills pay in the assets named, up to where it is flat.
    private func trade(_ entryAsset: String, _ exitAsset: String) throws -> Conversation {
        var talk = try Conversation.ready()
        talk.hear(.plan(talk.symbol, try talk.plan()))
        let (_, entry) = try talk.takeOrder()
        let entryFee = entryAsset == "USDT" ? "0.2" : "0.0003"
        try talk.fill(entry.clientOrderId, .buy, "10", at: "100.0", fee: entryFee, feeAsset: entryAsset)
        let (stopId, stop) = try talk.takeStop()
        talk.hear(.reply(stopId, .stop(talk.report(stop, .new))))
        if entryAsset != "USDT" { try answerPrice(&talk, "600") }
        let exitFee = exitAsset == "USDT" ? "0.5" : "0.00105"
        try talk.fill(
            stop.clientOrderId, .sell, "10", at: "99.8", maker: false, pnl: "-2", fee: exitFee, feeAsset: exitAsset)
        return talk
    }

    private func answerPrice(_ talk: inout Conversation, _ price: String) throws {
        let (id, _) = try talk.take { $0 == .queryAssetPrice("BNB") }
        talk.hear(.reply(id, .assetPrice(try talk.number(price))))
    }

    private func summary(_ talk: Conversation) -> TradeSummary? {
        talk.events.last { $0.kind == .positionClosed }?.summary
    }

    @Test func `a fee in BNB counts with what BNB is worth at that moment`() throws {
        var talk = try trade("BNB", "BNB")
        #expect(summary(talk) == nil, "its worth is asked for first")
        try answerPrice(&talk, "610")
        let closed = try #require(summary(talk))
        #expect(closed.fees.description == "0.8205")  // 0.0003 × 600 + 0.00105 × 610
        #expect(closed.netPnl.description == "-2.8205")
        let fill = try #require(talk.events.first { $0.kind == .entryFilled })
        #expect(fill.fee == nil && fill.feeAsset == "BNB" && fill.feeAmount?.description == "0.0003")
    }

    @Test func `fees of two assets in one trade are each what they are`() throws {
        let usual = try trade("BNB", "USDT")
        #expect(summary(usual)?.fees.description == "0.68")  // BNB ran out: 0.0003 × 600 + 0.5
        var other = try trade("USDT", "BNB")
        try answerPrice(&other, "600")
        #expect(summary(other)?.fees.description == "0.83")  // 0.2 + 0.00105 × 600
    }

    @Test func `a fee that nobody can price is estimated by the account's rate, and told`() throws {
        var talk = try trade("USDT", "BNB")
        for _ in 0..<105 {
            talk.tick()
            while let place = talk.open.firstIndex(where: { $0.request == .queryAssetPrice("BNB") }) {
                let (id, _) = talk.open.remove(at: place)
                talk.hear(.reply(id, .rejected(VenueError(code: -1121, message: "Invalid symbol."))))
            }
        }
        let closed = try #require(summary(talk))
        #expect(closed.fees.description == "0.699")  // 0.2 + 998 × 0.0005
        #expect(talk.alerts.isSuperset(of: ["fee_asset_unknown", "fee_unpriced"]))
        #expect(talk.messages.count { $0.isAlert("fee_asset_unknown", .warning) } == 1)
    }

    @Test func `a fee without a price outlives a crash`() throws {
        let before = try trade("USDT", "BNB")
        var after = try before.restarted()
        after.hear(.rules(try after.rules()))
        after.tick()
        try answerPrice(&after, "600")
        #expect(summary(after)?.fees.description == "0.83")
    }
}
