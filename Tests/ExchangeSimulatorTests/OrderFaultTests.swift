import ExchangeSimulator
import Testing
import TradingPrimitives

struct OrderFaultTests {
    private func add(_ world: inout World, _ fault: Fault) -> Int {
        world.exchange.faults.add(fault, now: world.exchange.now)
    }

    @Test func `a stop is rejected as often as the rule says, with its code`() throws {
        var world = try World.holding()
        _ = add(&world, Fault(.rejectStop, count: 2) { $0.code = -4045 })
        for _ in 0..<2 {
            #expect(code { _ = try world.stop(.sell, "59000") { $0.isClosePosition = true } } == -4045)
        }
        #expect(try world.stop(.sell, "59000") { $0.isClosePosition = true }.status == .new)
    }

    @Test func `a rule holds for its time, and for the client ids that it names`() throws {
        var world = try World.holding()
        _ = add(
            &world,
            Fault(.rejectStop, lifeMs: 5000) {
                $0.match.clientIdPrefix = "v7-"
                $0.match.clientIdSuffix = "-sl1"
            })
        func place(_ id: String) -> Int? {
            code {
                _ = try world.stop(.sell, "59000") {
                    $0.quantity = World.quantity("0.1")
                    $0.clientId = id
                }
            }
        }
        #expect(place("v7-a-sl1") == -2021)
        #expect(place("v7-a-sl2") == nil && place("hand-sl1") == nil)
        world.advance(5000)
        #expect(place("v7-a-sl1") == nil)
    }

    @Test func `a stop is rejected at its trigger with a reason, and the position stays`() throws {
        var world = try World.holding()
        _ = add(&world, Fault(.rejectTrigger, count: 1))
        let stop = try world.stop(.sell, "59990") { $0.isClosePosition = true }
        _ = world.told()
        world.trade("59990", "0.001", .sell)
        #expect(world.told() == ["algo TRIGGERING", "algo REJECTED"])
        #expect(world.algo(stop.id)?.failure == "Margin is insufficient.")
        #expect(world.position.amount == World.quantity("0.1"))
    }

    @Test func `a stop is hidden from queries for a while, yet there`() throws {
        var world = try World.holding()
        _ = add(&world, Fault(.hideStop, count: 1) { $0.milliseconds = 2000 })
        let stop = try world.stop(.sell, "59000") {
            $0.isClosePosition = true
            $0.clientId = "s1"
        }
        let query = "symbol=BTCUSDT&clientAlgoId=s1"
        #expect(world.call("GET", "/fapi/v1/algoOrder", query).text.contains("-2013"))
        #expect(world.call("GET", "/fapi/v1/openAlgoOrders", "symbol=BTCUSDT").text == "[]")
        #expect(world.call("GET", "/fapi/v1/allAlgoOrders", "symbol=BTCUSDT").text == "[]")
        #expect(world.told() == ["algo NEW"])
        world.advance(2000)
        #expect(world.call("GET", "/fapi/v1/algoOrder", query).status == 200)
        #expect(world.call("GET", "/fapi/v1/openAlgoOrders", "symbol=BTCUSDT").text.contains("\(stop.id)"))
    }

    @Test func `an order and any call are refused with what the rule says`() throws {
        var world = try World.holding()
        _ = add(&world, Fault(.rejectOrder, count: 1))
        #expect(code { _ = try world.limit(.buy, "0.1", "59000") } == -2019)
        _ = add(
            &world,
            Fault(.refuseCall, count: 1) {
                ($0.code, $0.message, $0.status) = (-4411, "Please sign the agreement.", 403)
                $0.match.route = "POST /fapi/v1/leverage"
            })
        let leverage = "symbol=BTCUSDT&leverage=5"
        #expect(world.call("GET", "/fapi/v1/openOrders").status == 200)
        let refused = world.call("POST", "/fapi/v1/leverage", leverage)
        #expect(refused.status == 403 && refused.text == #"{"code":-4411,"msg":"Please sign the agreement."}"#)
        #expect(world.call("POST", "/fapi/v1/leverage", leverage).status == 200)
        #expect(world.exchange.faults.rules.map(\.fired) == [1, 1])
    }

