import Testing
import TradingPrimitives
import Venue
import WebClient

@testable import BinanceFutures

struct SignerTests {
    @Test func `the venue's own example comes out`() throws {
        let signer = try #require(
            Signer(apiKey: "k", secret: "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9"))
        let text =
            "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000"
            + "&timestamp=1591702613943"
        #expect(signer.signature(of: text) == "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9")
    }

    /// RFC 8032's second test: the secret 4ccd… and the message 72.
    @Test func `an Ed25519 key signs as RFC 8032 says`() throws {
        let pem = """
            -----BEGIN PRIVATE KEY-----
            MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7
            -----END PRIVATE KEY-----
            """
        let signer = try #require(Signer(apiKey: "k", secret: pem))
        #expect(
            signer.signature(of: "r")
                == "kqAJqfDUyrhyDoILX2QlQKKye1QWUD%2BPs3YiI%2BvbadoIWsHkPhWZbkWPNhPQ8R2MOHsurrQwKu6wDSkWErsMAA%3D%3D")
    }

    @Test func `a broken key is refused`() {
        #expect(Signer(apiKey: "k", secret: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----") == nil)
        #expect(Signer(apiKey: "", secret: "s") == nil)
    }
}

struct OutcomeTests {
    @Test(
        arguments: [
            (200, "{}", "success"), (400, #"{"code":-2019,"msg":"Margin is insufficient."}"#, "rejected"),
            (400, #"{"code":-1007,"msg":"Timeout"}"#, "unknown"), (408, "{}", "unknown"),
            (503, #"{"code":-1,"msg":"Unknown error, please check your request or try again later."}"#, "unknown"),
            (503, #"{"code":-1,"msg":"Service Unavailable."}"#, "notExecuted"),
            (503, #"{"code":-1008,"msg":"Server is currently overloaded"}"#, "notExecuted"),
            (500, "oops", "unknown"), (429, #"{"code":-1003,"msg":"Too many"}"#, "notExecuted"),
            (418, "{}", "notExecuted"), (403, "<html>", "notExecuted"), (200, "<html>", "unknown"),
            (404, "<html>", "unknown"),
        ])
    func `an answer is read for what it says about execution`(status: Int, body: String, expected: String) {
        let outcome = OutcomeClassifier.outcome(status: status, body: Array(body.utf8))
        #expect("\(outcome)".hasPrefix(expected), "\(outcome)")
    }

    @Test func `ordinary requests leave weight for critical ones`() {
        var budget = WeightBudget(limit: 100, ordinaryShare: 0.8)
        let time = Timestamp(milliseconds: 60_000)
        let ordinary = RestRequest(.get, "/x", weight: 40),
            critical = RestRequest(.get, "/x", weight: 20, isCritical: true)
        #expect(budget.take(ordinary, at: time) == nil)
        #expect(budget.take(ordinary, at: time) == nil)
        #expect(budget.take(ordinary, at: time) != nil)
        #expect(budget.take(critical, at: time) == nil)
        #expect(budget.take(critical, at: time) != nil)
        #expect(budget.take(ordinary, at: time + 60_000) == nil)
        budget.ban(forMs: 5000, at: time + 60_000)
        #expect(budget.take(critical, at: time + 64_000) != nil)
        #expect(budget.take(critical, at: time + 65_000) == nil)
    }

    @Test func `what can wait waits for the minute's end, or the block's`() {
        var budget = WeightBudget(limit: 100, ordinaryShare: 0.8)
        let time = Timestamp(milliseconds: 60_000)
        #expect(budget.waitMs(forWeight: 40, share: 0.5, at: time) == 0)
        #expect(budget.take(RestRequest(.get, "/x", weight: 50), at: time) == nil)
        #expect(budget.waitMs(forWeight: 10, share: 0.5, at: time + 1000) == 59_000)
        #expect(budget.waitMs(forWeight: 10, share: 0.6, at: time + 1000) == 0)
        #expect(budget.waitMs(forWeight: 10, share: 0.5, at: time + 60_000) == 0)
        budget.block(forMs: 5000, at: time + 58_000)
        #expect(budget.waitMs(forWeight: 1, share: 0.5, at: time + 59_000) == 4000)
    }

    @Test func `orders leave some for protection, and after a 429 nothing but what protects goes`() {
        var budget = WeightBudget(ordersPer10s: 10, ordersPerMinute: 40)
        let time = Timestamp(milliseconds: 60_000)
        var entry = RestRequest(.post, "/x", weight: 0), stop = RestRequest(.post, "/x", weight: 0, isCritical: true)
        entry.isOrder = true
        stop.isOrder = true
        for _ in 0..<8 { #expect(budget.take(entry, at: time) == nil) }
        #expect(budget.take(entry, at: time) != nil)
        for _ in 0..<2 { #expect(budget.take(stop, at: time) == nil) }
        #expect(budget.take(stop, at: time) != nil)
        #expect(budget.take(entry, at: time + 10_000) == nil)
        // The venue counts what others of this account send.
        budget.told(weight: nil, ordersIn10s: 8, ordersIn1m: nil, at: time + 10_000)
        #expect(budget.take(entry, at: time + 10_000) != nil)
        budget.block(forMs: 20_000, at: time + 10_000)
        #expect(budget.take(stop, at: time + 20_000) == nil)
        #expect(budget.take(entry, at: time + 20_000) != nil)
        #expect(budget.take(RestRequest(.get, "/x", isCritical: true), at: time + 20_000) != nil)
        #expect(budget.take(entry, at: time + 30_000) == nil)
    }
}

struct UserFrameTests {
    private func read(_ text: String) throws -> UserEvent? {
        try Array(text.utf8).withUnsafeBytes { bytes throws(FrameError) in try UserEvent.read(bytes) }
    }

    private let trade = """
        {"e":"ORDER_TRADE_UPDATE","T":1568879465651,"E":1568879465651,"o":{"s":"BTCUSDT","c":"v7-1-e","S":"BUY",\
        "o":"LIMIT","f":"GTC","q":"0.003","p":"7100.50","ap":"7100.50","sp":"0","x":"TRADE","X":"PARTIALLY_FILLED",\
        "i":8886774,"l":"0.001","z":"0.001","L":"7100.50","N":"USDT","n":"0.01000000","T":1568879465651,"t":12345678,\
        "b":"0","a":"0","m":true,"R":false,"wt":"CONTRACT_PRICE","ot":"LIMIT","ps":"BOTH","rp":"12.34"}}
        """

    @Test func `an execution is read with its fill`() throws {
        guard case .order(let report, let fill?) = try read(trade) else {
            Issue.record("not an execution")
            return
        }
        #expect(report.status == .partiallyFilled && report.executedQuantity == Quantity("0.001"))
        #expect(fill.tradeId == 12_345_678 && fill.fee == Notional("0.01") && fill.isMaker)
        #expect(fill.realizedPnl == Notional("12.34") && fill.clientOrderId == "v7-1-e")
    }

    @Test func `a new order has no fill, whatever its fields say`() throws {
        let text = trade.replacing("\"x\":\"TRADE\"", with: "\"x\":\"NEW\"").replacing("PARTIALLY_FILLED", with: "NEW")
        guard case .order(_, nil) = try read(text) else {
            Issue.record("not an order without a fill")
            return
        }
    }

    @Test func `a stop, an account change, a leverage change and the key's end are read`() throws {
        guard
            case .stop(let stop) = try read(
                """
                {"e":"ALGO_UPDATE","T":7,"E":8,"o":{"caid":"v7-1-sl","aid":2148719,"at":"CONDITIONAL","o":"STOP_MARKET",\
                "s":"BTCUSDT","S":"SELL","ps":"BOTH","f":"GTC","q":"0","X":"TRIGGERED","ai":"88937381063","tp":"0.13855",\
                "p":"0","wt":"CONTRACT_PRICE","cp":true,"R":false}}
                """)
        else {
            Issue.record("not a stop")
            return
        }
        #expect(stop.status == .triggered && stop.orderId == 88_937_381_063 && stop.reason == nil)
        #expect(
            try read(
                """
                {"e":"ACCOUNT_UPDATE","T":1,"E":1,"a":{"m":"ORDER","B":[{"a":"USDT","wb":"122624.12345678"}],\
                "P":[{"s":"BTCUSDT","pa":"-10","ep":"6563.80000000001","ps":"BOTH"}]}}
                """)
                == .account(
                    walletBalance: Notional("122624.12345678"), transferred: .zero,
                    positions: [
                        PositionChange(
                            symbol: try #require(Symbol("BTCUSDT") as Symbol?), quantity: try #require(Quantity("-10")),
                            entryPrice: try #require(Price("6563.8")))
                    ]))
        #expect(try read(#"{"e":"listenKeyExpired","E":1,"listenKey":"x"}"#) == .listenKeyExpired)
        guard
            case .leverageChanged(_, 25) = try read(
                #"{"e":"ACCOUNT_CONFIG_UPDATE","E":1,"T":1,"ac":{"s":"BTCUSDT","l":25}}"#)
        else {
            Issue.record("no leverage")
            return
        }
        #expect(try read(#"{"e":"TRADE_LITE","E":1}"#) == nil)
    }

    @Test func `an event about our orders that can't be read is an error`() {
        #expect(throws: FrameError.self) { try read(trade.replacing("\"z\":\"0.001\"", with: "\"z\":\"?\"")) }
        #expect(throws: FrameError.self) { try read(trade.replacing("PARTIALLY_FILLED", with: "SOMETHING_NEW")) }
    }
}
