import TradingPrimitives

/// Which of the venue's archive tables a CSV file is.
enum ArchiveTable: Sendable {
    case trades, aggregateTrades, klines, fundingRates

    /// By the header, or by the form of a first row without one.
    init?(firstLine: String) {
        let cells = firstLine.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        switch cells.first {
        case "agg_trade_id": self = .aggregateTrades
        case "id": self = .trades
        case "open_time": self = .klines
        case "calc_time": self = .fundingRates
        default:
            guard cells.count >= 6, cells.allSatisfy({ Double($0) != nil || Bool($0.lowercased()) != nil }) else {
                return nil
            }
            if Bool(cells[cells.count - 1].lowercased()) != nil {
                self = cells.count == 7 ? .aggregateTrades : .trades
            } else {
                self = .klines
            }
        }
    }
}

/// The cells of one CSV row.
struct ArchiveRow {
    let line: UnsafeRawBufferPointer
    private var cells: [Range<Int>] = []

    init(_ line: UnsafeRawBufferPointer) {
        self.line = line
        var start = 0
        let end = line.last == 13 ? line.count - 1 : line.count
        for index in 0..<end where line[index] == UInt8(ascii: ",") {
            cells.append(start..<index)
            start = index + 1
        }
        cells.append(start..<end)
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

    func time(_ cell: Int) -> Timestamp? { integer(cell).map { Timestamp(milliseconds: $0) } }

    func isTrue(_ cell: Int) -> Bool {
        guard cell < cells.count, let first = line[cells[cell]].first else { return false }
        return first == UInt8(ascii: "t") || first == UInt8(ascii: "T")
    }

    /// A row of the klines table; those with seven columns have no taker volume.
    var candle: Candle? {
        guard let time = time(0), let open = decimal(1, Price.self), let high = decimal(2, Price.self),
            let low = decimal(3, Price.self), let close = decimal(4, Price.self), let volume = decimal(5, Quantity.self)
        else { return nil }
        var candle = Candle(openTime: time, price: open)
        (candle.high, candle.low, candle.close, candle.volume) = (high, low, close, volume)
        let middle = Price(raw: (open.raw + close.raw) / 2)
        candle.quoteVolume = decimal(7, Notional.self) ?? middle * volume
        candle.trades = integer(8) ?? 0
        candle.takerVolume = decimal(9, Quantity.self) ?? Quantity(raw: volume.raw / 2)
        candle.takerQuoteVolume = decimal(10, Notional.self) ?? middle * candle.takerVolume
        return candle
    }
}
