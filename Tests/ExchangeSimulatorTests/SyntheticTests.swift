import ExchangeSimulator
import Testing
import TradingPrimitives

struct SyntheticTests {
    private let start = Timestamp(milliseconds: 1_723_161_240_000)
    private let instruments = ["BTCUSDT", "ETHUSDT", "SOLUSDT"].compactMap { Symbol($0) }.map(Instrument.listed)

    private func events(seed: UInt64, count: Int) -> [MarketEvent] {
        var market = SyntheticMarket.make(instruments, seed: seed, start: start, historyMinutes: 60).market
        return (0..<count).compactMap { _ in market.next() }
    }

    @Test func `one seed is one story`() {
        #expect(events(seed: 1, count: 5000) == events(seed: 1, count: 5000))
        #expect(events(seed: 1, count: 500) != events(seed: 2, count: 500))
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `time never goes back and the book is never crossed`(seed: UInt64) {
        var exchange = Exchange(ExchangeConfiguration(instruments: instruments), start: start)
        var last = start
        for event in events(seed: seed, count: 20_000) {
            #expect(event.time >= last)
            last = event.time
            exchange.process(event)
            guard let best = exchange.books[event.instrument].best, case .bookChange = event.body else { continue }
            if best.bid.price >= best.ask.price { Issue.record("crossed at \(event.time), seed \(seed)") }
            #expect(exchange.books[event.instrument].top(20).bids.count == 20)
        }
        #expect(last - start > 20_000)
    }

    @Test(arguments: [1, 9] as [UInt64])
    func `at the opening of a demonstration takers run with the trend, and before it nothing is other than else`(
        seed: UInt64
    ) {
        func trades(openingMs: Int64) -> [(ms: Int64, aggressor: Side)] {
            var market = SyntheticMarket.make(
                instruments, seed: seed, start: start, historyMinutes: 60, openingMs: openingMs
            ).market
            var found: [(Int64, Side)] = []
            while let event = market.next(), event.time - start < 66_000 {
                guard event.instrument == 0, case .trade(_, _, let aggressor) = event.body else { continue }
                found.append((event.time - start, aggressor))
            }
            return found
        }
        let opened = trades(openingMs: 600_000), ordinary = trades(openingMs: 0)
        func before(_ trades: [(ms: Int64, aggressor: Side)]) -> [String] {
            trades.prefix { $0.ms < 60_000 }.map { "\($0.ms) \($0.aggressor)" }
        }
        #expect(before(opened) == before(ordinary) && before(opened).count > 100)
        let run = opened.filter { 63_000..<64_500 ~= $0.ms }, buys = run.count { $0.aggressor == .buy }
        #expect(max(buys, run.count - buys) * 10 >= run.count * 9, "\(buys) of \(run.count) buy")
        // Three times the pace of the minute before it.
        #expect(run.count * 60_000 > before(opened).count * 3 * 1500, "\(run.count) after \(before(opened).count)")
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `the past has believable candles in each timeframe`(seed: UInt64) {
        let history = SyntheticMarket.make(instruments, seed: seed, start: start).history
        var exchange = Exchange(ExchangeConfiguration(instruments: instruments), start: start)
        for (index, candles) in history.enumerated() {
            #expect(candles.count == 10_080 && candles.last?.openTime == start - 60_000)
            for (candle, next) in zip(candles, candles.dropFirst()) {
                #expect(candle.low <= min(candle.open, candle.close) && candle.high >= max(candle.open, candle.close))
                #expect(next.openTime - candle.openTime == 60_000)
            }
            let ranges = candles.suffix(1440).map { ($0.high - $0.low).double / $0.close.double }
            let mean = ranges.reduce(0, +) / Double(ranges.count)
            #expect(0.0005...0.0030 ~= mean, "seed \(seed): \(mean)")
            exchange.setHistory(index, candles)
        }
        for interval in ["1m", "3m", "5m", "15m"] {
            let query = "symbol=ETHUSDT&interval=\(interval)&limit=1500"
            let parameters = Parameters(query: Array(query.utf8), body: [])
            guard let endpoint = Endpoint.find("GET", "/fapi/v1/klines") else { continue }
            let answer = exchange.answer(endpoint, RestCall(parameters, account: nil))
            guard case .array(let rows)? = FlatJSON.parse(answer.body) else { continue }
            #expect(rows.count >= 500, "\(interval)")
        }
    }

    @Test(arguments: ["1000PEPEUSDT", "DOGEUSDT", "XVGUSDT"], [1, 7] as [UInt64])
    func `a contract that costs a fraction of a cent is played`(name: String, seed: UInt64) throws {
        let cheap = ["BTCUSDT", name].compactMap { Symbol($0) }.map(Instrument.listed)
        let made = SyntheticMarket.make(cheap, seed: seed, start: start, historyMinutes: 600)
        var market = made.market, exchange = Exchange(ExchangeConfiguration(instruments: cheap), start: start)
        for (index, candles) in made.history.enumerated() {
            exchange.setHistory(index, candles)
            exchange.setStatistics(index, made.statistics[index])
        }
        while let event = market.next(), event.time < start + 120_000 { exchange.process(event) }
        #expect(exchange.books[1].best != nil && exchange.books[1].openInterest > .zero)
        for path in ["klines", "openInterest", "ticker/24hr"] {
            let endpoint = try #require(Endpoint.find("GET", "/fapi/v1/\(path)"))
            let parameters = Parameters(query: Array("symbol=\(name)&interval=15m".utf8), body: [])
            let answer = exchange.answer(endpoint, RestCall(parameters, account: nil))
            #expect(answer.status == 200, "\(path)")
        }
    }

    @Test func `numbers beyond what a quantity holds stop at the greatest`() {
        let instrument = Instrument.fitting(
            ["XVGUSDT"].compactMap { Symbol($0) }[0], prices: [Price(raw: 650)], quantities: [Quantity(raw: fixedScale)]
        )
        var exchange = Exchange(ExchangeConfiguration(instruments: [instrument]), start: start)
        for step in 0..<Int64(400) {
            exchange.process(
                MarketEvent(
                    time: start + step * 3000, instrument: 0,
                    .trade(price: Price(raw: 650), quantity: Quantity(raw: 9_000_000_000_000_000_000), aggressor: .buy))
            )
        }
        #expect(exchange.now > start)
    }

    @Test func `followers move with the leader`() {
        var market = SyntheticMarket.make(instruments, seed: 5, start: start, historyMinutes: 60).market
        var prices: [[Double]] = instruments.map { _ in [] }
        var last = instruments.map { _ in 0.0 }
        var second = start.milliseconds / 1000
        while second < start.milliseconds / 1000 + 600, let event = market.next() {
            if case .trade(let price, _, _) = event.body { last[event.instrument] = price.double }
            if event.time.milliseconds / 1000 >= second + 10 {
                second += 10
                for index in last.indices { prices[index].append(last[index]) }
            }
        }
        func returns(_ prices: [Double]) -> [Double] { zip(prices, prices.dropFirst()).map { $1 / $0 - 1 } }
        let (first, other) = (returns(prices[0]), returns(prices[1]))
        let product = zip(first, other).reduce(0) { $0 + $1.0 * $1.1 }
        let size = first.reduce(0) { $0 + $1 * $1 } * other.reduce(0) { $0 + $1 * $1 }
        #expect(product / size.squareRoot() > 0.4)
    }

    @Test func `where a tick is a great part of the price, the price moves no more for that`() {
        let instruments = ["BTCUSDT", "LINKUSDT", "DOGEUSDT"].compactMap { Symbol($0) }.map(Instrument.listed)
        var market = SyntheticMarket.make(instruments, seed: 8, start: start, historyMinutes: 60).market
        var bounds: [[Int64: (low: Double, high: Double)]] = instruments.map { _ in [:] }
        let end = start + 8 * 60_000
        while let event = market.next(), event.time < end {
            guard case .trade(let price, _, _) = event.body else { continue }
            let minute = event.time.milliseconds / 60_000
            let before = bounds[event.instrument][minute] ?? (price.double, price.double)
            bounds[event.instrument][minute] = (min(before.low, price.double), max(before.high, price.double))
        }
        let ranges = bounds.map { $0.values.reduce(0) { $0 + ($1.high - $1.low) / $1.low } / Double($0.count) }
        for range in ranges.dropFirst() {
            #expect(range < ranges[0] * 2.5, "\(ranges)")
        }
    }
}
