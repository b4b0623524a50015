import ExchangeSimulator
import Testing
import TradingPrimitives

struct LedgerTests {
    /// A session of random orders of two accounts in a synthetic market, with stops, cancels, isolated margin and funding.
    private func session(seed: UInt64, steps: Int) -> (exchange: Exchange, events: [ExchangeEvent]) {
        let instruments = ["BTCUSDT", "ETHUSDT"].compactMap { Symbol($0) }.map(Instrument.listed)
        // Twenty seconds before a funding time.
        let start =
            Timestamp(milliseconds: 1_699_999_200_000 + 28_800_000 - 20_000).floored(to: 28_800_000) + 28_780_000
        var exchange = Exchange(ExchangeConfiguration(instruments: instruments), start: start)
        let made = SyntheticMarket.make(instruments, seed: seed, start: start, historyMinutes: 30)
        for (index, candles) in made.history.enumerated() { exchange.setHistory(index, candles) }
        let accounts = ["one", "two"].map { exchange.openAccount($0, deposit: Notional("20000") ?? .zero) }
        for index in exchange.books.indices { exchange.setInterest([], of: index) }
        var simulation = Simulation(exchange, made.market)
        var random = SplitMix64(seed: seed &* 31)
        var events: [ExchangeEvent] = []
        for step in 0..<steps {
            _ = simulation.play(until: start + Int64(step + 1) * 400)
            let account = accounts[Int(random.next() % 2)]
            let index = Int(random.next() % 2)
            act(&simulation.exchange, account, index, &random)
            events += simulation.exchange.takeEvents()
        }
        return (simulation.exchange, events)
    }

