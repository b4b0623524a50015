import ExchangeSimulator
import ExchangeSimulatorServer
import TradingPrimitives

/// Plays recordings and serves them until a signal comes. Returns the exit code.
func runRecorded(_ arguments: Arguments, _ log: Log) throws(UsageError) -> Int32 {
    let only = try symbols(arguments, "")
    var opened: (exchange: Exchange, source: RecordingSet.Source, files: [PlayedRecording])
    do throws(RecordingError) {
        let now = Timestamp(milliseconds: Clock.realMs())
        let recordings = try RecordingSet(arguments.all("data"), only: only, now: now)
        for file in recordings.files { tell(file, log) }
        let instruments = recordings.instruments()
        var source = recordings.source(instruments, isLooped: arguments.isSet("loop"))
        guard let start = source.nextTime() else { throw .empty }
        var configuration = ExchangeConfiguration(instruments: instruments)
        configuration.venueNumber = UInt64.random(in: 1 ... .max)
        var exchange = Exchange(configuration, start: start)
        try addHistory(&exchange, recordings, arguments, now: now, log)
        opened = (exchange, source, recordings.files)
    } catch {
        log.write(.error, error.description)
        return if case .notFound = error { 2 } else { 1 }
    }
    return try serve(opened.exchange, opened.source, mode: "recorded", recordings: opened.files, arguments, log)
}

/// Says what was found in a file, and what was strange.
private func tell(_ file: PlayedRecording, _ log: Log) {
    let report = file.report
    log.write(
        .info, "recording",
        [
            ("file", file.path), ("symbols", file.contents.symbols.map(\.name).joined(separator: ",")),
            ("rows", "\(report.rows)"), ("skipped", "\(report.skipped)"), ("doubled", "\(report.doubled)"),
            ("gaps", "\(report.gaps)"), ("missing", "\(report.missing)"), ("leaps", "\(report.leaps)"),
            ("from", "\(report.first ?? .zero)"), ("to", "\(report.last ?? .zero)"),
        ])
    for trouble in report.troubles {
        log.write(.warning, "strange in a recording", [("file", file.path), ("what", trouble.description)])
    }
    if report.doubled > 0 || report.gaps > 0 {
        let what =
            "\(report.doubled) rows that had been there before are left out; \(report.missing) are missing in \(report.gaps) places"
        log.write(.warning, "strange in a recording", [("file", file.path), ("what", what)])
    }
    if let what = file.missingOfDay {
        log.write(.warning, "strange in a recording", [("file", file.path), ("what", what)])
    }
}

/// Past candles of a recording: from tables, or synthetic ones where `--history synthetic` asks for them.
private func addHistory(
    _ exchange: inout Exchange, _ recordings: RecordingSet, _ arguments: Arguments, now: Timestamp, _ log: Log
) throws(RecordingError) {
    var tables: [Symbol: (path: String, candles: [MarketCandle])] = [:]
    var isSynthetic = false
    for path in arguments.all("history") {
        if path == "synthetic" {
            isSynthetic = true
            continue
        }
        let table = try RecordingSet.candles(path, now: now)
        tell(table.file, log)
        let symbol = table.file.contents.symbols[0]
        if !exchange.instruments.contains(where: { $0.symbol == symbol }) {
            log.write(.warning, "history is not used: no recording has its contract", [("file", path)])
        }
        if let other = tables[symbol] { throw .twice("candles", symbol, other.path, path) }
        tables[symbol] = (path, table.candles)
    }
    for (index, instrument) in exchange.instruments.enumerated() {
        let first = recordings.firstPrice(instrument.symbol)
        let table = tables[instrument.symbol]
        let made =
            table == nil && isSynthetic
            ? SyntheticMarket.make([instrument], seed: 1, start: exchange.now).history[0] : []
        let past = CandleTable.leading(
            table?.candles ?? made, to: exchange.now, price: first, tick: instrument.rules.tickSize,
            isMade: table == nil)
        if let table { try check(past, table.path, price: first) }
        tell(past, instrument.symbol, isMade: table == nil, log)
        exchange.setHistory(index, past.candles)
    }
}

/// A table of the same time joins in price, and one of another time is at least of a contract like this one.
private func check(_ past: CandleTable.Past, _ path: String, price: Price?) throws(RecordingError) {
    guard let scale = past.scale, let price, past.movedMs == 0 || !(0.1...10).contains(scale) else { return }
    throw .otherPast(path, "its last candle is \(price.double / scale), and the recording begins at \(price)")
}

private func tell(_ past: CandleTable.Past, _ symbol: Symbol, isMade: Bool, _ log: Log) {
    if past.candles.isEmpty {
        return log.write(
            .warning, "there is no past of this contract: engines that need one wait for it (--history)",
            [("symbol", symbol.name)])
    }
    var fields = [("symbol", symbol.name)]
    if past.movedMs != 0 { fields.append(("moved_hours", "\(past.movedMs / 3_600_000)")) }
    if let scale = past.scale { fields.append(("prices_times", "\((scale * 1e6).rounded() / 1e6)")) }
    if isMade {
        log.write(.info, "the past is synthetic, brought to the recording's first price", fields)
    } else if fields.count > 1 {
        log.write(.warning, "history does not lead up to the recording: moved", fields)
    }
}
