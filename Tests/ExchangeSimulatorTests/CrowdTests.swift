import Testing
import TradingPrimitives

@testable import ExchangeSimulator

struct CrowdTests {
    private let start = Timestamp(milliseconds: 1_723_161_240_000)
    private let instruments = ["BTCUSDT", "ETHUSDT"].compactMap { Symbol($0) }.map(Instrument.listed)

    private func crowd(seed: UInt64) -> Crowd { Crowd(flowPerS: 9, price: 60_000, step: 0.001, seed: seed) }

    /// Lives through an hour of trades around a wandering price; calls `body` each second.
    private func live(_ crowd: inout Crowd, seed: UInt64, _ body: (Crowd, Double) -> Void) {
        var random = SplitMix64(seed: seed)
        var price = 60_000.0
        for _ in 0..<3600 {
            price *= exponential(3e-4 * random.normal())
            crowd.traded(random.chance(0.5) ? .buy : .sell, 18 * random.uniform())
            _ = crowd.liquidate(mark: price)
            crowd.pass(1, at: price)
            body(crowd, price)
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `open interest is the sum of the positions and never negative`(seed: UInt64) {
        var crowd = crowd(seed: seed)
        live(&crowd, seed: seed) { crowd, price in
            let bins = (crowd.longs + crowd.shorts).flatMap(\.bins)
            #expect(bins.allSatisfy { $0.volume > 0 })
            let sum = bins.reduce(0) { $0 + $1.volume }
            #expect(abs(sum - crowd.openInterest) < 1e-6 * sum && sum > 0)
        }
    }

    @Test(arguments: [4, 5] as [UInt64])
    func `shares stay within their bounds and lean with the positions`(seed: UInt64) {
        var crowd = crowd(seed: seed)
        live(&crowd, seed: seed) { crowd, _ in
            let mood = crowd.mood
            #expect(0.1...0.9 ~= mood.accountsLong && 0.1...0.9 ~= mood.topTradersLong)
            #expect(abs(mood.fundingRate) < 0.002 && abs(mood.premium) < 0.003)
        }
        for _ in 0..<3600 {
            crowd.traded(.buy, 18)
            crowd.pass(1, at: 60_000)
        }
        #expect(crowd.imbalance > 0.3)
        #expect(crowd.mood.accountsLong > 0.7 && crowd.mood.topTradersLong < 0.4 && crowd.mood.fundingRate > 0.0003)
    }

    @Test func `a mark beyond all liquidation prices leaves nobody of that side`() {
        var crowd = crowd(seed: 6)
        let before = (long: crowd.long, short: crowd.short)
        let none = crowd.liquidate(mark: 60_000)
        #expect(none.longs < before.long / 20 && none.shorts < before.short / 20)
        let rest = crowd.long
        let fallen = crowd.liquidate(mark: 30_000)
        #expect(abs(fallen.longs - rest) < 1e-6 && fallen.shorts == 0 && crowd.long == 0)
        let again = crowd.liquidate(mark: 30_000)
        #expect(again == (0, 0))
    }

    @Test func `highest leverage goes first`() {
        var crowd = crowd(seed: 7)
        let before = crowd.longs.map(\.total)
        _ = crowd.liquidate(mark: 60_000 * 0.985)
        let after = crowd.longs.map(\.total)
        #expect(after[6] < before[6] * 0.1 && after[0] == before[0] && after[1] == before[1])
    }

    /// An instrument that is led through these regimes, seconds each; what was told in each of them.
    private func story(_ regimes: [(Regime, seconds: Int64)], seed: UInt64) -> [[MarketEvent]] {
        let crowd = Crowd(flowPerS: 9, price: 61_800, step: 0.001, seed: seed)
        var market = SyntheticInstrument(
            0, instruments[0], price: 61_800, crowd: crowd, seed: seed, leads: true, start: start)
        var end = start
        return regimes.map { regime, seconds in
            end = end + seconds * 1000
            var told: [MarketEvent] = []
            while market.nextStep < end {
                market.step(regime)
                told += market.takeEvents()
            }
            return told
        }
    }

    private func openInterests(_ events: [MarketEvent]) -> [Quantity] {
        events.compactMap { if case .openInterest(let quantity) = $0.body { quantity } else { nil } }
    }

    private func forced(_ events: [MarketEvent], _ side: Side) -> Quantity {
        events.reduce(.zero) {
            if case .liquidation(side, _, _, let quantity) = $1.body { $0 + quantity } else { $0 }
        }
    }

    private func marks(_ events: [MarketEvent]) -> [Double] {
        events.compactMap { if case .mark(let price, _) = $0.body { price.double } else { nil } }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a cascade liquidates longs, lowers open interest and dies out`(seed: UInt64) throws {
        let told = story([(.range, 60), (.cascadeDown, 90), (.range, 240), (.range, 60)], seed: seed)
        let before = try #require(openInterests(told[0]).last)
        let after = try #require(openInterests(told[2]).last)
        let liquidated = forced(told[1], .sell) + forced(told[2], .sell)
        #expect(liquidated > Quantity(raw: 20 * fixedScale), "seed \(seed)")
        #expect(after < before - Quantity(raw: liquidated.raw / 2), "seed \(seed)")
        #expect(forced(told[3], .sell) < Quantity(raw: liquidated.raw / 5), "seed \(seed)")
        let lowest = try #require(told.flatMap(marks).min())
        #expect(lowest < 61_800 * 0.997 && lowest > 61_800 * 0.95, "seed \(seed): \(lowest)")
    }

    @Test func `a cascade upwards liquidates shorts`() throws {
        let told = story([(.range, 30), (.cascadeUp, 90), (.range, 120)], seed: 4)
        #expect(forced(told[1] + told[2], .buy) > Quantity(raw: 20 * fixedScale))
        #expect(try #require(told.flatMap(marks).max()) > 61_800 * 1.003)
    }

    @Test func `statistics of the past lead up to the market's own`() throws {
        let made = SyntheticMarket.make(instruments, seed: 9, start: start, historyMinutes: 3000)
        #expect(
            made.statistics == SyntheticMarket.make(instruments, seed: 9, start: start, historyMinutes: 3000).statistics
        )
        var exchange = Exchange(ExchangeConfiguration(instruments: instruments), start: start)
        for (index, candles) in made.history.enumerated() {
            exchange.setHistory(index, candles)
            exchange.setStatistics(index, made.statistics[index])
        }
        let last = try #require(made.statistics[0].last)
        #expect(made.statistics[0].count >= 599 && start - last.time < 300_000)
        #expect(10_000...100_000 ~= last.openInterest.double)
        var simulation = Simulation(exchange, made.market)
        _ = simulation.play(until: start + 2000)
        let now = simulation.exchange.books[0].openInterest
        #expect(abs(now.double / last.openInterest.double - 1) < 0.02)
        let endpoint = try #require(Endpoint.find("GET", "/futures/data/globalLongShortAccountRatio"))
        let parameters = Parameters(query: Array("symbol=BTCUSDT&period=5m&limit=500".utf8), body: [])
        let answer = simulation.exchange.answer(endpoint, RestCall(parameters, account: nil))
        guard case .array(let rows)? = FlatJSON.parse(answer.body) else {
            Issue.record("no rows")
            return
        }
        #expect(rows.count == 500)
    }

    @Test func `the venue tells open interest, funding and marks of the crowd`() {
        let made = SyntheticMarket.make(instruments, seed: 3, start: start, historyMinutes: 60)
        var simulation = Simulation(
            Exchange(ExchangeConfiguration(instruments: instruments), start: start), made.market)
        _ = simulation.play(until: start + 30_000)
        for book in simulation.exchange.books {
            #expect(book.openInterest > .zero && book.positioning != nil)
            #expect(abs(book.mark.price.double / book.lastPrice.double - 1) < 0.003)
            #expect(book.mark.index > .zero && book.mark.index != book.mark.price)
        }
    }
}
