import ExchangeSimulator
import Testing
import TradingPrimitives

struct MatchingTests {
    private let bids = "60000:2 59999:3"
    private let asks = "60000.1:1 60000.2:2 60001:5"

    private func world() -> World {
        var world = World(deposit: "1000000")
        world.book(bids, asks)
        world.trade("60000", "0.01", .sell)
        world.advance(1000)
        _ = world.told()
        return world
    }

    @Test func `a market order walks the levels and what it took stays taken`() throws {
        var world = world()
        let order = try world.market(.buy, "2.5")
        #expect(order.status == .filled)
        #expect(order.quote == Notional("150000.4"))  // 1 × 60000.1 + 1.5 × 60000.2
        #expect(world.exchange.books[0].best?.ask == World.levels("60000.2:0.5").first)
        world.book(bids, asks)
        #expect(world.exchange.books[0].best?.ask == World.levels("60000.2:0.5").first)
        world.event(
            .bookChange([
                LevelChange(side: .sell, price: Price(raw: 6_000_010_000_000), quantity: Quantity(raw: 400_000_000))
            ]))
        #expect(world.exchange.books[0].best?.ask == World.levels("60000.1:4").first)
    }

    @Test func `the entry price stays to the last digit while a position shrinks, and is the new one's after a turn`()
        throws
    {
        var world = world()
        _ = try world.market(.buy, "0.9")
        _ = try world.market(.buy, "0.7")
        let entry = world.position.entryPrice
        #expect(entry.description == "60000.1375", "0.9 and 0.1 at 60000.1, 0.6 at 60000.2")
        for _ in 0..<7 {
            _ = try world.market(.sell, "0.107")
            #expect(world.position.entryPrice == entry)
        }
        let before = world.position.amount
        _ = try world.market(.sell, "1")
        let exit = world.position.entryPrice
        #expect(world.position.amount == before - World.quantity("1") && exit == World.price("60000"))
        // A short earns its fee back below its entry price: 0.05 % of it.
        #expect(world.position.breakEvenPrice == World.price("59970"))
        _ = try world.market(.buy, "0.149", reduceOnly: true)
        #expect(world.position.isFlat && world.position.entryPrice == .zero)
    }

    @Test func `a market order beyond the visible book expires with its remainder`() throws {
        var world = world()
        let order = try world.market(.buy, "9")
        #expect(order.status == .expired && order.expiry == .marketRemainder)
        #expect(order.executed == Quantity("8"))
    }

    @Test func `a resting order waits until the queue ahead of it has traded`() throws {
        var world = world()
        let order = try world.limit(.buy, "1", "60000")
        world.trade("60000", "1.5", .sell)
        #expect(world.order(order.id)?.executed == .zero)
        world.trade("60000", "0.7", .sell)  // 0.5 of the queue, then 0.2 of the order
        #expect(world.order(order.id)?.executed == Quantity("0.2"))
        world.trade("60000", "5", .sell)
        #expect(world.order(order.id)?.status == .filled)
    }

    @Test func `the queue shrinks to what the level still shows`() throws {
        var world = world()
        let order = try world.limit(.buy, "1", "60000")
        world.book("60000:0.3 59999:3", asks)
        world.trade("60000", "0.4", .sell)
        #expect(world.order(order.id)?.executed == Quantity("0.1"))
    }

    @Test func `a trade through the price fills at the order's own price`() throws {
        var world = world()
        let order = try world.limit(.buy, "1", "60000")
        world.trade("59999.9", "0.001", .sell)
        let filled = try #require(world.order(order.id))
        #expect(filled.status == .filled && filled.averagePrice == Price("60000"))
    }

    @Test func `a book that moves through the price fills, one that only meets it does not`() throws {
        var world = world()
        let order = try world.limit(.buy, "1", "60000")
        world.book("59990:1", "60000:2")
        #expect(world.order(order.id)?.executed == .zero)
        world.book("59990:1", "59999:2")
        #expect(world.order(order.id)?.status == .filled)
    }

    @Test func `of two own orders the better price comes first, and of equal prices the older`() throws {
        var world = world()
        let older = try world.limit(.buy, "1", "60000")
        let better = try world.limit(.buy, "1", "60000.0")
        let behind = try world.limit(.buy, "1", "59999.5")
        world.trade("60000", "2.6", .sell)  // 2 of the queue, 0.6 of the older
        #expect(world.order(older.id)?.executed == Quantity("0.6"))
        #expect(world.order(better.id)?.executed == .zero)
        world.trade("60000", "0.9", .sell)
        #expect(world.order(older.id)?.status == .filled)
        #expect(world.order(better.id)?.executed == Quantity("0.5"))
        #expect(world.order(behind.id)?.executed == .zero)
        world.trade("59999.5", "0.2", .sell)
        #expect(world.order(better.id)?.status == .filled)
        #expect(world.order(behind.id)?.executed == Quantity("0.2"))
    }

