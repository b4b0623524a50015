import ExchangeSimulator
import Testing
import TradingPrimitives

/// The members of each answer and frame, against the lists of the venue's documentation.
struct ShapeTests {
    private func names(_ text: String, _ path: [String] = []) -> [String] {
        var value = FlatJSON.parse(text.utf8)
        for step in [""] + path {
            if case .array(let elements)? = value { value = elements.first }
            if step.isEmpty { continue }
            guard case .object(let members)? = value else { return [] }
            value = members.first { $0.name == step }?.value
        }
        if case .array(let elements)? = value { value = elements.first }
        guard case .object(let members)? = value else { return [] }
        return members.map(\.name)
    }

    private func world() throws -> World {
        var world = World.traded("60000:2 59999:3", "60000.1:1 60001:3", afterMs: 301_000)
        _ = try world.market(.buy, "0.1")
        _ = try world.limit(.buy, "0.01", "59000")
        _ = try world.stop(.sell, "58000") { $0.isClosePosition = true }
        return world
    }

    private static let ack =
        "orderId symbol status clientOrderId price origQty executedQty cumQty timeInForce type reduceOnly closePosition "
        + "side positionSide stopPrice workingType priceProtect origType priceMatch selfTradePreventionMode goodTillDate updateTime"
    private static let algo =
        "algoId clientAlgoId algoType orderType symbol side positionSide timeInForce quantity algoStatus triggerPrice price "
        + "icebergQuantity selfTradePreventionMode workingType priceMatch closePosition priceProtect reduceOnly activatePrice "
        + "callbackRate createTime updateTime triggerTime goodTillDate"
    private static let totals =
        "totalInitialMargin totalMaintMargin totalWalletBalance totalUnrealizedProfit totalMarginBalance "
        + "totalPositionInitialMargin totalOpenOrderInitialMargin totalCrossWalletBalance totalCrossUnPnl availableBalance "
        + "maxWithdrawAmount assets positions"

    @Test(arguments: [
        ("GET", "/fapi/v1/time", "", "serverTime"),
        ("GET", "/fapi/v1/depth", "symbol=BTCUSDT&limit=5", "lastUpdateId E T bids asks"),
        ("GET", "/fapi/v1/aggTrades", "symbol=BTCUSDT", "a p q nq f l T m"),
        ("GET", "/fapi/v1/trades", "symbol=BTCUSDT", "id price qty quoteQty time isBuyerMaker isRPITrade"),
        (
            "GET", "/fapi/v1/premiumIndex", "symbol=BTCUSDT",
            "symbol markPrice indexPrice estimatedSettlePrice lastFundingRate interestRate nextFundingTime time"
        ),
        ("GET", "/fapi/v1/openInterest", "symbol=BTCUSDT", "openInterest symbol time"),
        ("GET", "/fapi/v2/ticker/price", "symbol=BTCUSDT", "symbol price time"),
        (
            "GET", "/fapi/v1/ticker/24hr", "symbol=BTCUSDT",
            "symbol priceChange priceChangePercent weightedAvgPrice lastPrice lastQty openPrice highPrice lowPrice volume "
                + "quoteVolume openTime closeTime firstId lastId count"
        ),
        (
            "GET", "/futures/data/openInterestHist", "symbol=BTCUSDT&period=5m",
            "symbol sumOpenInterest sumOpenInterestValue CMCCirculatingSupply timestamp"
        ),
        (
            "GET", "/futures/data/globalLongShortAccountRatio", "symbol=BTCUSDT&period=5m",
            "symbol longShortRatio longAccount shortAccount timestamp"
        ),
        (
            "GET", "/futures/data/takerlongshortRatio", "symbol=BTCUSDT&period=5m",
            "buySellRatio buyVol sellVol timestamp"
        ),
        ("GET", "/fapi/v3/account", "", totals),
        (
            "GET", "/fapi/v3/balance", "",
            "accountAlias asset balance crossWalletBalance crossUnPnl availableBalance maxWithdrawAmount marginAvailable updateTime"
        ),
        (
            "GET", "/fapi/v3/positionRisk", "",
            "symbol positionSide positionAmt entryPrice breakEvenPrice markPrice unRealizedProfit liquidationPrice "
                + "isolatedMargin notional marginAsset isolatedWallet initialMargin maintMargin positionInitialMargin "
                + "openOrderInitialMargin adl bidNotional askNotional updateTime"
        ),
        ("GET", "/fapi/v1/symbolConfig", "", "symbol marginType isAutoAddMargin leverage maxNotionalValue"),
        (
            "GET", "/fapi/v1/accountConfig", "",
            "feeTier canTrade canDeposit canWithdraw dualSidePosition updateTime multiAssetsMargin tradeGroupId"
        ),
        (
            "GET", "/fapi/v1/commissionRate", "symbol=BTCUSDT",
            "symbol makerCommissionRate takerCommissionRate rpiCommissionRate"
        ),
        ("GET", "/fapi/v1/leverageBracket", "", "symbol notionalCoef brackets"),
        ("GET", "/fapi/v1/income", "", "symbol incomeType income asset info time tranId tradeId"),
        (
            "GET", "/fapi/v1/userTrades", "symbol=BTCUSDT",
            "buyer commission commissionAsset id maker orderId price qty quoteQty baseQty realizedPnl side positionSide symbol pair "
                + "marginAsset time"
        ),
        (
            "POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=59000",
            ack
        ),
        ("GET", "/fapi/v1/openOrders", "", ack.replacing("cumQty", with: "avgPrice cumQuote time pair")),
        (
            "GET", "/fapi/v1/allOrders", "symbol=BTCUSDT",
            ack.replacing("cumQty", with: "avgPrice cumQuote cumBase time pair")
        ),
        (
            "POST", "/fapi/v1/algoOrder",
            "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&quantity=0.1&triggerPrice=59000", algo
        ),
        ("GET", "/fapi/v1/openAlgoOrders", "", algo + " actualOrderId actualPrice"),
        ("POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=10", "leverage maxNotionalValue symbol"),
        ("POST", "/fapi/v1/listenKey", "", "listenKey"),
    ])
    func `an answer has the members of the documentation`(method: String, path: String, query: String, members: String)
        throws
    {
        var world = try world()
        let answer = world.call(method, path, query)
        #expect(answer.status == 200)
        let expected = members.split(separator: " ").map(String.init)
        var found = names(answer.text)
        if path.hasSuffix("takerlongshortRatio") { found.removeAll { $0 == "symbol" } }
        #expect(Set(found) == Set(expected), "\(answer.text.prefix(600))")
        #expect(found.count == Set(found).count)
    }

