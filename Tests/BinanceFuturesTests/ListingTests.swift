import BinanceFutures
import Testing
import TradingPrimitives
import WebClient

/// What `exchangeInfo` says of a contract's life.
struct ListingTests {
    private func listing(_ members: String) throws -> MarketRest.Listing? {
        let symbol = try #require(Symbol("BTCUSDT"))
        let text = #"{"symbols":[{"symbol":"ETHUSDT","status":"CLOSE","deliveryDate":1},{\#(members)}]}"#
        return MarketRest.listings(try JSONValue(Array(text.utf8)), [symbol]).first
    }

    @Test(arguments: [
        (#""symbol":"BTCUSDT","status":"TRADING","deliveryDate":4133404800000"#, "TRADING", Int64?.none),
        (#""symbol":"BTCUSDT","status":"TRADING","deliveryDate":1723161600000"#, "TRADING", 1_723_161_600_000),
        (#""symbol":"BTCUSDT","status":"SETTLING","deliveryDate":1723161600000"#, "SETTLING", 1_723_161_600_000),
        (#""symbol":"BTCUSDT","status":"TRADING""#, "TRADING", nil),
        (#""symbol":"BTCUSDT","status":"TRADING","deliveryDate":0"#, "TRADING", nil),
        (#""symbol":"BTCUSDT""#, "UNKNOWN", nil), (#""symbol":"XRPUSDT","status":"TRADING""#, "ABSENT", nil),
    ])
    func `a delivery date before the year 2100 is the end of the contract`(
        members: String, status: String, endMs: Int64?
    ) throws {
        let listing = try #require(try listing(members))
        #expect(listing.status == status && listing.endsAt?.milliseconds == endMs)
    }

    @Test(arguments: [
        ("PERPETUAL", String?.none), ("TRADIFI_PERPETUAL", nil), ("CURRENT_QUARTER", "CURRENT_QUARTER"),
        ("NEXT_QUARTER", "NEXT_QUARTER"), ("", "of no kind"),
    ])
    func `a contract that is no perpetual is told by its kind`(kind: String, told: String?) throws {
        let symbol = try #require(Symbol("BTCUSDT"))
        let text = #"{"symbols":[{"symbol":"BTCUSDT","contractType":"\#(kind)"}]}"#
        #expect(MarketRest.datedKind(try JSONValue(Array(text.utf8)), symbol) == told)
    }

    @Test func `a halted contract has rules for who looks after what is held in it`() throws {
        let symbol = try #require(Symbol("BTCUSDT"))
        let text =
            #"{"symbols":[{"symbol":"BTCUSDT","status":"HALT","filters":["#
            + #"{"filterType":"PRICE_FILTER","tickSize":"0.10"},"#
            + #"{"filterType":"LOT_SIZE","stepSize":"0.001","minQty":"0.001","maxQty":"1000"}]}]}"#
        let value = try JSONValue(Array(text.utf8))
        #expect(MarketRest.instruments(value, [symbol]).isEmpty)
        #expect(MarketRest.instruments(value, [symbol], evenHalted: true).count == 1)
    }
}