    @Test func `immediate-or-cancel keeps what it got and expires`() throws {
        var world = world()
        let order = try world.limit(.buy, "3", "60000.1", .immediateOrCancel)
        #expect(order.status == .expired && order.expiry == .immediateRemainder && order.executed == Quantity("1"))
        #expect(
            world.told() == [
                "order NEW NEW", "lite", "order TRADE PARTIALLY_FILLED", "order EXPIRED EXPIRED 2", "account ORDER",
            ])
    }

    @Test func `fill-or-kill leaves no record when it can't be filled`() throws {
        var world = world()
        #expect(code { _ = try world.limit(.buy, "3", "60000.1", .fillOrKill) } == -5021)
        #expect(world.exchange.orders.isEmpty && world.told().isEmpty)
        #expect(try world.limit(.buy, "3", "60000.2", .fillOrKill).status == .filled)
    }

    @Test func `post-only leaves no record when it would take`() throws {
        var world = world()
        #expect(code { _ = try world.limit(.buy, "1", "60000.1", .postOnly) } == -5022)
        #expect(world.exchange.orders.isEmpty && world.told().isEmpty)
        #expect(try world.limit(.buy, "1", "60000", .postOnly).status == .new)
    }

    @Test func `a reduce-only order never turns the position`() throws {
        var world = world()
        #expect(code { _ = try world.market(.sell, "1", reduceOnly: true) } == -2022)
        _ = try world.market(.buy, "0.5")
        let order = try world.market(.sell, "2", reduceOnly: true)
        #expect(order.executed == Quantity("0.5") && order.status == .expired && order.expiry == .wouldReverse)
        #expect(world.position.isFlat)
    }

    @Test func `resting reduce-only orders expire with the position`() throws {
        var world = world()
        _ = try world.market(.buy, "0.5")
        let profit = try world.limit(.sell, "0.5", "60500", reduceOnly: true)
        _ = try world.market(.sell, "0.5")
        #expect(world.order(profit.id)?.status == .expired)
        #expect(world.order(profit.id)?.expiry == .wouldReverse)
    }

    @Test func `an order does not trade with its own account`() throws {
        var world = world()
        let maker = try world.limit(.sell, "1", "60000.1", .postOnly)
        _ = try world.limit(.buy, "1.5", "60000.1", .immediateOrCancel)
        #expect(world.order(maker.id)?.status == .expiredInMatch)
    }

    @Test func `two accounts trade with each other, and the maker pays the maker's fee`() throws {
        var world = world()
        let other = world.exchange.openAccount("two", deposit: Notional("1000000") ?? .zero)
        let maker = try world.limit(.sell, "1", "60000", .goodTillCancel, account: other)
        #expect(maker.status == .filled)  // it met the market's bid
        let resting = try world.limit(.buy, "1", "60000", .goodTillCancel)
        let taker = try world.limit(.sell, "3", "60000", .immediateOrCancel, account: other)
        // One of the market's two is left ahead of the resting order.
        #expect(taker.executed == Quantity("2") && world.order(resting.id)?.status == .filled)
        let fill = try #require(world.exchange.accounts[world.account].fills.last)
        #expect(fill.isMaker && fill.fee == Notional("12"))
        #expect(world.exchange.accounts[other].fills.last?.fee == Notional("30"))
    }

    @Test func `an amended order loses its place, and a refused amendment leaves it`() throws {
        var world = world()
        let order = try world.limit(.buy, "1", "60000", .postOnly)
        let path = "/fapi/v1/order"
        let name = "symbol=BTCUSDT&side=BUY&orderId=\(order.id)"
        #expect(world.call("PUT", path, name + "&quantity=1&price=60000").text.contains("-5027"))
        #expect(world.call("PUT", path, name + "&quantity=1&price=59999.95").text.contains("-4014"))
        #expect(world.call("PUT", path, name + "&quantity=900&price=59999").text.contains("-2019"))
        #expect(world.order(order.id)?.price == Price("60000"))
        world.trade("60000", "1.9", .sell)
        #expect(world.call("PUT", path, name + "&quantity=1.5&price=60000").status == 200)
        world.trade("60000", "1", .sell)  // behind the two that the book still shows
        #expect(world.order(order.id)?.executed == .zero)
        #expect(world.call("PUT", path, name + "&quantity=1.5&price=60000.1").text.contains(#""status":"CANCELED""#))
    }
}
