import ExchangeSimulator
import Testing
import TradingPrimitives

struct StopTests {
    private func world() -> World {
        var world = World()
        world.book("60000:2 59990:30", "60000.1:1 60001:30")
        world.trade("60000", "0.01", .sell)
        world.advance(1000)
        return world
    }

    @Test(arguments: [
        (Side.buy, AlgoType.stopMarket, "60010", "60009.9", "60010"),
        (.sell, .stopMarket, "59990", "59990.1", "59990"), (.buy, .takeProfitMarket, "59990", "59990.1", "59990"),
        (.sell, .takeProfitMarket, "60010", "60009.9", "60010.3"),
    ])
    func `each kind triggers on its own side`(side: Side, type: AlgoType, trigger: String, before: String, at: String)
        throws
    {
        var world = world()
        var request = AlgoRequest(instrument: 0, side: side, type: type, trigger: Price(trigger) ?? .zero)
        request.quantity = Quantity("0.1") ?? .zero
        let algo = try world.exchange.placeAlgo(request, account: world.account)
        world.trade(before, "0.001", .buy)
        #expect(world.algo(algo.id)?.status == .new)
        world.trade(at, "0.001", .buy)
        let done = try #require(world.algo(algo.id))
        #expect(done.status == .finished && done.orderId > 0 && done.executed == Quantity("0.1"))
        let child = try #require(world.order(done.orderId))
        #expect(child.id != algo.id && child.clientId == algo.clientId && child.type == .market)
    }

