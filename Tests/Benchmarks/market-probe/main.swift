import ExchangeSimulator
import SignalContracts
import TradingPrimitives

// What the engines read in the synthetic market: how often each state of E4 and E5 holds, second by second, and how
// often strategy C's trigger does. Usage: market-probe [hours] [first seed] [seeds]. Spreads: least, 5, 25, 50, 75, 95 %,
// greatest.

let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
let hours = numbers.first ?? 2
let firstSeed = numbers.dropFirst().first ?? 1
let seedCount = numbers.dropFirst(2).first ?? 3
let start = Timestamp(milliseconds: 1_723_161_240_000)
let instruments = ["BTCUSDT", "ETHUSDT"].compactMap { Symbol($0) }.map(Instrument.listed)

func note(_ engines: Engines, _ book: InstrumentBook, _ shares: inout Shares) {
    shares.sample()
    shares.measure("open interest", book.openInterest.double)
    shares.measure("price", book.markPrice.double)
    if let state = engines.state, state.isWarm {
        shares.note("E5 \(state.regime.rawValue)")
        shares.note("E5 \(state.volatilityPhase.rawValue)")
    } else {
        shares.note("E5 cold")
    }
    guard let mood = engines.mood, mood.isWarm else { return shares.note("E4 cold") }
    shares.note("E4 \(mood.direction.rawValue)")
    shares.note("E4 reading \(mood.openInterestReading?.rawValue ?? "none")")
    shares.note("E4 funding \(mood.fundingSignal?.rawValue ?? "none")")
    shares.note("E4 long_ratio > 0.70", mood.longRatio ?? 0 > 0.70)
    shares.note("E4 short_ratio > 0.65", mood.shortRatio ?? 0 > 0.65)
    shares.note("E4 top_trader > 0.60", mood.topTraderLong ?? 0.5 > 0.60)
    shares.note("E4 top_trader < 0.40", mood.topTraderLong ?? 0.5 < 0.40)
    if let change = mood.openInterestChange {
        shares.measure("oi_change_pct", change)
        shares.note("E4 oi change beyond 0.05", abs(change) > 0.05)
        shares.note("E4 oi change below -0.5", change < -0.5)
    }
    shares.measure("long_ratio", mood.longRatio ?? 0)
    shares.measure("funding_rate", mood.fundingRate ?? 0)
    let isNear = mood.liquidationProximity ?? 0 > 0.70
    shares.note("E4 liq_proximity > 0.70", isNear)
    guard isNear, let tape = engines.tape else { return }
    let isTowards = tape.direction == (mood.clusterDirection == .above ? .long : .short)
    shares.note("C: near + volume spike", tape.volumeSpike)
    shares.note("C: near + volume spike + momentum", tape.volumeSpike && isTowards)
    shares.note(
        "C: near + spike + momentum + oi falls + big trade",
        tape.volumeSpike && isTowards && tape.bigTrade && mood.openInterestChange ?? 0 < 0)
}

for seed in firstSeed..<firstSeed + seedCount {
    let made = SyntheticMarket.make(instruments, seed: UInt64(seed), start: start)
    var exchange = Exchange(ExchangeConfiguration(instruments: instruments), start: start)
    var engines: [Engines] = []
    for (index, candles) in made.history.enumerated() {
        exchange.setHistory(index, candles)
        exchange.setStatistics(index, made.statistics[index])
        engines.append(Engines(index, instruments[index], history: candles))
    }
    var simulation = Simulation(exchange, made.market)
    var shares = instruments.map { _ in Shares() }
    for second in 0..<Int64(hours) * 3600 {
        let now = start + (second + 1) * 1000
        _ = simulation.play(until: now)
        let events = simulation.exchange.takeEvents()
        for index in engines.indices {
            for event in events { engines[index].take(event) }
            engines[index].poll(simulation.exchange.books[index], at: now, isFirst: second == 0)
            note(engines[index], simulation.exchange.books[index], &shares[index])
        }
    }
    for index in engines.indices {
        print("seed \(seed) \(engines[index].symbol), \(hours) h")
        print("  liquidations: \(engines[index].liquidations), \(Int(engines[index].liquidatedValue)) USDT")
        for line in shares[index].lines { print(line) }
    }
}
