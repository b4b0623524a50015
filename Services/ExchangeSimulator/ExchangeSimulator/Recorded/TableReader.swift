import TradingPrimitives

/// What one row of a table tells.
struct TableRow {
    enum Body {
        case trade(price: Price, quantity: Quantity, aggressor: Side)
        case candle(MarketCandle)
        case fundingRate(Ratio)
    }

    let time: Timestamp
    let body: Body
}

/// Reads a table row by row: what can't be read or can't be true is left out and told.
struct TableReader<Lines: LineSource> {
    private var lines: Lines
    private let table: ArchiveTable
    private var sieve: RowSieve<TableRow>
    private var lineCount = 0
    /// Of the first row; all have as many.
    private var columnCount: Int?
    private var hasEnded = false

    var report: RecordingReport { sieve.report }

    init(_ lines: Lines, _ table: ArchiveTable, _ times: RecordedTimes) {
        (self.lines, self.table) = (lines, table)
        // Rates come each four or eight hours, and two may be missing.
        sieve = RowSieve(times, leapMs: table == .fundingRates ? 86_400_000 : 3_600_000)
    }

    /// Takes in one line; false at the end.
    mutating func read(_ emit: (TableRow) -> Void) -> Bool {
        if hasEnded { return false }
        lineCount += 1
        if Self.readLine(&lines, lineCount, table, &columnCount, &sieve, emit) { return true }
        hasEnded = true
        sieve.finish(emit)
        judgeEnd()
        return false
    }

    /// Apart from `self`, of which a closure could take only all.
    private static func readLine(
        _ lines: inout Lines, _ number: Int, _ table: ArchiveTable, _ columnCount: inout Int?,
        _ sieve: inout RowSieve<TableRow>, _ emit: (TableRow) -> Void
    ) -> Bool {
        lines.withNextLine { take($0, number, table, &columnCount, &sieve, emit) } != nil
    }

    private static func take(
        _ line: UnsafeRawBufferPointer, _ number: Int, _ table: ArchiveTable, _ columnCount: inout Int?,
        _ sieve: inout RowSieve<TableRow>, _ emit: (TableRow) -> Void
    ) {
        guard let first = line.first, first != 13 else { return }
        // Files that were put one after the other have several.
        let isWord = first > UInt8(ascii: "9") || first == UInt8(ascii: "\"")
        if isWord, ArchiveTable(header: String(decoding: line, as: UTF8.self)) != nil { return }
        let row = ArchiveRow(line)
        guard row.count == columnCount ?? row.count, let (told, mark) = read(row, number, table) else {
            let columns = table.columns.joined(separator: ", ")
            return sieve.report.skip(
                number, RecordingTrouble.excerpt(line),
                "expected \(columnCount ?? table.columns.count) cells: \(columns)")
        }
        columnCount = row.count
        if case .candle = told.body, let why = stepTrouble(row, told.time) {
            return sieve.report.skip(number, RecordingTrouble.excerpt(line), why)
        }
        sieve.take(told, mark, line, emit)
    }

    private static func read(
        _ row: ArchiveRow, _ number: Int, _ table: ArchiveTable
    ) -> (told: TableRow, mark: RowMark)? {
        switch table {
        case .trades, .aggregateTrades:
            let isAggregated = table == .aggregateTrades
            guard let id = row.integer(0), let price = row.decimal(1, Price.self),
                let quantity = row.decimal(2, Quantity.self), let time = row.time(isAggregated ? 5 : 4),
                let isBuyerMaker = row.bool(isAggregated ? 6 : 5), price > .zero, quantity > .zero,
                price * quantity < RecordedFrame.notionalMax
            else { return nil }
            return (
                TableRow(
                    time: time,
                    body: .trade(price: price, quantity: quantity, aggressor: isBuyerMaker ? .sell : .buy)),
                RowMark(line: number, id: id, time: time, price: price)
            )
        case .klines:
            guard let candle = row.candle else { return nil }
            // Its minute is its id.
            let mark = RowMark(
                line: number, id: candle.openTime.milliseconds / 60_000, time: candle.openTime, price: candle.close)
            return (TableRow(time: candle.openTime, body: .candle(candle)), mark)
        case .fundingRates:
            guard let time = row.time(0), let rate = row.decimal(2, Ratio.self), rate.magnitude <= Ratio(raw: 5_000_000)
            else { return nil }
            return (
                TableRow(time: time, body: .fundingRate(rate)), RowMark(line: number, id: nil, time: time, price: nil)
            )
        }
    }

    /// Why a candle is none of a minute; nil when it is, or does not tell.
    private static func stepTrouble(_ row: ArchiveRow, _ openTime: Timestamp) -> String? {
        if openTime.milliseconds % 60_000 != 0 {
            return "a candle of one minute begins with it, this one at \(openTime)"
        }
        guard row.count > 6, let closeTime = row.time(6), closeTime - openTime != 59_999, closeTime - openTime != 60_000
        else { return nil }
        return "expected candles of one minute, this one is of \((closeTime - openTime + 500) / 1000) seconds"
    }

    private mutating func judgeEnd() {
        // Rows that waited were told of later.
        sieve.report.troubles.sort { $0.line < $1.line }
        if lines.isLineOpen, let last = report.troubles.last, last.line == lineCount - 1 {
            sieve.report.refuse(last.line, last.text, "the file ends inside this line: it was cut")
        }
        if table == .klines, report.rows > 2, report.gaps > report.rows / 2 {
            let (first, last) = (report.firstId ?? 0, report.lastId ?? 0)
            let step = (last - first) / Int64(report.rows - 1)
            sieve.report.refuse(1, "its times", "expected candles of one minute, these are about \(step) minutes apart")
        }
    }
}