    @Test func `the fill of a triggered stop is told before TRIGGERED, and FINISHED is last`() throws {
        var world = world()
        _ = try world.market(.buy, "0.1")
        let algo = try world.stop(.sell, "59990") {
            $0.quantity = Quantity("0.1") ?? .zero
            $0.isReduceOnly = true
        }
        _ = world.told()
        world.trade("59990", "0.001", .sell)
        #expect(
            world.told() == [
                "algo TRIGGERING", "order NEW NEW", "lite", "order TRADE FILLED", "algo TRIGGERED", "algo FINISHED",
                "account ORDER",
            ])
        #expect(world.algo(algo.id)?.status == .finished && world.position.isFlat)
    }

    @Test func `a stop that is already reached is refused`() {
        var world = world()
        #expect(code { _ = try world.stop(.sell, "60000") { $0.quantity = Quantity("0.1") ?? .zero } } == -2021)
        #expect(code { _ = try world.stop(.buy, "59999") { $0.quantity = Quantity("0.1") ?? .zero } } == -2021)
    }

    @Test func `closing the whole position takes what is there at the trigger`() throws {
        var world = world()
        _ = try world.market(.buy, "0.1")
        let algo = try world.stop(.sell, "59990") { $0.isClosePosition = true }
        #expect(code { _ = try world.stop(.sell, "59980") { $0.isClosePosition = true } } == -4130)
        #expect(
            code {
                _ = try world.stop(.sell, "59980") {
                    $0.isClosePosition = true
                    $0.quantity = Quantity("1") ?? .zero
                }
            } == -4137)
        _ = try world.market(.buy, "0.05")
        world.trade("59989", "0.001", .sell)
        #expect(world.position.isFlat && world.algo(algo.id)?.executed == Quantity("0.15"))
    }

    @Test func `closing a position that is gone expires`() throws {
        var world = world()
        _ = try world.market(.buy, "0.1")
        let algo = try world.stop(.sell, "59990") { $0.isClosePosition = true }
        _ = try world.market(.sell, "0.1")
        world.trade("59989", "0.001", .sell)
        #expect(world.algo(algo.id)?.status == .expired)
    }

    @Test func `a reduce-only stop without a position is rejected at the trigger, with the reason`() throws {
        var world = world()
        let algo = try world.stop(.sell, "59990") {
            $0.quantity = Quantity("0.1") ?? .zero
            $0.isReduceOnly = true
        }
        world.trade("59990", "0.001", .sell)
        #expect(world.algo(algo.id)?.status == .rejected)
        #expect(world.algo(algo.id)?.failure == "ReduceOnly Order is rejected.")
    }

    @Test func `margin is looked at only at the trigger`() throws {
        var world = world()
        let algo = try world.stop(.buy, "60010") { $0.quantity = Quantity("10") ?? .zero }
        world.trade("60010", "0.001", .buy)
        #expect(world.algo(algo.id)?.failure == "Margin is insufficient.")
    }

    @Test func `a mark-price stop does not look at trades`() throws {
        var world = world()
        _ = try world.market(.buy, "0.1")
        let algo = try world.stop(.sell, "59990") {
            $0.quantity = Quantity("0.1") ?? .zero
            $0.workingType = .markPrice
        }
        world.trade("59900", "0.001", .sell)
        #expect(world.algo(algo.id)?.status == .new)
        world.event(.mark(price: Price("59990") ?? .zero, index: Price("59990") ?? .zero))
        #expect(world.algo(algo.id)?.status == .finished)
    }

    @Test func `a stop-limit rests as a limit order and finishes with it`() throws {
        var world = world()
        _ = try world.market(.buy, "0.1")
        let algo = try world.stop(.sell, "59995") {
            $0.type = .stop
            $0.price = Price("60005") ?? .zero
            $0.quantity = Quantity("0.1") ?? .zero
        }
        world.trade("59995", "0.001", .sell)
        let triggered = try #require(world.algo(algo.id))
        #expect(triggered.status == .triggered)
        let child = try world.exchange.cancel(world.account, triggered.orderId)
        #expect(child.status == .canceled && world.algo(algo.id)?.status == .finished)
    }

    @Test func `a trailing stop follows the best price`() throws {
        var world = world()
        _ = try world.market(.buy, "0.1")
        let algo = try world.stop(.sell, "0") {
            $0.type = .trailingStopMarket
            $0.quantity = Quantity("0.1") ?? .zero
            $0.callback = Ratio("0.001") ?? .zero
        }
        world.trade("60100", "0.001", .buy)
        world.trade("60040", "0.001", .sell)
        #expect(world.algo(algo.id)?.status == .new)
        world.trade("60039.9", "0.001", .sell)
        #expect(world.algo(algo.id)?.status == .finished)
    }

    @Test func `cancelled and unknown conditional orders answer like the venue`() throws {
        var world = world()
        let terms =
            "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&quantity=0.1&triggerPrice=59000&clientAlgoId=s1"
        #expect(world.call("POST", "/fapi/v1/algoOrder", terms).status == 200)
        #expect(world.call("POST", "/fapi/v1/algoOrder", terms).text.contains("-4116"))
        #expect(world.call("GET", "/fapi/v1/order", "symbol=BTCUSDT&origClientOrderId=s1").text.contains("-2013"))
        #expect(world.call("DELETE", "/fapi/v1/algoOrder", "clientAlgoId=s1").text.contains(#""code":"200""#))
        #expect(world.call("DELETE", "/fapi/v1/algoOrder", "clientAlgoId=s1").text.contains("-2011"))
        #expect(world.call("GET", "/fapi/v1/algoOrder", "clientAlgoId=s1").text.contains(#""algoStatus":"CANCELED""#))
        #expect(world.call("GET", "/fapi/v1/algoOrder", "clientAlgoId=none").text.contains("-2013"))
    }

    @Test func `the account holds at most two hundred conditional orders`() throws {
        var world = World(["BTCUSDT", "ETHUSDT"])
        world.book("60000:2", "60000.1:1")
        world.trade("60000", "0.01", .sell)
        for _ in 0..<200 { _ = try world.stop(.sell, "59000") { $0.quantity = Quantity("0.1") ?? .zero } }
        #expect(code { _ = try world.stop(.sell, "59000") { $0.quantity = Quantity("0.1") ?? .zero } } == -4045)
    }
}