    @Test func `under throttling only what reduces a position passes`() throws {
        var world = try World.holding()
        let resting = try world.limit(.buy, "0.1", "59000")
        let rule = add(&world, Fault(.throttleEntries))
        #expect(code { _ = try world.market(.buy, "0.1") } == -1008)
        #expect(code { _ = try world.stop(.buy, "61000") { $0.quantity = World.quantity("0.1") } } == -1008)
        let amended = world.call(
            "PUT", "/fapi/v1/order", "symbol=BTCUSDT&orderId=\(resting.id)&side=BUY&quantity=0.1&price=59001")
        #expect(amended.status == 503 && amended.text.contains("-1008"))
        #expect(try world.stop(.sell, "59000") { $0.isClosePosition = true }.status == .new)
        #expect(try world.exchange.cancel(world.account, resting.id).status == .canceled)
        #expect(try world.market(.sell, "0.1", reduceOnly: true).status == .filled)
        #expect(world.exchange.faults.remove(rule) && !world.exchange.faults.remove(rule))
        #expect(try world.market(.buy, "0.1").status == .filled)
    }

    @Test func `a cancellation comes too late, or after a part`() throws {
        var world = try World.holding()
        _ = add(&world, Fault(.fillOnCancel, count: 1))
        let first = try world.limit(.buy, "0.1", "59995")
        #expect(code { _ = try world.exchange.cancel(world.account, first.id) } == -2011)
        #expect(world.order(first.id)?.status == .filled)
        _ = add(&world, Fault(.fillOnCancel, count: 1) { $0.fraction = Ratio("0.3") ?? .zero })
        let second = try world.limit(.buy, "0.1", "59995")
        #expect(try world.exchange.cancel(world.account, second.id).executed == World.quantity("0.03"))
        #expect(world.position.amount == World.quantity("0.23"))
    }

    @Test func `resting orders are filled in parts`() throws {
        var world = try World.holding()
        _ = add(&world, Fault(.partialFills, count: 2))
        let order = try world.limit(.buy, "0.1", "60000")
        world.trade("59999", "1", .sell)
        #expect(world.order(order.id)?.executed == World.quantity("0.05"))
        world.trade("59999", "1", .sell)
        #expect(world.order(order.id)?.executed == World.quantity("0.075"))
        world.trade("59999", "1", .sell)
        #expect(world.order(order.id)?.status == .filled)
    }

    @Test func `chances come from the seed`() throws {
        func refusals(_ seed: UInt64) -> [Bool] {
            var book = FaultBook(seed: seed)
            _ = book.add(Fault(.rejectOrder) { $0.probability = 0.3 }, now: .zero)
            return (0..<200).map { _ in book.take(.rejectOrder, FaultSubject(), now: .zero) != nil }
        }
        let some = refusals(7)
        #expect(some == refusals(7) && some != refusals(8))
        #expect(40...80 ~= some.count(where: \.self))
    }

    @Test func `a skewed clock tells another time and takes only its own`() throws {
        var world = try World.holding()
        let signed = Parameters(query: "timestamp=\(world.time)".utf8, body: [])
        #expect(code { try world.exchange.checkTime(signed) } == nil)
        for skew: Int64 in [-2000, 8000] {
            let rule = add(&world, Fault(.clockSkew) { $0.milliseconds = skew })
            #expect(world.call("GET", "/fapi/v1/time").text == #"{"serverTime":\#(world.time + skew)}"#)
            #expect(code { try world.exchange.checkTime(signed) } == -1021)
            _ = world.exchange.faults.remove(rule)
        }
        #expect(world.call("GET", "/fapi/v1/time").text == #"{"serverTime":\#(world.time)}"#)
    }
}