    private func act(_ exchange: inout Exchange, _ account: Int, _ index: Int, _ random: inout SplitMix64) {
        guard let best = exchange.books[index].best else { return }
        let side: Side = random.next() % 2 == 0 ? .buy : .sell
        let quantity = Quantity(raw: Int64(random.next() % 50 + 1) * (index == 0 ? 1_000_000 : 20_000_000))
        let away = Price(raw: Int64(random.next() % 12) * (index == 0 ? 10_000_000 : 1_000_000))
        var request = OrderRequest(
            instrument: index, side: side, type: random.next() % 3 == 0 ? .market : .limit, quantity: quantity,
            price: side == .buy ? best.bid.price - away : best.ask.price + away)
        request.isReduceOnly = random.next() % 6 == 0
        if random.next() % 5 == 0 {
            var stop = AlgoRequest(
                instrument: index, side: side, type: .stopMarket,
                trigger: side == .buy ? best.ask.price + away + away : best.bid.price - away - away)
            stop.quantity = quantity
            _ = try? exchange.placeAlgo(stop, account: account)
        } else if random.next() % 7 == 0 {
            exchange.cancelAll(account, index)
        } else {
            _ = try? exchange.place(request, account: account)
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func `profit, fees and funding are the change of the balance, to the last digit`(seed: UInt64) throws {
        let (exchange, events) = session(seed: seed, steps: 500)
        for (number, account) in exchange.accounts.enumerated() {
            var amounts = [Int128](repeating: 0, count: 2)
            var cash = [Int128](repeating: 0, count: 2)
            var profit: Int128 = 0
            var fees: Int128 = 0
            var fills = 0
            // An independent ledger from what the account was told alone.
            for event in events {
                guard case .user(number, .order(_, .trade(let fill))) = event.body else { continue }
                fills += 1
                let value = Int128(fill.price.raw) * Int128(fill.quantity.raw)  // 1e-16
                let sign = Int128(fill.side.sign)
                amounts[fill.instrument] += sign * Int128(fill.quantity.raw)
                cash[fill.instrument] -= sign * value
                profit += Int128(fill.realizedProfit.raw)
                fees += Int128(fill.fee.raw)
                let rate: Int128 = fill.isMaker ? 20_000 : 50_000
                #expect(Int128(fill.fee.raw) == value / 100_000_000 * rate / 100_000_000)
            }
            #expect(fills > 50)
            let funding = account.incomes.filter { $0.type == .funding }.reduce(0) { $0 + Int128($1.amount.raw) }
            let deposit: Int128 = 2_000_000_000_000
            #expect(Int128(account.wallet.raw) == deposit + profit - fees + funding, "seed \(seed)")
            for (index, position) in account.positions.enumerated() {
                #expect(Int128(position.amount.raw) == amounts[index])
                // What was paid and not realized is the cost of what is held.
                let held = position.amount.raw < 0 ? -Int128(position.cost.raw) : Int128(position.cost.raw)
                let realized = account.fills.filter { $0.instrument == index }.reduce(0) {
                    $0 + Int128($1.realizedProfit.raw)
                }
                #expect(cash[index] / 100_000_000 + held == realized, "seed \(seed), contract \(index)")
            }
            #expect(account.incomes.reduce(Notional.zero) { $0 + $1.amount } == account.wallet)
        }
    }

    @Test func `the same seed and the same orders give the same session`() {
        let first = session(seed: 9, steps: 200)
        let second = session(seed: 9, steps: 200)
        #expect(first.exchange.accounts[0].wallet == second.exchange.accounts[0].wallet)
        #expect(first.exchange.auditJSON() == second.exchange.auditJSON())
        #expect(first.events.count == second.events.count)
    }

    @Test func `funding is paid by the longs at its time, and told by itself`() throws {
        var world = World()
        world.book("60000:20", "60000.1:20")
        world.trade("60000", "0.01", .sell)
        world.event(.mark(price: Price("60000") ?? .zero, index: Price("60000") ?? .zero))
        _ = try world.market(.buy, "1")
        let before = world.exchange.accounts[world.account].wallet
        _ = world.told()
        world.advance(8 * 3_600_000)
        #expect(world.exchange.accounts[world.account].wallet - before == Notional("-6"))
        #expect(world.told() == ["account FUNDING_FEE"])
    }

    @Test func `an account that can't keep its position is liquidated, and never owes`() throws {
        var world = World(deposit: "1000")
        world.book("60000:20", "60000.1:20")
        world.trade("60000", "0.01", .sell)
        world.event(.mark(price: Price("60000") ?? .zero, index: Price("60000") ?? .zero))
        _ = try world.market(.buy, "0.3")
        let resting = try world.limit(.buy, "0.002", "59990")
        world.advance(1000)
        #expect(!world.position.isFlat)
        _ = world.told()
        world.book("56000:20", "56000.1:20")
        world.event(.mark(price: Price("56000") ?? .zero, index: Price("56000") ?? .zero))
        world.advance(1000)
        #expect(world.position.isFlat)
        let account = world.exchange.accounts[world.account]
        #expect(account.wallet == .zero)
        #expect(account.totals[.insurance] ?? .zero > .zero)  // what the fund had to pay
        let close = try #require(world.exchange.orders.last)
        #expect(close.clientId.hasPrefix("autoclose-") && close.status == .filled)
        #expect(world.order(resting.id)?.status == .filled || world.order(resting.id)?.expiry == .liquidated)
        #expect(world.told().contains("order CALCULATED FILLED"))
    }

    @Test func `an isolated position risks only its own margin`() throws {
        var world = World()
        world.book("60000:20", "60000.1:20")
        world.trade("60000", "0.01", .sell)
        world.event(.mark(price: Price("60000") ?? .zero, index: Price("60000") ?? .zero))
        #expect(world.call("POST", "/fapi/v1/marginType", "symbol=BTCUSDT&marginType=ISOLATED").status == 200)
        _ = try world.market(.buy, "0.1")
        #expect(world.position.isolatedWallet == Notional("300.0005"))
        world.book("56000:20", "56000.1:20")
        world.event(.mark(price: Price("56000") ?? .zero, index: Price("56000") ?? .zero))
        world.advance(1000)
        #expect(world.position.isFlat)
        #expect(world.exchange.accounts[world.account].wallet > Notional("9400") ?? .zero)
    }

    @Test func `the liquidation price is where the margin ends`() throws {
        var world = World(deposit: "4000")
        world.book("60000:20", "60000.1:20")
        world.trade("60000", "0.01", .sell)
        world.event(.mark(price: Price("60000") ?? .zero, index: Price("60000") ?? .zero))
        _ = try world.market(.buy, "1")
        let price = world.exchange.liquidationPrice(world.account, 0)
        for (mark, isAlive) in [(price + Price(raw: 1_000_000_000), true), (price - Price(raw: 1_000_000_000), false)] {
            var trial = world
            trial.event(.mark(price: mark, index: mark))
            trial.advance(1000)
            #expect(trial.position.isFlat != isAlive)
        }
    }

    @Test func `fees are paid in BNB, a tenth cheaper, until it runs out in the middle of an order`() throws {
        var world = World(["BTCUSDT", "BNBUSDT"], bnb: "0.006")
        world.book("599.9:10", "600.1:10", instrument: 1)
        world.event(
            .mark(price: World.price("600"), index: World.price("600")), instrument: 1)
        world.event(.mark(price: World.price("60000"), index: World.price("60000")))
        world.book("60000:5", "60001:0.1 60002:5")
        _ = try world.market(.buy, "0.2")
        let account = world.exchange.accounts[world.account]
        let fills = account.fills
        #expect(fills.map(\.feeAsset) == [.bnb, .settlement])
        // 60001 × 0.1 × 0.0005 × 0.9 / 600
        #expect(fills[0].fee.description == "0.00450007")
        #expect(fills[1].fee.description == "3.0001")
        #expect(account.bnb.description == "0.00149993")
        #expect(account.wallet.description == "9996.9999")
    }
}
