import ExchangeSimulator
import Testing
import TradingPrimitives

struct FilterTests {
    private func world() -> World {
        var world = World()
        world.book("60000:2 59999:3", "60000.1:1 60000.2:2 60001:500")
        world.trade("60000", "0.01", .sell)
        world.advance(1000)
        return world
    }

    private let order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC"

    @Test(arguments: [
        ("quantity=0.01&price=59999.95", -4014), ("quantity=0.01&price=59999.955", -1111),
        ("quantity=0.0105&price=59000", -1111), ("quantity=0.00000000001&price=59000", -1111),
        ("quantity=0&price=59000", -4003), ("quantity=100000&price=59000", -4005), ("quantity=0.01&price=10", -4013),
        ("quantity=0.01&price=9000000", -4002), ("quantity=0.01&price=0", -4001), ("quantity=0.001&price=59000", -4164),
        ("quantity=0.01&price=63000.1", -4016), ("quantity=x&price=59000", -1102), ("price=59000", -1102),
        ("quantity=5&price=59000", -2019), ("quantity=0.01&price=59000&newClientOrderId=a%20b", -4015),
        ("quantity=0.01&price=59000&positionSide=LONG", -4061), ("quantity=0.01&price=59000&reduceOnly=true", -2022),
    ])
    func `each broken filter has the venue's code`(terms: String, expected: Int) {
        var world = world()
        let answer = world.call("POST", "/fapi/v1/order", order + "&" + terms)
        #expect(answer.status == 400)
        #expect(answer.text.contains("\"code\":\(expected),"), "\(answer.text)")
        #expect(world.exchange.orders.isEmpty)
    }

    @Test(arguments: [
        ("symbol=FOOUSDT&side=BUY&type=LIMIT", -1121), ("symbol=BTCUSDT&side=HOLD&type=LIMIT", -1117),
        ("symbol=BTCUSDT&side=BUY&type=ICEBERG", -1116), ("symbol=BTCUSDT&side=BUY&type=STOP_MARKET&quantity=1", -4120),
        ("symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.01&price=56999.9", -4024),
        ("symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=0.01&price=59000", -1102),
        ("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=200", -4005),
    ])
    func `each malformed order has the venue's code`(query: String, expected: Int) {
        var world = world()
        let answer = world.call("POST", "/fapi/v1/order", query)
        #expect(answer.text.contains("\"code\":\(expected),"), "\(answer.text)")
    }

    @Test func `a client id is unique among open orders only`() throws {
        var world = world()
        let text = order + "&quantity=0.01&price=59000&newClientOrderId=mine"
        #expect(world.call("POST", "/fapi/v1/order", text).status == 200)
        #expect(world.call("POST", "/fapi/v1/order", text).text.contains("-4116"))
        #expect(world.call("DELETE", "/fapi/v1/order", "symbol=BTCUSDT&origClientOrderId=mine").status == 200)
        #expect(world.call("DELETE", "/fapi/v1/order", "symbol=BTCUSDT&origClientOrderId=mine").text.contains("-2011"))
        #expect(world.call("POST", "/fapi/v1/order", text).status == 200)
    }

    @Test func `settings are refused with their codes`() throws {
        var world = world()
        #expect(world.call("POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=151").text.contains("-4028"))
        #expect(world.call("POST", "/fapi/v1/marginType", "symbol=BTCUSDT&marginType=CROSSED").text.contains("-4046"))
        #expect(world.call("POST", "/fapi/v1/positionSide/dual", "dualSidePosition=true").text.contains("-1130"))
        #expect(world.call("POST", "/fapi/v1/positionSide/dual", "dualSidePosition=false").text.contains("-4059"))
        #expect(world.call("PUT", "/fapi/v1/listenKey").text.contains("-1125"))
        _ = try world.limit(.buy, "0.01", "59000")
        #expect(world.call("POST", "/fapi/v1/marginType", "symbol=BTCUSDT&marginType=ISOLATED").text.contains("-4047"))
        _ = try world.market(.buy, "0.01")
        world.exchange.cancelAll(world.account, 0)
        #expect(world.call("POST", "/fapi/v1/marginType", "symbol=BTCUSDT&marginType=ISOLATED").text.contains("-4048"))
    }

    @Test func `margin is what the larger side of orders and position needs`() throws {
        var world = world()  // 10 000 USDT at 20×
        _ = try world.limit(.buy, "3", "59000")  // holds 8850
        #expect(code { _ = try world.limit(.buy, "1", "59000") } == -2019)
        #expect(try world.limit(.sell, "2.9", "61000").status == .new)  // not the larger side
        let summary = world.exchange.marginSummary(world.account)
        #expect(summary.orderMargin == Notional("8850"))
    }

    @Test func `limits of the venue answer with 429, and then with 418`() throws {
        var limits = RateLimits()
        let now = Timestamp(milliseconds: 1_700_000_040_000)
        for _ in 0..<2400 { try limits.spend(1, now: now) }
        var statuses: [Int] = []
        for _ in 0..<60 {
            do { try limits.spend(1, now: now) } catch { statuses.append(error.status) }
        }
        #expect(statuses.first == 429 && statuses.last == 418 && statuses.count == 60)
        #expect(code { try limits.spend(1, now: now + 60_000) } == -1003)
        #expect(code { try limits.spend(1, now: now + 130_000) } == nil)
        for _ in 0..<300 { try limits.spendOrders(1, 0, now: now) }
        #expect(code { try limits.spendOrders(1, 0, now: now) } == -1015)
    }
}