    @Test func `an order's acknowledgement tells no fill prices`() throws {
        var world = try world()
        let answer = world.call("POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01")
        #expect(answer.text.contains(#""status":"NEW""#) && answer.text.contains(#""executedQty":"0.000""#))
        let full = world.call(
            "POST", "/fapi/v1/order", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01&newOrderRespType=RESULT")
        #expect(full.text.contains(#""status":"FILLED""#) && !full.text.contains("avgPrice"))
    }

    @Test func `exchangeInfo lists seven order types and each filter`() throws {
        var world = try world()
        let text = world.call("GET", "/fapi/v1/exchangeInfo").text
        for word in [
            "STOP_MARKET", "TAKE_PROFIT", "TRAILING_STOP_MARKET", "PRICE_FILTER", "LOT_SIZE", "MARKET_LOT_SIZE",
            "MAX_NUM_ORDERS", "MIN_NOTIONAL", "PERCENT_PRICE", "REQUEST_WEIGHT", #""tickSize":"0.10""#,
            #""notional":"100""#,
        ] { #expect(text.contains(word), "\(word)") }
    }

    @Test func `a kline row has twelve cells`() throws {
        var world = try world()
        let text = world.call("GET", "/fapi/v1/klines", "symbol=BTCUSDT&interval=1m&limit=3").text
        guard case .array(let rows)? = FlatJSON.parse(text.utf8), case .array(let cells)? = rows.first else {
            Issue.record("not rows: \(text)")
            return
        }
        #expect(rows.count == 3 && cells.count == 12)
        #expect(world.call("GET", "/fapi/v1/klines", "symbol=BTCUSDT&interval=7m").text.contains("-1120"))
    }

    // MARK: Frames

    private static let orderUpdate =
        "s c S o f q p ap sp x X i l z L n N T t b a m R wt ot ps cp rp pP si ss V pm gtd er"
    private static let algoUpdate =
        "caid aid at o s S ps f q X ai ap aq act tp p V wt pm cp pP R tt gtd"

    @Test(arguments: [
        ("aggTrade", [], "e E a s p q nq f l T m st"), ("depthUpdate", [], "e E T s ps U u pu b a st"),
        ("bookTicker", [], "e u s ps b B a A T E st"), ("kline", ["k"], "t T s i f L o c h l v n x q V Q B"),
        ("markPriceUpdate", [], "e E s p ap P i r T st"), ("forceOrder", ["o"], "s S o f q p ap X l z T"),
        ("ORDER_TRADE_UPDATE", [], "e T E o"), ("ORDER_TRADE_UPDATE", ["o"], orderUpdate),
        ("ACCOUNT_UPDATE", ["a"], "m B P"), ("ACCOUNT_UPDATE", ["a", "B"], "a wb cw bc"),
        ("ACCOUNT_UPDATE", ["a", "P"], "s pa ep bep cr up mt iw ps"), ("ALGO_UPDATE", ["o"], algoUpdate),
        ("TRADE_LITE", [], "e E T s q p m c S L l t i"), ("ACCOUNT_CONFIG_UPDATE", ["ac"], "s l"),
    ])
    func `a frame has the members of the documentation`(event: String, path: [String], members: String) throws {
        var world = World()
        var hub = StreamHub()
        _ = world.call("POST", "/fapi/v1/listenKey")
        let key = world.exchange.listenKey(world.account)
        let market = "btcusdt@aggTrade/btcusdt@kline_1m/btcusdt@markPrice@1s/btcusdt@forceOrder"
        hub.open(1, path: "/market/ws/" + market, query: "", &world.exchange)
        hub.open(
            2, path: "/public/ws/btcusdt@depth20/btcusdt@bookTicker/btcusdt@depth@100ms", query: "", &world.exchange)
        hub.open(3, path: "/private/ws/" + key, query: "", &world.exchange)
        world.book("60000:2 59999:3", "60000.1:1 60001:3")
        world.trade("60000", "0.01", .sell)
        let price = World.price("60000")
        world.event(.liquidation(side: .sell, price: price, average: price, quantity: World.quantity("1")))
        world.advance(1000)
        _ = world.call("POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=10")
        _ = try world.market(.buy, "0.1")
        _ = try world.stop(.sell, "58000") { $0.isClosePosition = true }
        world.advance(2000)
        var texts: [String] = []
        hub.deliver(&world.exchange) { _, _, bytes in texts.append(String(decoding: bytes, as: UTF8.self)) }
        let text = try #require(texts.first { $0.contains(#""e":"\#(event)""#) })
        let found = names(text, path)
        #expect(Set(found) == Set(members.split(separator: " ").map(String.init)), "\(text)")
        #expect(found.count == Set(found).count)
    }
}
