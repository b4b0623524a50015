import ExchangeSimulator
import Testing
import TradingPrimitives

/// Routes beyond the plain order: what they do, and their codes.
struct EndpointTests {
    private func world() -> World {
        var world = World()
        world.book("60000:2 59999:3", "60000.1:1 60001:3")
        world.trade("60000", "0.01", .sell)
        world.advance(1000)
        return world
    }

    private func batch(_ elements: String...) -> String {
        let text = "[" + elements.map { "{" + $0 + "}" }.joined(separator: ",") + "]"
        return "batchOrders=" + text.replacing("\"", with: "%22")
    }

    private let limit =
        #""symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC","quantity":"0.01","price":"59000""#

    @Test func `fundings have a past as long as the candles have`() {
        var world = World()
        let day = 86_400_000 as Int64
        let start = world.exchange.now.floored(to: day) - 2 * day
        let minutes = (0..<Int64(1440)).map { MarketCandle(openTime: start + $0 * 60_000, price: World.price("60000")) }
        world.exchange.setHistory(0, minutes)
        let text = world.call("GET", "/fapi/v1/fundingRate", "symbol=BTCUSDT&limit=1000").text
        #expect(text.split(separator: "\"fundingTime\"").count - 1 == 3)
        #expect(
            text.contains("\"fundingTime\":\(start.milliseconds),\"fundingRate\":\"0.00010000\",\"markPrice\":\"60000.")
        )
    }

    @Test func `a batch is answered element by element`() {
        var world = world()
        let answer = world.call(
            "POST", "/fapi/v1/batchOrders",
            batch(limit + #","newClientOrderId":"a""#, limit.replacing("0.01", with: "0.001"), limit))
        #expect(answer.status == 200)
        #expect(answer.text.contains(#""clientOrderId":"a""#) && answer.text.contains(#"{"code":-4164,"#))
        #expect(world.exchange.orders.count == 2)
        let ids = world.exchange.orders.map { "\($0.id)" }
        let changes = ids.map { #""symbol":"BTCUSDT","side":"BUY","orderId":\#($0),"quantity":"0.02","price":"58000""# }
        let changed = world.call("PUT", "/fapi/v1/batchOrders", batch(changes[0], changes[1]))
        #expect(changed.text.split(separator: #""origQty":"0.020""#).count == 3)
        #expect(changed.text.split(separator: #""pair":"BTCUSDT""#).count == 3 && !changed.text.contains("modifyId"))
        let numbered = changes[0].replacing("0.02", with: "0.03") + #","modifyId":"9""#
        #expect(world.call("PUT", "/fapi/v1/batchOrders", batch(numbered)).text.contains(#""modifyId":9}]"#))
        let list = "symbol=BTCUSDT&orderIdList=[\(ids[0]),7]"
        let gone = world.call("DELETE", "/fapi/v1/batchOrders", list)
        #expect(gone.text.contains(#""status":"CANCELED""#) && gone.text.contains(#"{"code":-2011,"#))
        #expect(
            world.call("POST", "/fapi/v1/batchOrders", batch(limit, limit, limit, limit, limit, limit)).status == 400)
    }

    @Test func `a change may be numbered, is told with its number, and is remembered`() throws {
        var world = world()
        let order = try world.limit(.buy, "0.01", "59000")
        _ = world.call("POST", "/fapi/v1/listenKey")
        var hub = StreamHub()
        hub.open(
            1, path: "/private/ws", query: "listenKey=" + world.exchange.listenKey(world.account), &world.exchange)
        hub.deliver(&world.exchange) { _, _, _ in }
        let name = "symbol=BTCUSDT&side=BUY&orderId=\(order.id)"
        let answer = world.call("PUT", "/fapi/v1/order", name + "&quantity=0.02&price=58000&modifyId=7")
        #expect(answer.text.contains(#""pair":"BTCUSDT","modifyId":7"#))
        var frames: [String] = []
        hub.deliver(&world.exchange) { _, _, bytes in frames.append(String(decoding: bytes, as: UTF8.self)) }
        let told = frames.joined()
        #expect(told.contains(#""x":"AMENDMENT","X":"NEW""#) && told.contains(#""M":7,"#), "\(told)")
        let past = world.call("GET", "/fapi/v1/orderAmendment", "symbol=BTCUSDT&orderId=\(order.id)").text
        #expect(
            past.contains(
                #""amendment":{"price":{"before":"59000.00","after":"58000.00"},"origQty":{"before":"0.010","after":"0.020"},"count":1}"#
            ))
        #expect(world.call("PUT", "/fapi/v1/order", name + "&quantity=0.001&price=58000").text.contains("-5029"))
        #expect(
            world.call("PUT", "/fapi/v1/order", name + "&quantity=0.03&price=58000&reduceOnly=true").text.contains(
                "-5047"))
        #expect(
            world.call("PUT", "/fapi/v1/order", "symbol=BTCUSDT&orderId=\(order.id)&quantity=0.03&price=58000").text
                .contains("-1102"))
    }

    @Test func `orders are cancelled when their owner falls silent, and conditional ones stay`() throws {
        var world = world()
        let order = try world.limit(.buy, "0.01", "59000")
        let stop = try world.stop(.buy, "65000") { $0.quantity = World.quantity("0.01") }
        let path = "/fapi/v1/countdownCancelAll"
        #expect(
            world.call("POST", path, "symbol=BTCUSDT&countdownTime=2000").text
                == #"{"symbol":"BTCUSDT","countdownTime":"2000"}"#)
        world.advance(1500)
        _ = world.call("POST", path, "symbol=BTCUSDT&countdownTime=2000")
        world.advance(1500)
        #expect(world.order(order.id)?.status == .new)
        world.advance(600)
        #expect(world.order(order.id)?.status == .canceled && world.algo(stop.id)?.status == .new)
        let second = try world.limit(.buy, "0.01", "59000")
        _ = world.call("POST", path, "symbol=BTCUSDT&countdownTime=500")
        _ = world.call("POST", path, "symbol=BTCUSDT&countdownTime=0")
        world.advance(1000)
        #expect(world.order(second.id)?.status == .new)
        #expect(world.call("POST", path, "symbol=BTCUSDT&countdownTime=-1").text.contains("-1130"))
    }

    @Test(arguments: [
        ("GET", "/fapi/v1/depth", "symbol=BTCUSDT&limit=7", -4021),
        ("POST", "/fapi/v1/batchOrders", "batchOrders=[{},{},{},{},{},{}]", -4082),
        ("DELETE", "/fapi/v1/batchOrders", "symbol=BTCUSDT&orderIdList=[1,2,3,4,5,6,7,8,9,10,11]", -4032),
        ("POST", "/fapi/v1/algoOrder", stop("workingType=FOO&closePosition=true"), -4031),
        ("POST", "/fapi/v1/algoOrder", stop("closePosition=true&reduceOnly=true"), -1106),
        ("POST", "/fapi/v1/algoOrder", stop("closePosition=true&timeInForce=GTD&goodTillDate=9999999999999"), -1130),
        ("POST", "/fapi/v1/algoOrder", stop("quantity=0.01&price=58000&priceMatch=QUEUE"), -1130),
        ("POST", "/fapi/v1/order", market("quantity=0.01&newOrderRespType=FULL"), -1136),
        ("POST", "/fapi/v1/order", market("closePosition=true"), -4136),
        ("GET", "/fapi/v1/userTrades", "symbol=BTCUSDT&startTime=1700000000000&endTime=1700691200000", -4165),
        (
            "GET", "/fapi/v1/allOrders", "symbol=BTCUSDT&startTime=-9223372036854775807&endTime=9223372036854775806",
            -4165
        ),
        ("GET", "/fapi/v1/aggTrades", "symbol=BTCUSDT&startTime=1700000000000&endTime=1700007200000", -1127),
        ("POST", "/fapi/v1/algoOrder", trail("SELL", "59000"), -2021),
        ("POST", "/fapi/v1/algoOrder", trail("BUY", "61000"), -2021),
        ("POST", "/fapi/v1/positionSide/dual", "dualSidePosition=true", -1130),
        ("POST", "/fapi/v1/multiAssetsMargin", "multiAssetsMargin=false", -4171),
        ("POST", "/fapi/v1/multiAssetsMargin", "multiAssetsMargin=true", -1130),
        ("POST", "/fapi/v1/multiAssetsMargin", "multiAssetsMargin=some", -1130),
        ("POST", "/fapi/v1/multiAssetsMargin", "", -1102),
        ("POST", "/fapi/v1/feeBurn", "feeBurn=some", -1130),
        ("GET", "/futures/data/openInterestHist", "symbol=BTCUSDT&period=1w", -1130),
        ("GET", "/futures/data/openInterestHist", "symbol=BTCUSDT&period=3d", -1130),
        ("POST", "/fapi/v1/positionMargin", "symbol=BTCUSDT&amount=1&type=1", -4049),
    ])
    func `wrong requests are refused with the venue's codes`(
        _ method: String, _ path: String, _ query: String, code: Int
    )
        throws
    {
        var world = world()
        let answer = world.call(method, path, query)
        #expect(answer.status == 400 && answer.text.contains("\"code\":\(code),"), "\(answer)")
        if path.hasSuffix("dual") {
            // What keeps the mode comes before what this venue does not have.
            _ = try world.limit(.buy, "0.01", "59000")
            #expect(world.call(method, path, query).text.contains("-4067"))
        }
    }

    private static func stop(_ more: String) -> String {
        "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=\(more.contains("price=") ? "STOP" : "STOP_MARKET")"
            + "&triggerPrice=59000&\(more)"
    }

    private static func market(_ more: String) -> String { "symbol=BTCUSDT&side=BUY&type=MARKET&\(more)" }

    private static func trail(_ side: String, _ activation: String) -> String {
        "algoType=CONDITIONAL&symbol=BTCUSDT&side=\(side)&type=TRAILING_STOP_MARKET&callbackRate=1&quantity=0.01"
            + "&activatePrice=\(activation)"
    }

    @Test func `margin goes to an isolated position and comes back`() throws {
        var world = world()
        let path = "/fapi/v1/positionMargin"
        #expect(world.call("POST", path, "symbol=BTCUSDT&amount=1&type=1").text.contains("-4049"))
        #expect(world.call("POST", "/fapi/v1/marginType", "symbol=BTCUSDT&marginType=ISOLATED").status == 200)
        #expect(world.call("POST", path, "symbol=BTCUSDT&amount=1&type=1").text.contains("-4054"))
        _ = try world.market(.buy, "0.1")
        let before = world.position.isolatedWallet
        let available = world.exchange.marginSummary(world.account).available
        _ = world.told()
        #expect(
            world.call("POST", path, "symbol=BTCUSDT&amount=100.5&type=1").text
                == #"{"amount":100.5,"code":200,"msg":"Successfully modify position margin.","type":1}"#)
        #expect(world.position.isolatedWallet == before + (Notional("100.5") ?? .zero))
        #expect(world.exchange.marginSummary(world.account).available == available - (Notional("100.5") ?? .zero))
        #expect(world.told() == ["account MARGIN_TRANSFER"])
        #expect(world.call("POST", path, "symbol=BTCUSDT&amount=1000000&type=1").text.contains("-4050"))
        #expect(world.call("POST", path, "symbol=BTCUSDT&amount=200&type=2").text.contains("-4051"))
        #expect(world.call("POST", path, "symbol=BTCUSDT&amount=-1&type=2").text.contains("-4055"))
        #expect(world.call("POST", path, "symbol=BTCUSDT&amount=50&type=2").status == 200)
        let moves = world.call("GET", path + "/history", "symbol=BTCUSDT&type=2").text
        #expect(moves.contains(#""type":2,"deltaType":"USER_ADJUST","amount":"50.00000000","asset":"USDT""#))
    }

    @Test func `hedge mode is refused, and so are orders in it`() {
        var world = world()
        let path = "/fapi/v1/positionSide/dual"
        #expect(world.call("GET", path).text == #"{"dualSidePosition":false}"#)
        #expect(world.call("POST", path, "dualSidePosition=true").text.contains("-1130"))
        #expect(world.call("POST", path, "dualSidePosition=false").text.contains("-4059"))
        let order = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01&positionSide=LONG"
        #expect(world.call("POST", "/fapi/v1/order", order).text.contains("-4061"))
    }

    @Test func `what the venue would refuse several assets for comes before what this one does not have`() throws {
        var world = world()
        let path = "/fapi/v1/multiAssetsMargin"
        #expect(world.call("GET", path).text == #"{"multiAssetsMargin":false}"#)
        _ = try world.limit(.buy, "0.01", "59000")
        #expect(world.call("POST", path, "multiAssetsMargin=true").text.contains("-4170"))
        world.exchange.cancelAll(world.account, 0)
        _ = world.call("POST", "/fapi/v1/marginType", "symbol=BTCUSDT&marginType=ISOLATED")
        #expect(world.call("POST", path, "multiAssetsMargin=true").text.contains("-4167"))
    }

    @Test func `who burns for fees is read back`() {
        var world = world()
        let path = "/fapi/v1/feeBurn"
        #expect(world.call("POST", path, "feeBurn=true").status == 200)
        #expect(world.call("GET", path).text == #"{"feeBurn":true}"#)
        #expect(world.call("POST", path, "feeBurn=false").status == 200)
        #expect(world.call("GET", path).text == #"{"feeBurn":false}"#)
    }

    @Test func `the spot venue answers a greeting and tells the time`() {
        var world = world()
        #expect(world.call("GET", "/api/v3/ping").text == "{}")
        #expect(world.call("GET", "/api/v3/time").text == #"{"serverTime":\#(world.time)}"#)
    }

    /// Opening and closing times of candles, as `2024-01-01T00 2024-01-31T23`.
    private func spans(_ world: inout World, _ interval: String, path: String = "klines") -> [String] {
        let text = world.call("GET", "/fapi/v1/" + path, "symbol=BTCUSDT&interval=\(interval)&limit=10").text
        guard case .array(let rows)? = FlatJSON.parse(text.utf8) else { return [text] }
        return rows.map { row in
            guard case .array(let cells) = row else { return "" }
            return [0, 6].map { place in
                let time = cells[place].text.flatMap { Int64($0) } ?? 0
                return String(Timestamp(milliseconds: time).description.prefix(13))
            }.joined(separator: " ")
        }
    }

    @Test func `weeks begin on Mondays, months with their first day, and three days are counted from 1970`() {
        var world = World()
        // 14 days back from 2023-11-14T22:13:20Z, an hour apart, which is 2023-10-31.
        let minutes = (0..<Int64(14 * 24)).map {
            MarketCandle(
                openTime: world.exchange.now.floored(to: 3_600_000) + ($0 - 14 * 24) * 3_600_000,
                price: World.price("60000"))
        }
        world.exchange.setHistory(0, minutes)
        let weeks = [
            "2023-10-30T00 2023-11-05T23", "2023-11-06T00 2023-11-12T23", "2023-11-13T00 2023-11-19T23",
        ]
        let months = ["2023-10-01T00 2023-10-31T23", "2023-11-01T00 2023-11-30T23"]
        for path in ["klines", "markPriceKlines"] {
            #expect(spans(&world, "1w", path: path) == weeks)
            #expect(spans(&world, "1M", path: path) == months)
            #expect(spans(&world, "3d", path: path).first == "2023-10-29T00 2023-10-31T23")
        }
    }

    @Test func `a candle of the mark counts its prices, with eight decimals and no volumes`() {
        var world = world()
        world.advance(120_000)
        let text = world.call("GET", "/fapi/v1/markPriceKlines", "symbol=BTCUSDT&interval=1m&limit=2").text
        guard case .array(let rows)? = FlatJSON.parse(text.utf8), case .array(let cells)? = rows.first else {
            Issue.record("\(text)")
            return
        }
        let words = cells.compactMap(\.text)
        #expect(words[1].hasPrefix("60000.") && words[1].split(separator: ".").last?.count == 8, "\(words)")
        #expect(words[5] == "0" && words[7] == "0" && words[8] == "60", "\(words)")
    }

    @Test func `candles of the mark, the index and the premium have the venue's rows`() {
        var world = world()
        world.advance(120_000)
        for (path, name) in [
            ("markPriceKlines", "symbol"), ("indexPriceKlines", "pair"), ("premiumIndexKlines", "symbol"),
            ("continuousKlines", "contractType=PERPETUAL&pair"),
        ] {
            let text = world.call("GET", "/fapi/v1/" + path, "\(name)=BTCUSDT&interval=1m&limit=2").text
            guard case .array(let rows)? = FlatJSON.parse(text.utf8), case .array(let cells)? = rows.first else {
                Issue.record("\(path): \(text)")
                continue
            }
            #expect(rows.count == 2 && cells.count == 12, "\(path)")
        }
        #expect(world.call("GET", "/fapi/v1/markPriceKlines", "symbol=BTCUSDT&interval=1s").text.contains("-1120"))
    }
}

