import Regime
import SignalContracts
import TestSupport
import TradingPrimitives

/// 3m candles and books of two contracts that move together for a while, and then do not.
struct RegimeStory {
    let inputs: [RegimeInput]
    static let names = ["BTCUSDT", "ETHUSDT"]

    /// `fetched` minutes of candles come after the fact, then `minutes` live ones with a book about every second.
    static func random(seed: UInt64, fetched: Int = 1500, minutes: Int) -> RegimeStory {
        let candles = names.indices.map {
            CandleStory.random(seed: seed &* 7 &+ UInt64($0), minutes: fetched + minutes)
        }
        return RegimeStory(candles, seed: seed, fetched: fetched, minutes: minutes)
    }

    /// The same with recorded candles.
    static func recorded(fromRow row: Int, fetched: Int = 1500, minutes: Int) throws -> RegimeStory {
        let candles = try names.map {
            try CandleStory.recorded(
                "klines/\($0)-1m-2025-05-04_2025-06-24.csv.gz", rows: row..<(row + fetched + minutes))
        }
        return RegimeStory(candles, seed: UInt64(row), fetched: fetched, minutes: minutes)
    }

    private init(_ candles: [CandleStory], seed: UInt64, fetched: Int, minutes: Int) {
        var random = SplitMix64(seed: seed)
        let symbols = Self.names.compactMap { Symbol($0) }
        var events: [(time: Timestamp, symbol: Symbol, event: RegimeInput.Event)] = []
        for (symbol, story) in zip(symbols, candles) {
            for (_, candle) in story.entries(fetched: fetched, updates: 1, seed: seed)
            where candle.timeframe == .threeMinutes { events.append((candle.eventTime, symbol, .candle(candle))) }
        }
        let start = candles[0].openTime(ofMinute: fetched)
        for (time, symbol, book) in Self.books(symbols, from: start, minutes: minutes, &random) {
            events.append((time, symbol, .book(book)))
        }
        let order = events.indices.sorted { (events[$0].time, $0) < (events[$1].time, $1) }
        inputs = order.enumerated().map { number, index in
            let id = StreamId(milliseconds: 1_700_000_000_000 + UInt64(number), sequence: 0)
            return RegimeInput(symbol: events[index].symbol, id: id, event: events[index].event)
        }
    }

    private static func books(
        _ symbols: [Symbol], from start: Timestamp, minutes: Int, _ random: inout SplitMix64
    ) -> [(Timestamp, Symbol, BookUpdate)] {
        var books: [(Timestamp, Symbol, BookUpdate)] = []
        var mids = [600_000.0, 30_000.0]
        var number: Int64 = 0
        for second in 0..<(minutes * 60) {
            let common = random.uniform() - 0.5
            let isTogether = second < 1500 || (5000..<7000).contains(second)
            for (index, symbol) in symbols.enumerated() {
                let own = random.uniform() - 0.5
                mids[index] *= 1 + 0.0003 * (isTogether ? common + 0.1 * own : own)
                // Now and then nothing comes for a while.
                let isSilent = (second / 20) % 40 == 17 + index
                guard !isSilent, random.next() % 20 != 0 else { continue }
                let jitter = random.next() % 3 == 0 ? 0 : Int64(random.next() % 1000)
                let time = start + Int64(second) * 1000 + jitter
                let bid = Int64(mids[index]), wide = random.next() % 30 == 0
                let ask =
                    bid + (wide ? Int64(random.next() % 120) : 1 + Int64(random.next() % 3)) - (second == 700 ? 9 : 0)
                number += 1
                books.append((time, symbol, book(time, number, bid: bid, ask: random.next() % 300 == 0 ? nil : ask)))
            }
        }
        return books
    }

    private static func book(_ time: Timestamp, _ number: Int64, bid: Int64, ask: Int64?) -> BookUpdate {
        func side(_ price: Int64?) -> BookSide {
            BookSide(price.map { [BookLevel(price: Price(raw: $0 * 10_000_000), quantity: Quantity(raw: 1))] } ?? [])
        }
        return BookUpdate(eventTime: time, updateId: number, bids: side(bid), asks: side(ask))
    }

    /// What the filter says, in order.
    func signals(_ configuration: RegimeConfiguration = .standard) -> [RegimeOutput] {
        var filter = RegimeFilter(configuration), outputs: [RegimeOutput] = []
        for input in inputs { filter.hear(input) { outputs.append($0) } }
        return outputs
    }
}

extension RegimeFilter {
    /// Takes an input in, and reads back what it says of it, as the streams give it back.
    mutating func hear(_ input: RegimeInput, _ body: (RegimeOutput) -> Void) {
        var said: [RegimeOutput] = []
        process(input) { said.append($0) }
        for output in said {
            body(output)
            process(RegimeInput(symbol: output.symbol, id: input.id, event: .signal(output.signal))) { body($0) }
        }
    }
}

extension RegimeConfiguration {
    static var standard: RegimeConfiguration {
        var configuration = RegimeConfiguration()
        if let first = Symbol("BTCUSDT"), let second = Symbol("ETHUSDT") { configuration.references = (first, second) }
        return configuration
    }
}
