import BinanceFutures
import TestSupport
import TradingPrimitives
import Venue

// What the venue sends us: frames of its streams, and answers to requests.
extension FuzzTarget {
    private static let symbols = ["BTCUSDT", "ETHUSDT"].compactMap { Symbol($0) }

    static let marketFrames = FuzzTarget(name: "market-frames", seeds: { marketFrameSeeds + Recorded.marketFrames }) {
        var scanner = MarketScanner(symbols)
        _ = try? scanner.scan($0)
    }

    static let userFrames = FuzzTarget(name: "user-frames", seeds: { userFrameSeeds + Recorded.userFrames }) {
        _ = try? UserEvent.read($0)
    }

    /// The first byte is the HTTP status in words of 8, the second the request; the rest is the body.
    static let restReplies = FuzzTarget(
        name: "rest-replies",
        seeds: {
            (restSeeds + Recorded.restAnswers).flatMap { body in
                requests.indices.map { [UInt8(200 / 8), UInt8($0)] + body }
            } + [[UInt8(400 / 8), 0], [UInt8(504 / 8), 0]].map { $0 + Array(#"{"code":-2021,"msg":"x"}"#.utf8) }
        },
        read: { input in
            guard let (status, rest) = choice(input), let (number, body) = choice(rest) else { return }
            let outcome = OutcomeClassifier.outcome(status: status * 8, body: Array(body))
            _ = VenueReply(outcome, to: requests[number % requests.count])
            guard case .success(let value) = outcome else { return }
            let now = Timestamp(milliseconds: 1_700_000_000_000)
            _ = MarketRest.candles(value, .oneMinute, now: now)
            _ = (try? MarketRest.openInterest(value), try? MarketRest.ratio(value, isTopTraders: true))
            _ = (try? MarketRest.markPrice(value), MarketRest.instruments(value, symbols), MarketRest.serverTime(value))
        })

    private static let requests: [VenueRequest] = symbols.prefix(1).flatMap { symbol -> [VenueRequest] in
        [
            .queryOrder(symbol, clientOrderId: "v7-1-e"), .queryStop(symbol, clientOrderId: "v7-1-sl1"),
            .queryOpenOrders(symbol), .queryOpenStops(symbol), .queryPositions, .queryAccount,
            .queryCommission(symbol), .queryFills(symbol, fromId: nil, since: nil),
        ]
    }

    private static let marketFrameSeeds = [
        #"{"e":"aggTrade","E":123456789,"a":5933014,"s":"BTCUSDT","p":"0.001","q":"100","f":100,"l":105,"T":123456785,"m":true,"st":1}"#,
        #"{"stream":"btcusdt@depth20@100ms","data":{"e":"depthUpdate","E":20,"T":19,"s":"BTCUSDT","U":157,"u":160,"pu":149,"b":[["0.0024","10"],["0.0023","1"]],"a":[["0.0026","100"]]}}"#,
        #"{"e":"kline","E":16,"s":"BTCUSDT","k":{"t":15,"T":17,"s":"BTCUSDT","i":"1m","f":1,"L":2,"o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0010","v":"1000","n":100,"x":true,"q":"1.0","V":"500","Q":"0.5","B":"1"}}"#,
        #"{"e":"forceOrder","E":7,"o":{"s":"BTCUSDT","S":"SELL","o":"LIMIT","f":"IOC","q":"0.014","p":"9910","ap":"9911.5","X":"FILLED","l":"0.014","z":"0.014","T":6}}"#,
        #"{"e":"markPriceUpdate","E":5,"s":"ETHUSDT","p":"11794.15","i":"11784.62659091","P":"11784.2","r":"0.00038167","T":6,"x":"\u00e9\n"}"#,
        #"{"e":"bookTicker","u":4,"E":8,"T":7,"s":"BTCUSDT","b":"25.3","B":"31","a":"25.4","A":"40"}"#,
        #"{"result":null,"id":1}"#, #"{"error":{"code":2,"msg":"x"},"id":"7"}"#,
    ].map { Array($0.utf8) }

    private static let userFrameSeeds = [
        #"{"e":"ORDER_TRADE_UPDATE","E":1,"T":2,"o":{"s":"BTCUSDT","c":"v7-1-e","S":"SELL","o":"LIMIT","f":"GTC","q":"0.001","p":"7103.04","ap":"0","sp":"0","x":"TRADE","X":"FILLED","i":8886774,"l":"0.001","z":"0.001","L":"7103.04","N":"USDT","n":"0.01","T":3,"t":5,"m":true,"R":false,"rp":"0"}}"#,
        #"{"e":"ALGO_UPDATE","T":4,"E":5,"o":{"caid":"v7-1-sl1","aid":1000000033225453,"at":"CONDITIONAL","o":"STOP_MARKET","s":"BTCUSDT","S":"BUY","q":"38","X":"TRIGGERED","ai":"88937381063","tp":"0.13855","rm":"x"}}"#,
        #"{"e":"ACCOUNT_UPDATE","E":1,"T":2,"a":{"m":"FUNDING_FEE","B":[{"a":"USDT","wb":"12.1","cw":"10","bc":"-0.5"}],"P":[{"s":"BTCUSDT","pa":"0.1","ep":"6563.66","up":"0","mt":"isolated"}]}}"#,
        #"{"e":"ACCOUNT_CONFIG_UPDATE","E":1,"T":2,"ac":{"s":"BTCUSDT","l":25}}"#, #"{"e":"listenKeyExpired","E":1}"#,
        #"{"e":"MARGIN_CALL","E":1,"cw":"3.16","p":[]}"#, #"{"e":"TRADE_LITE","E":1}"#,
    ].map { Array($0.utf8) }

    private static let restSeeds = [
        #"{"symbol":"BTCUSDT","clientOrderId":"v7-1-e","orderId":7,"side":"BUY","status":"NEW","price":"1","origQty":"2","executedQty":"0","updateTime":3,"reduceOnly":false}"#,
        #"[{"algoId":1,"clientAlgoId":"v7-1-sl1","symbol":"BTCUSDT","side":"SELL","algoStatus":"NEW","triggerPrice":"60000","actualOrderId":"","createTime":4}]"#,
        #"[{"symbol":"BTCUSDT","positionAmt":"0.1","entryPrice":"1.000000001","markPrice":"2","liquidationPrice":"0","unRealizedProfit":"-1"}]"#,
        #"{"totalWalletBalance":"1","availableBalance":"2","totalUnrealizedProfit":"-3.5"}"#,
        #"{"symbol":"BTCUSDT","makerCommissionRate":"0.0002","takerCommissionRate":"0.0005"}"#,
        #"[{"symbol":"BTCUSDT","id":1,"orderId":2,"side":"BUY","price":"1","qty":"2","commission":"-0.1","commissionAsset":"USDT","maker":true,"realizedPnl":"0","time":5}]"#,
        #"[[1,"1","2","0.5","1.5","10",59999,"15",3,"5","7","0"]]"#,
        #"{"symbols":[{"symbol":"BTCUSDT","status":"TRADING","filters":[{"filterType":"PRICE_FILTER","tickSize":"0.10"},{"filterType":"LOT_SIZE","stepSize":"0.001","minQty":"0.001","maxQty":"1000"},{"filterType":"MIN_NOTIONAL","notional":"100"}]}]}"#,
    ].map { Array($0.utf8) }
}
