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
        recordings = try RecordingSet(
            arguments.all("data"), only: [], now: Timestamp(milliseconds: Clock.realMs()))
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
    var heard = recordings.lateness()
    var late = makeLate(instruments, seed: seed, start: start, minutes: minutes)
    compare(heard.report(), late.report())
    return 0
}

/// How late the frames of the synthetic market's first contract come.
private func makeLate(_ instruments: [Instrument], seed: UInt64, start: Timestamp, minutes: Int) -> LatenessMeter {
    let made = SyntheticMarket.make(instruments, seed: seed, start: start)
    var simulation = Simulation(Exchange(ExchangeConfiguration(instruments: instruments), start: start), made.market)
    var hub = StreamHub(lateness: Lateness(seed: seed))
    let name = instruments[0].symbol.lowercased
    let kinds = ["aggTrade", "markPrice@1s", "forceOrder"] + Timeframe.allCases.map { "kline_\($0.rawValue)" }
    hub.open(
        1, path: "/market/stream", query: "streams=" + kinds.map { "\(name)@\($0)" }.joined(separator: "/"),
        &simulation.exchange)
    hub.open(2, path: "/public/stream", query: "streams=\(name)@depth@100ms/\(name)@bookTicker", &simulation.exchange)
    var meter = LatenessMeter()
    for ms in 1...Int64(minutes) * 60_000 {
        _ = simulation.play(until: start + ms)
        hub.deliver(&simulation.exchange) { _, _, bytes in
            bytes.withUnsafeBytes { meter.take($0, receivedMs: Double((start + ms).milliseconds)) }
        }
    }
    return meter
}

private func compare(_ recorded: [LatenessMeter.Row], _ made: [LatenessMeter.Row]) {
    let shares = LatenessMeter.shares.map { "p\(Int($0 * 100))".padded(to: 8) }.joined()
    print("\n" + "frames late by, ms".padded(to: 43) + "frames".padded(to: 9) + "passed".padded(to: 9) + shares)
    for name in Set((recorded + made).map(\.name)).sorted() {
        for (whose, rows) in [("recorded", recorded), ("synthetic", made)] {
            guard let row = rows.first(where: { $0.name == name }) else { continue }
            let head = "\(row.count)".padded(to: 9) + text(row.overtaken).padded(to: 9)
            for (what, values) in [("told", row.publish), ("way", row.transport)] where !values.isEmpty {
                print(
                    "\(name), \(what), \(whose)".padded(to: 43) + head
                        + values.map { text($0).padded(to: 8) }.joined())
            }
        }
    }
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
