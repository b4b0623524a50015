import ExchangeSimulator
import Testing
import TradingPrimitives

struct MarketFaultTests {
    private func price(_ text: String) -> Price { World.price(text) }

    @Test func `the market jumps with book, tape and mark, and goes on from there`() throws {
        var world = World.traded()
        _ = try world.market(.buy, "0.1")
        let stop = try world.stop(.sell, "59500") { $0.isClosePosition = true }
        let bid = try world.limit(.buy, "0.1", "59800")
        try world.exchange.gap(0, by: Ratio("-0.01") ?? .zero)
        #expect(world.algo(stop.id)?.status == .finished && world.order(bid.id)?.status == .filled)
        let child = try #require(world.order(world.algo(stop.id)?.orderId ?? 0))
        #expect(child.averagePrice == price("59400") && world.exchange.books[0].lastPrice == price("59400"))
        // What the source says from now on is as much lower; levels that it takes away are gone.
        world.event(.bookChange([LevelChange(side: .buy, price: price("60000"), quantity: .zero)]))
        #expect(world.exchange.books[0].best?.bid.price == price("59390"))
        world.trade("60001", "0.01", .buy)
        #expect(world.exchange.books[0].lastPrice == price("59401"))
        #expect(code { try world.exchange.gap(0, by: Ratio("-1.1") ?? .zero) } == -4001)
    }

    @Test func `a synthetic market jumps and goes on without a crossed book`() throws {
        let instruments = World.bitcoin
        let start = Timestamp(milliseconds: 1_700_000_000_000)
        let made = SyntheticMarket.make(instruments, seed: 3, start: start, historyMinutes: 60)
        var simulation = Simulation(
            Exchange(ExchangeConfiguration(instruments: instruments), start: start), made.market)
        func run(_ seconds: Int64) throws -> Double {
            let end = simulation.exchange.now + seconds * 1000
            while simulation.exchange.now < end {
                _ = simulation.play(until: simulation.exchange.now + 100)
                let best = try #require(simulation.exchange.books[0].best)
                #expect(best.bid.price < best.ask.price)
            }
            return simulation.exchange.books[0].lastPrice.double
        }
        let before = try run(20)
        try simulation.exchange.gap(0, by: Ratio("0.05") ?? .zero)
        let after = try run(20)
        #expect(abs(after / before - 1.05) < 0.01, "\(before) \(after)")
        #expect(abs(simulation.exchange.books[0].markPrice.double / after - 1) < 0.005)
        _ = simulation.exchange.faults.add(Fault(.freezeMarket, lifeMs: 10_000), now: simulation.exchange.now)
        let still = try run(10)
        #expect(still == after)
        #expect(try run(10) != still)
    }

    @Test func `a frozen market shows nothing, and then what it missed`() throws {
        var world = World.traded()
        _ = world.exchange.faults.add(
            Fault(.freezeMarket, lifeMs: 3000) { $0.match.symbol = "BTCUSDT" }, now: world.exchange.now)
        _ = world.exchange.takeEvents()
        world.event(.bookChange([LevelChange(side: .buy, price: price("60000"), quantity: .zero)]))
        world.trade("59990", "1", .sell)
        world.advance(900)
        let book = world.exchange.books[0]
        #expect(book.best?.bid.price == price("60000") && book.lastPrice == price("60000"))
        let frames = world.exchange.takeEvents().filter {
            if case .market(.mark) = $0.body { return false }
            if case .market(.marks) = $0.body { return false }
            return true
        }
        #expect(frames.isEmpty, "\(frames)")
        // Orders meet the book that is shown.
        #expect(try world.market(.sell, "0.1").averagePrice == price("60000"))
        world.advance(3000)
        world.trade("59990", "0.01", .sell)
        #expect(world.exchange.books[0].best?.bid.price == price("59990"))
        #expect(world.exchange.books[0].lastPrice == price("59990"))
    }

    @Test func `absurd and crossed prices are told, and nothing trades at them`() throws {
        var world = World.traded()
        let stop = try world.stop(.buy, "61000") { $0.quantity = World.quantity("0.1") }
        let absurd = Fault(.absurdPrices, count: 1) { $0.match.stream = "bookTicker" }
        _ = world.exchange.faults.add(absurd, now: world.exchange.now)
        func best(_ bid: String) -> BestPrices? {
            _ = world.exchange.takeEvents()
            world.event(
                .bookChange([LevelChange(side: .buy, price: price(bid), quantity: World.quantity("1"))]))
            for event in world.exchange.takeEvents() {
                if case .market(.bestPrices(let best)) = event.body { return best }
            }
            return nil
        }
        #expect(best("60000")?.ask.price == price("600001"))
        _ = world.exchange.faults.add(Fault(.crossedBooks, count: 1), now: world.exchange.now)
        let crossed = try #require(best("60000.05"))
        #expect(crossed.bid.price > crossed.ask.price)
        #expect(best("60000.06")?.bid.price == price("60000.06"))
        #expect(world.algo(stop.id)?.status == .new)
    }

    @Test(arguments: [
        (SymbolStatus.halt, -1122, Int?.some(-1122)), (.settling, -4141, -4141), (.close, -4141, -4141),
        (.preSettle, -4140, nil), (.pendingTrading, -1122, -1122),
    ])
    func `a contract that does not trade refuses orders and says so`(
        status: SymbolStatus, opening: Int, reducing: Int?
    ) throws {
        var world = World.traded()
        _ = try world.market(.buy, "0.1")
        let resting = try world.limit(.buy, "0.1", "59000")
        world.exchange.setStatus(0, status)
        #expect(world.call("GET", "/fapi/v1/exchangeInfo").text.contains(#""status":"\#(status.rawValue)""#))
        #expect(code { _ = try world.market(.buy, "0.1") } == opening)
        #expect(code { _ = try world.stop(.buy, "61000") { $0.quantity = World.quantity("0.1") } } == opening)
        #expect(code { _ = try world.market(.sell, "0.05", reduceOnly: true) } == reducing)
        #expect(code { _ = try world.stop(.sell, "59000") { $0.isClosePosition = true } } == reducing)
        #expect(try world.exchange.cancel(world.account, resting.id).status == .canceled)
        world.exchange.setStatus(0, .trading)
        #expect(try world.market(.buy, "0.1").status == .filled)
    }

    @Test func `new filters are shown and hold`() throws {
        var world = World.traded()
        var change = FilterChange()
        change.tickSize = price("0.5")
        change.stepSize = World.quantity("0.01")
        change.minNotional = Notional("1000")
        change.maxLeverage = 10
        change.maxMarketQuantity = World.quantity("0.5")
        world.exchange.setFilters(0, change)
        let info = world.call("GET", "/fapi/v1/exchangeInfo").text
        #expect(info.contains(#""tickSize":"0.50""#) && info.contains(#""stepSize":"0.01""#))
        #expect(info.contains(#""notional":"1000""#))
        #expect(code { _ = try world.limit(.buy, "0.1", "59000.1") } == -4014)
        #expect(code { _ = try world.limit(.buy, "0.015", "59000") } == -4023)
        #expect(code { _ = try world.limit(.buy, "0.01", "59000") } == -4164)
        #expect(code { _ = try world.market(.buy, "0.51") } == -4005)
        #expect(world.call("GET", "/fapi/v1/leverageBracket").text.contains(#""initialLeverage":10,"#))
        #expect(world.call("POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=20").text.contains("-4028"))
        #expect(world.call("POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=10").status == 200)
        #expect(try world.limit(.buy, "0.02", "59000.5").status == .new)
    }
}
