import BinanceFutures
import SignalContracts
import Testing
import TradingPrimitives
import WebClient

struct MarketScannerTests {
    private func scan(_ text: String) throws -> MarketFrame {
        var scanner = MarketScanner(["BTCUSDT", "ETHUSDT"].compactMap { Symbol($0) })
        return try Array(text.utf8).withUnsafeBytes { bytes throws(FrameError) in try scanner.scan(bytes) }
    }

    private let trade = """
        {"e":"aggTrade","E":123456789,"a":5933014,"s":"ETHUSDT","p":"0.001","q":"100","nq":"90","f":100,"l":105,\
        "T":123456785,"m":true,"st":1}
        """

    @Test func `a trade is read, raw and wrapped`() throws {
        let expected = MarketFrame.trade(
            symbol: 1,
            AggTrade(
                tradeId: 5_933_014, tradeTime: Timestamp(milliseconds: 123_456_785),
                eventTime: Timestamp(milliseconds: 123_456_789), price: try #require(Price("0.001")),
                quantity: try #require(Quantity("100")), buyerIsMaker: true, firstFillId: 100, lastFillId: 105))
        #expect(try scan(trade) == expected)
        #expect(try scan("{\"stream\":\"ethusdt@aggTrade\",\"data\":\(trade)}") == expected)
        #expect(try scan("{ \"data\" : \(trade) ,\n\"stream\" : \"x\\u0041\" }\n") == expected)
    }

    @Test func `keys may come in any order and unknown ones are passed over`() throws {
        let other = """
            {"zz":[{"a":[1,2,{}]},null,-1.5e+3],"m":true,"T":123456785,"l":105,"f":100,"q":"100","p":"0.001",
             "s":"ETHUSDT","a":5933014,"E":123456789,"e":"aggTrade"}
            """
        #expect(try scan(other) == scan(trade))
    }

    @Test func `a partial book is read`() throws {
        let frame = try scan(
            """
            {"e":"depthUpdate","E":20,"T":19,"s":"BTCUSDT","ps":"BTCUSDT","U":157,"u":160,"pu":149,\
            "b":[["61800.20","1.5"],["61800.1","0.003"]],"a":[["61800.3","2"]],"st":1}
            """)
        guard case .book(0, let book) = frame else {
            Issue.record("\(frame)")
            return
        }
        #expect(book.updateId == 160)
        #expect(book.bids.count == 2)
        #expect(
            book.bids.best == BookLevel(price: try #require(Price("61800.2")), quantity: try #require(Quantity("1.5"))))
        #expect(book.asks.best?.price == Price("61800.3"))
    }

    @Test func `candle, mark price, liquidation and best prices are read`() throws {
        let candle = try scan(
            """
            {"e":"kline","E":1638747660001,"s":"BTCUSDT","k":{"t":1638747600000,"T":1638747659999,"s":"BTCUSDT",\
            "i":"1m","f":100,"L":200,"o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0015","v":"1000","n":100,"x":true,\
            "q":"1.0000","V":"500","Q":"0.500","B":"123456"}}
            """)
        guard case .candle(0, let update) = candle else {
            Issue.record("\(candle)")
            return
        }
        #expect(update.isClosed && update.timeframe == .oneMinute && update.high == Price("0.0025"))
        let mark = try scan(
            """
            {"e":"markPriceUpdate","E":5,"s":"BTCUSDT","p":"11794.15","ap":"11794.1","i":"11784.62659091",\
            "P":"11784.25641265","r":"-0.00038167","T":6,"st":1}
            """)
        #expect(
            mark
                == .metric(
                    symbol: 0,
                    MarketMetric(
                        eventTime: Timestamp(milliseconds: 5),
                        value: .markPrice(
                            mark: try #require(Price("11794.15")), index: try #require(Price("11784.62659091")),
                            fundingRate: try #require(Ratio("-0.00038167")),
                            nextFundingTime: Timestamp(milliseconds: 6)))))
        let forced = try scan(
            """
            {"e":"forceOrder","E":7,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"9910",\
            "ap":"9911.5","X":"FILLED","l":"0.014","z":"0.014","T":6},"st":1,"ps":"BTCUSDT"}
            """)
        #expect(
            forced
                == .metric(
                    symbol: 0,
                    MarketMetric(
                        eventTime: Timestamp(milliseconds: 7),
                        value: .liquidation(
                            side: .sell, price: try #require(Price("9911.5")),
                            quantity: try #require(Quantity("0.014"))))))
        guard
            case .bookTicker(0, let ticker) = try scan(
                #"{"e":"bookTicker","u":4,"E":8,"T":7,"s":"BTCUSDT","b":"25.3","B":"31","a":"25.4","A":"40"}"#)
        else {
            Issue.record("no ticker")
            return
        }
        #expect(ticker.ask.price == Price("25.4"))
    }

    @Test func `answers to control messages are told apart`() throws {
        #expect(try scan(#"{"result":null,"id":7}"#) == .reply(id: 7, isError: false))
        #expect(try scan(#"{"code":2,"msg":"Invalid request","id":8}"#) == .reply(id: 8, isError: true))
    }

    @Test func `what is not for us is passed over`() throws {
        #expect(try scan(trade.replacing("ETHUSDT", with: "XRPUSDT")) == .other)
        #expect(try scan(#"{"e":"24hrTicker","s":"BTCUSDT"}"#) == .other)
        #expect(try scan(#"{"stream":"!x@arr","data":[1,2]}"#) == .other)
    }

    @Test func `each cut of a frame is an error`() {
        for length in 0..<trade.utf8.count {
            #expect(throws: FrameError.self) { try scan(String(decoding: trade.utf8.prefix(length), as: UTF8.self)) }
        }
    }

    @Test(
        arguments: [
            ("\"p\":\"0.001\"", "\"p\":\"0.001x\""), ("\"p\":\"0.001\"", "\"p\":0.001"), ("\"m\":true", "\"m\":null"),
            ("\"a\":5933014", "\"a\":5933014.5"), ("\"a\":5933014", "\"a\":05"), ("\"s\":", "\"p\":"), ("}", "}}"),
        ])
    func `wrong values are errors, not guesses`(right: String, wrong: String) {
        #expect(throws: FrameError.self) { try scan(trade.replacing(right, with: wrong)) }
    }
}
