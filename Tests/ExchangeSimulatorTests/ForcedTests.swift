import ExchangeSimulator
import Testing
import TradingPrimitives

/// What the venue and the owner do beside the client.
struct ForcedTests {
    @Test func `a liquidation by force closes the position and pays the fund`() throws {
        var world = try World.holding()
        let resting = try world.limit(.buy, "0.1", "59000")
        try world.exchange.liquidate(world.account, 0)
        #expect(world.position.isFlat && world.order(resting.id)?.expiry == .liquidated)
        let forced = try #require(world.exchange.orders.last)
        #expect(forced.clientId.hasPrefix("autoclose-") && forced.isLiquidation && forced.status == .filled)
        #expect(world.exchange.accounts[0].totals[.insurance] ?? .zero < .zero)
        #expect(world.call("GET", "/fapi/v1/forceOrders").text.contains("autoclose-"))
        #expect(code { try world.exchange.liquidate(world.account, 0) } == -2022)
    }

    @Test func `deleveraging takes a part at the mark, and a stop that lives with the position stays`() throws {
        var world = try World.holding()
        let stop = try world.stop(.sell, "59000") {
            $0.isClosePosition = true
            $0.timeInForce = .goodTillPosition
        }
        _ = world.told()
        try world.exchange.deleverage(world.account, 0, Ratio("0.25") ?? .zero)
        #expect(world.position.amount == World.quantity("0.075"))
        let forced = try #require(world.exchange.orders.last)
        #expect(forced.clientId.hasPrefix("adl_autoclose"))
        #expect(forced.averagePrice == world.exchange.books[0].markPrice)
        #expect(world.told() == ["order NEW NEW", "lite", "order CALCULATED FILLED", "account ORDER"])
        #expect(world.algo(stop.id)?.status == .new)
        try world.exchange.deleverage(world.account, 0, Ratio("1") ?? .zero)
        #expect(world.position.isFlat && world.algo(stop.id)?.status == .expired)
    }

    @Test func `a settlement ends all orders and positions of the contract`() throws {
        var world = try World.holding()
        let other = world.exchange.openAccount("two", deposit: Notional("10000") ?? .zero)
        _ = try world.market(.sell, "0.2", account: other)
        let resting = try world.limit(.buy, "0.1", "59000")
        let stop = try world.stop(.sell, "59000") { $0.isClosePosition = true }
        world.exchange.settle(0)
        #expect(world.exchange.accounts.allSatisfy { $0.positions[0].isFlat })
        #expect(world.order(resting.id)?.status == .expired && world.algo(stop.id)?.status == .expired)
        #expect(world.exchange.orders.suffix(2).allSatisfy { $0.clientId.hasPrefix("settlement_autoclose-") })
    }

    @Test func `a contract is announced to end, and is settled then`() throws {
        var world = try World.holding()
        let end = world.exchange.now + 90_000
        world.exchange.setDelivery(0, end)
        #expect(world.call("GET", "/fapi/v1/exchangeInfo").text.contains(#""deliveryDate":\#(end.milliseconds)"#))
        world.exchange.advance(to: end - 1000)
        #expect(!world.exchange.accounts[0].positions[0].isFlat)
        world.exchange.advance(to: end + 1000)
        #expect(world.exchange.accounts[0].positions[0].isFlat && world.exchange.books[0].status == .settling)
    }

    @Test func `money comes and goes, and the sum of the incomes stays the balance`() throws {
        var world = try World.holding()
        let before = world.exchange.accounts[0].wallet
        world.exchange.transfer(world.account, Notional("-4000") ?? .zero)
        #expect(world.told() == ["account WITHDRAW"])
        world.exchange.transfer(world.account, Notional("500") ?? .zero)
        #expect(world.told() == ["account DEPOSIT"])
        let account = world.exchange.accounts[0]
        #expect(account.wallet == before - (Notional("3500") ?? .zero))
        #expect(account.incomes.reduce(.zero) { $0 + $1.amount } == account.wallet)
    }

    @Test func `in hedge mode no order fits, until the owner switches back`() throws {
        var world = try World.holding()
        #expect(code { try world.exchange.setHedged(world.account, true) } == -4068)
        _ = try world.market(.sell, "0.1", reduceOnly: true)
        let resting = try world.limit(.buy, "0.1", "59000")
        #expect(code { try world.exchange.setHedged(world.account, true) } == -4067)
        _ = try world.exchange.cancel(world.account, resting.id)
        try world.exchange.setHedged(world.account, true)
        let dual = "/fapi/v1/positionSide/dual"
        #expect(world.call("GET", dual).text == #"{"dualSidePosition":true}"#)
        #expect(world.call("GET", "/fapi/v1/accountConfig").text.contains(#""dualSidePosition":true"#))
        #expect(code { _ = try world.market(.buy, "0.1") } == -4061)
        #expect(code { _ = try world.stop(.buy, "61000") { $0.quantity = World.quantity("0.1") } } == -4061)
        #expect(world.call("POST", dual, "dualSidePosition=false").status == 200)
        #expect(world.call("POST", dual, "dualSidePosition=false").text.contains("-4059"))
        #expect(try world.market(.buy, "0.1").status == .filled)
    }

    @Test func `a listen key dies early`() throws {
        var world = try World.holding()
        #expect(world.call("POST", "/fapi/v1/listenKey").status == 200)
        _ = world.exchange.takeEvents()
        world.exchange.expireListenKey(world.account)
        let told = world.exchange.takeEvents()
        guard case .listenKeyExpired(account: 0)? = told.first?.body else {
            Issue.record("\(told)")
            return
        }
        #expect(world.call("PUT", "/fapi/v1/listenKey").text.contains("-1125"))
    }
}
