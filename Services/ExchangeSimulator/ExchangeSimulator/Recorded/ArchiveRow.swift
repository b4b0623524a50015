import TradingPrimitives

/// The cells of one CSV row.
struct ArchiveRow {
    let line: UnsafeRawBufferPointer
    private var cells: [Range<Int>] = []

    init(_ line: UnsafeRawBufferPointer) {
        self.line = line
        var start = 0
        let end = line.last == 13 ? line.count - 1 : line.count
        for index in 0..<end where line[index] == UInt8(ascii: ",") {
            cells.append(trimmed(start..<index))
            start = index + 1
        }
        cells.append(trimmed(start..<end))
    }

    var count: Int { cells.count }

    /// Without spaces and quotes around it.
    private func trimmed(_ cell: Range<Int>) -> Range<Int> {
        func isPadding(_ byte: UInt8) -> Bool { byte == 32 || byte == UInt8(ascii: "\"") }
        var (start, end) = (cell.lowerBound, cell.upperBound)
        while start < end, isPadding(line[start]) { start += 1 }
        while start < end, isPadding(line[end - 1]) { end -= 1 }
        return start..<end
    }

    func decimal<Value: FixedDecimal>(_ cell: Int, _: Value.Type) -> Value? {
        guard cell < cells.count else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: line[cells[cell]])
        return Value(ascii: text)
            ?? Double(String(decoding: text, as: UTF8.self)).flatMap { Value($0, rounding: .nearest) }
    }

    func integer(_ cell: Int) -> Int64? {
        guard cell < cells.count else { return nil }
        return Int64(String(decoding: line[cells[cell]], as: UTF8.self))
    }

    func time(_ cell: Int) -> Timestamp? { integer(cell).map { Timestamp(ofAnyUnit: $0) } }

    /// Nil for anything but a whole word, so that one that was cut is not taken for another.
    func bool(_ cell: Int) -> Bool? {
        guard cell < cells.count else { return nil }
        switch String(decoding: line[cells[cell]], as: UTF8.self).lowercased() {
        case "true", "1": return true
        case "false", "0": return false
        default: return nil
        }
    }

    /// A row of the klines table; those with seven columns have no taker volume. Nil also for one that can't be.
    var candle: MarketCandle? {
        guard let time = time(0), let open = decimal(1, Price.self), let high = decimal(2, Price.self),
            let low = decimal(3, Price.self), let close = decimal(4, Price.self),
            let volume = decimal(5, Quantity.self), low > .zero, low <= min(open, close), max(open, close) <= high,
            volume >= .zero
        else { return nil }
        var candle = MarketCandle(openTime: time, price: open)
        (candle.high, candle.low, candle.close, candle.volume) = (high, low, close, volume)
        let middle = Price.middle(of: open, and: close)
        candle.quoteVolume = decimal(7, Notional.self) ?? middle * volume
        candle.trades = integer(8) ?? 0
        candle.takerVolume = decimal(9, Quantity.self) ?? Quantity(raw: volume.raw / 2)
        candle.takerQuoteVolume = decimal(10, Notional.self) ?? middle * candle.takerVolume
        return candle
    }
}