/// Prices from the book, calls for margin, limits of single routes.
struct VenueRuleTests {
    @Test func `an order may take its price from a level of the book`() {
        var world = World()
        world.book("60000:2 59999:3 59998:1 59997:1 59996:1", "60000.1:1 60001:3")
        world.trade("60000", "0.01", .sell)
        let order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.01"
        let queued = world.call("POST", "/fapi/v1/order", order + "&priceMatch=QUEUE_5").text
        #expect(queued.contains(#""price":"59996.00""#) && queued.contains(#""priceMatch":"QUEUE_5""#))
        let path = "/fapi/v1/order"
        #expect(world.call("POST", path, order + "&priceMatch=OPPONENT").text.contains("-5022"))
        #expect(world.call("POST", path, order + "&priceMatch=QUEUE_20").text.contains("-5041"))
        #expect(world.call("POST", path, order + "&priceMatch=BEST").text.contains("-5037"))
        #expect(world.call("POST", path, order + "&priceMatch=QUEUE&price=59000").text.contains("-1106"))
        let market = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01&priceMatch=QUEUE"
        #expect(world.call("POST", path, market).text.contains("-5038"))
    }

    @Test func `margin is called for once before a liquidation`() throws {
        var world = World(deposit: "600")
        world.book("60000:2", "60000.1:2")
        world.trade("60000", "0.01", .sell)
        world.advance(1000)
        _ = try world.market(.buy, "0.1")
        _ = world.told()
        for price in stride(from: 59_900, to: 54_000, by: -20) {
            world.book("\(price):2", "\(price + 1):2")
            world.advance(1000)
            if world.position.isFlat { break }
        }
        let told = world.told()
        #expect(told.count { $0 == "margin call" } == 1)
        let call = try #require(told.firstIndex(of: "margin call"))
        let end = try #require(told.firstIndex { $0.hasPrefix("order CALCULATED") })
        #expect(call < end)
    }

    @Test func `statistics and funding rates have limits of their own`() throws {
        var limits = RateLimits()
        let now = Timestamp(milliseconds: 1_700_000_040_000)
        for _ in 0..<1000 { try limits.spend(onOwnLimitOf: "/futures/data/basis", now: now) }
        for _ in 0..<500 { try limits.spend(onOwnLimitOf: "/fapi/v1/fundingRate", now: now) }
        #expect(code { try limits.spend(onOwnLimitOf: "/futures/data/basis", now: now) } == -1003)
        #expect(code { try limits.spend(onOwnLimitOf: "/fapi/v1/fundingInfo", now: now) } == -1003)
        #expect(code { try limits.spend(onOwnLimitOf: "/fapi/v1/depth", now: now) } == nil)
        #expect(code { try limits.spend(onOwnLimitOf: "/futures/data/basis", now: now + 300_000) } == nil)
    }
}
