import ExchangeSimulator
import ExchangeSimulatorServer
import TradingPrimitives

/// Prints what is typical of recordings beside what is typical of the synthetic market. Returns the exit code.
func calibrate(_ words: some Sequence<String>) throws(UsageError) -> Int32 {
    let arguments = try Arguments(words, values: ["data", "seed", "minutes"], flags: [])
    let seed: UInt64 = try arguments.value("seed", 1)
    let minutes = try arguments.integer("minutes", 30, in: 1...1440)
    let recordings: RecordingSet
    do throws(RecordingError) {
        recordings = try RecordingSet(arguments.all("data"), only: [])
    } catch {
        complain(error.description)
        return if case .notFound = error { 2 } else { 1 }
    }
    let instruments = recordings.instruments()
    let start = Timestamp(milliseconds: 1_723_161_240_000)
    let recorded = measure(recordings.source(instruments, isLooped: false), instruments, until: nil)
    let made = SyntheticMarket.make(instruments, seed: seed, start: start)
    let synthetic = measure(made.market, instruments, until: start + Int64(minutes) * 60_000)
    for (index, instrument) in instruments.enumerated() {
        print(
            "\n\(instrument.symbol)".padded(to: 44) + "recorded".padded(to: 14)
                + "synthetic (\(minutes) min, seed \(seed))")
        for (left, right) in zip(recorded[index].report(), synthetic[index].report()) {
            print(left.name.padded(to: 43) + text(left.value).padded(to: 14) + text(right.value))
        }
    }
    return 0
}

private func measure(
    _ source: some MarketSource, _ instruments: [Instrument], until end: Timestamp?
) -> [MarketMeter] {
    var source = source
    var meters = instruments.enumerated().map { MarketMeter($0.offset, $0.element) }
    guard let start = source.nextTime() else { return meters }
    var exchange = Exchange(ExchangeConfiguration(instruments: instruments), start: start)
    while let time = source.nextTime(), time <= end ?? time, let event = source.next() {
        exchange.process(event)
        for told in exchange.takeEvents() {
            for index in meters.indices { meters[index].take(told) }
        }
    }
    return meters
}

private func text(_ value: Double) -> String {
    let decimals = abs(value) >= 100 ? 10.0 : abs(value) >= 1 ? 100 : 10_000
    return "\((value * decimals).rounded() / decimals)"
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
