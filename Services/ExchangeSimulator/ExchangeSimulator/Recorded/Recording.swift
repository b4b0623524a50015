public import TradingPrimitives

/// What a file of market data holds, seen from its first lines.
public struct RecordingContents: Equatable, Sendable {
    public enum Form: Equatable, Sendable {
        /// Frames of WebSocket streams, one a line, with or without the time of receipt before it.
        case frames
        case trades, aggregateTrades, klines, fundingRates
    }

    public let form: Form
    /// Contracts in it; ascending by name.
    public let symbols: [Symbol]
    /// Contracts with books and with trades, to find two files with the same.
    public let books: [Symbol]
    public let trades: [Symbol]

    private static let linesToSee = 3000

    /// `name`: the file's name, whose part before the first `-` is the symbol of a table. Nil for an unknown form.
    public init?(_ lines: inout some LineSource, name: String) {
        let named = Symbol(name.prefix { $0 != "-" })
        guard let first = lines.withNextLine({ String(decoding: $0, as: UTF8.self) }) else { return nil }
        if let table = ArchiveTable(firstLine: first) {
            guard let named else { return nil }
            symbols = [named]
            books = []
            trades = table == .fundingRates ? [] : [named]
            form =
                switch table {
                case .trades: .trades
                case .aggregateTrades: .aggregateTrades
                case .klines: .klines
                case .fundingRates: .fundingRates
                }
            return
        }
        var seen = Seen()
        var isFrames = seen.look(first)
        for _ in 0..<Self.linesToSee {
            guard let found = lines.withNextLine({ seen.look(String(decoding: $0, as: UTF8.self)) }) else { break }
            isFrames = isFrames || found
        }
        guard isFrames else { return nil }
        form = .frames
        symbols = seen.symbols.isEmpty ? [named].compactMap(\.self) : seen.symbols.sorted()
        books = seen.books.sorted()
        trades = seen.trades.sorted()
        if symbols.isEmpty { return nil }
    }

    private struct Seen {
        var symbols: Set<Symbol> = []
        var books: Set<Symbol> = []
        var trades: Set<Symbol> = []

        mutating func look(_ line: String) -> Bool {
            guard let start = line.firstIndex(of: "{") else { return false }
            func value(_ key: String) -> Substring? {
                guard let range = line[start...].firstRange(of: "\"\(key)\":\"") else { return nil }
                return line[range.upperBound...].prefix { $0 != "\"" }
            }
            guard let name = value("s"), let symbol = Symbol(name) else { return true }
            symbols.insert(symbol)
            switch value("e") {
            case "depthUpdate", nil: books.insert(symbol)
            case "trade", "aggTrade": trades.insert(symbol)
            default: break
            }
            return true
        }
    }
}

/// Plays one file of market data.
public struct RecordingReader<Lines: LineSource>: MarketSource {
    private var lines: Lines
    private let form: RecordingContents.Form
    private let instrument: Int
    private var translator: FrameTranslator
    private var derived: [DerivedBook?]
    private var queue: [MarketEvent] = []
    private var queueStart = 0
    private var isEnded = false

    /// `needsBook`: contracts without any recorded book, which get a plausible one around their trades.
    public init(
        _ lines: Lines, _ contents: RecordingContents, instruments: [Instrument], needsBook: (Symbol) -> Bool
    ) {
        self.lines = lines
        form = contents.form
        let symbols = instruments.map(\.symbol)
        instrument = contents.symbols.first.flatMap { symbols.firstIndex(of: $0) } ?? 0
        translator = FrameTranslator(symbols, only: contents.symbols.count == 1 ? instrument : nil)
        derived = instruments.map {
            contents.trades.contains($0.symbol) && needsBook($0.symbol) ? DerivedBook($0) : nil
        }
    }

    /// Lines that could not be read, and places where a depth stream skips.
    public var malformed: Int { translator.malformed }
    public var gaps: Int { translator.gaps }

    public mutating func nextTime() -> Timestamp? {
        fill()
        return queueStart < queue.count ? queue[queueStart].time : nil
    }

    public mutating func next() -> MarketEvent? {
        fill()
        guard queueStart < queue.count else { return nil }
        queueStart += 1
        return queue[queueStart - 1]
    }

    private mutating func fill() {
        guard queueStart >= queue.count else { return }
        queue.removeAll(keepingCapacity: true)
        queueStart = 0
        while queue.isEmpty, !isEnded {
            if !Self.read(&lines, &translator, &queue, form, instrument) { isEnded = true }
            if derived.contains(where: { $0 != nil }) { addBooks() }
        }
    }

    /// Takes in one line; false at the end.
    private static func read(
        _ lines: inout Lines, _ translator: inout FrameTranslator, _ queue: inout [MarketEvent],
        _ form: RecordingContents.Form, _ instrument: Int
    ) -> Bool {
        let isRead: Void? = lines.withNextLine { line in
            switch form {
            case .frames:
                guard let start = line.firstIndex(of: UInt8(ascii: "{")) else { return }
                translator.translate(line, from: start) { queue.append($0) }
            default: row(line, form, instrument) { queue.append($0) }
            }
        }
        return isRead != nil
    }

    /// Puts a plausible book around trades that come without one.
    private mutating func addBooks() {
        let trades = queue
        queue.removeAll(keepingCapacity: true)
        for event in trades {
            queue.append(event)
            guard derived[event.instrument] != nil, case .trade(let price, _, let aggressor) = event.body,
                let book = derived[event.instrument]?.after(price, aggressor: aggressor)
            else { continue }
            queue.append(MarketEvent(time: event.time, instrument: event.instrument, book))
        }
    }

    private static func row(
        _ line: UnsafeRawBufferPointer, _ form: RecordingContents.Form, _ instrument: Int,
        _ emit: (MarketEvent) -> Void
    ) {
        let row = ArchiveRow(line)
        switch form {
        case .trades, .aggregateTrades:
            let isAggregated = form == .aggregateTrades
            guard let price = row.decimal(1, Price.self), let quantity = row.decimal(2, Quantity.self),
                let time = row.time(isAggregated ? 5 : 4), quantity > .zero
            else { return }
            let aggressor: Side = row.isTrue(isAggregated ? 6 : 5) ? .sell : .buy
            emit(
                MarketEvent(
                    time: time, instrument: instrument, .trade(price: price, quantity: quantity, aggressor: aggressor)))
        case .klines:
            if let candle = row.candle { walk(candle, instrument, emit) }
        case .fundingRates:
            guard let time = row.time(0), let rate = row.decimal(2, Ratio.self) else { return }
            emit(MarketEvent(time: time - 60_000, instrument: instrument, .fundingRate(rate)))
        case .frames: break
        }
    }

    /// A candle as trades: open, the extreme that lies against its direction, the other one, close.
    private static func walk(_ candle: Candle, _ instrument: Int, _ emit: (MarketEvent) -> Void) {
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
