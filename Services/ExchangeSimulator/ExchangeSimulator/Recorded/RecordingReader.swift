public import TradingPrimitives

/// Plays one file of market data.
public struct RecordingReader<Lines: LineSource>: MarketSource {
    /// One of the two.
    private var table: TableReader<Lines>?
    private var frames: FrameReader<Lines>?
    private let instrument: Int
    private var derived: [DerivedBook?]
    private var queue = EventQueue()
    private var isEnded = false

    /// `times`: what of it can be true. `needsBook`: contracts without any recorded book, which get a plausible one around
    /// their trades.
    public init(
        _ lines: Lines, _ contents: RecordingContents, instruments: [Instrument], times: RecordedTimes,
        needsBook: (Symbol) -> Bool
    ) {
        let symbols = instruments.map(\.symbol)
        instrument = contents.symbols.first.flatMap { symbols.firstIndex(of: $0) } ?? 0
        if let form = contents.form.table {
            table = TableReader(lines, form, times)
        } else {
            frames = FrameReader(lines, symbols, only: contents.symbols.count == 1 ? instrument : nil, times)
        }
        derived = instruments.map {
            contents.trades.contains($0.symbol) && needsBook($0.symbol) ? DerivedBook($0) : nil
        }
    }

    /// What was found up to here.
    public var report: RecordingReport { table?.report ?? frames?.report ?? RecordingReport() }

    public mutating func nextTime() -> Timestamp? {
        fill()
        return queue.nextTime
    }

    public mutating func next() -> MarketEvent? {
        fill()
        return queue.next()
    }

    private mutating func fill() {
        while queue.isEmpty, !isEnded {
            isEnded = !Self.read(&table, &frames, &queue, instrument)
            if derived.contains(where: { $0 != nil }) { addBooks() }
        }
    }

    /// Takes in one line; false at the end.
    private static func read(
        _ table: inout TableReader<Lines>?, _ frames: inout FrameReader<Lines>?, _ queue: inout EventQueue,
        _ instrument: Int
    ) -> Bool {
        table?.read { row in play(row, instrument) { queue.append($0) } } ?? frames?.read { queue.append($0) } ?? false
    }

    /// Puts a plausible book around trades that come without one.
    private mutating func addBooks() {
        for event in queue.takeAll() {
            queue.append(event)
            guard derived[event.instrument] != nil, case .trade(let price, _, let aggressor) = event.body,
                let book = derived[event.instrument]?.after(price, aggressor: aggressor)
            else { continue }
            queue.append(MarketEvent(time: event.time, instrument: event.instrument, book))
        }
    }

    private static func play(_ row: TableRow, _ instrument: Int, _ emit: (MarketEvent) -> Void) {
        switch row.body {
        case .trade(let price, let quantity, let aggressor):
            emit(
                MarketEvent(
                    time: row.time, instrument: instrument,
                    .trade(price: price, quantity: quantity, aggressor: aggressor)))
        case .candle(let candle): walk(candle, instrument, emit)
        case .fundingRate(let rate):
            emit(MarketEvent(time: row.time - 60_000, instrument: instrument, .fundingRate(rate)))
        }
    }

    /// A candle as trades: open, the extreme that lies against its direction, the other one, close.
    private static func walk(_ candle: MarketCandle, _ instrument: Int, _ emit: (MarketEvent) -> Void) {
        let isRise = candle.close >= candle.open
        let prices = [candle.open, isRise ? candle.low : candle.high, isRise ? candle.high : candle.low, candle.close]
        let quantity = Quantity(raw: candle.volume.raw / 4)
        var last = candle.open
        for (part, price) in prices.enumerated() where quantity > .zero {
            let aggressor: Side = price > last || (price == last && isRise) ? .buy : .sell
            emit(
                MarketEvent(
                    time: candle.openTime + Int64(part) * 19_900, instrument: instrument,
                    .trade(price: price, quantity: quantity, aggressor: aggressor)))
            last = price
        }
    }
}
