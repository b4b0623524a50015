import Regime
import SignalContracts
import TestSupport
import Testing
import TradingPrimitives

/// What E5 says where a candle ends and its close has not come yet, step by step.
struct LateCloseTests {
    /// A filter that knows a day of 3m candles of one contract.
    private struct Talk {
        var filter = RegimeFilter(.standard)
        let symbol: Symbol
        /// The moment at which the newest of the known candles ended.
        let end: Timestamp
        private(set) var heard: [RegimeInput] = []
        private let candles: [CandleUpdate]
        private var number: Int64 = 0

        init(closed: Int = 480) throws {
            symbol = try #require(Symbol("BTCUSDT"))
            candles = CandleStory.random(seed: 4, minutes: 1700).entries(fetched: 1700, updates: 0).map(\.candle).filter
            {
                $0.timeframe == .threeMinutes
            }
            end = candles[closed].openTime
            for candle in candles[..<closed] { hear(.candle(candle)) }
        }

        @discardableResult
        mutating func hear(_ event: RegimeInput.Event) -> RegimeSignal? {
            number += 1
            let id = StreamId(milliseconds: 1_700_000_000_000 + UInt64(number), sequence: 0)
            let input = RegimeInput(symbol: symbol, id: id, event: event)
            heard.append(input)
            var said: RegimeSignal?
            filter.process(input) { said = $0.signal }
            return said
        }

        /// A book so many milliseconds after `end`.
        @discardableResult
        mutating func book(_ ms: Int64) -> RegimeSignal? {
            func side(_ price: Int64) -> BookSide {
                BookSide([BookLevel(price: Price(raw: price * fixedScale), quantity: Quantity(raw: fixedScale))])
            }
            return hear(
                .book(
                    BookUpdate(eventTime: end + ms, updateId: number, bids: side(60_000), asks: side(60_001))))
        }

        /// What a book sets off that must set something off.
        mutating func signal(_ ms: Int64) throws -> RegimeSignal {
            let said = book(ms)
            return try #require(said)
        }

        /// The close of the candle that begins at `end`, told so many milliseconds after it has ended.
        mutating func close(lateMs: Int64) throws {
            let candle = try #require(candles.first { $0.openTime == end })
            hear(
                .candle(
                    CandleUpdate(
                        eventTime: end + 180_000 + lateMs, timeframe: .threeMinutes, openTime: end, open: candle.open,
                        high: candle.high, low: candle.low, close: candle.close, volume: candle.volume,
                        quoteVolume: .zero, fillCount: 1, takerBuyVolume: .zero, isClosed: true, isBackfill: false)))
        }
    }

    @Test func `a close that comes within the grace has not been missing`() throws {
        var talk = try Talk()
        let before = try talk.signal(150_000)
        #expect(before.isTradeable && before.adx != nil)
        // Books come ten times a second, the close 1.9 s after its candle has ended.
        for ms in stride(from: Int64(180_000), through: 181_900, by: 100) {
            guard let signal = talk.book(ms) else { continue }
            #expect(signal.isTradeable && signal.reason == nil && signal.adx == before.adx)
        }
        try talk.close(lateMs: 1900)
        let after = try talk.signal(182_000)
        #expect(after.isTradeable && after.adx != before.adx)
        let silent = talk.book(182_100)
        #expect(silent == nil)
    }

    @Test func `a close that does not come is told when the grace is over, and no more once it has come`() throws {
        var talk = try Talk()
        talk.book(150_000)
        for ms in stride(from: Int64(180_000), to: 185_000, by: 100) {
            if let signal = talk.book(ms) { #expect(signal.isTradeable) }
        }
        let stale = try talk.signal(185_000)
        #expect(!stale.isTradeable && stale.reason == "candles_stale")
        talk.book(187_000)
        try talk.close(lateMs: 7100)
        // Not only at the next half minute.
        let after = try talk.signal(187_200)
        #expect(after.isTradeable && after.reason == nil)
    }

    @Test func `two closes that are missing are not waited for`() throws {
        var talk = try Talk()
        talk.book(150_000)
        let signal = try talk.signal(360_100)
        #expect(signal.reason == "candles_stale")
    }

    @Test func `where nothing is late the evaluation is made at the first book of the half minute`() throws {
        var talk = try Talk()
        let before = try talk.signal(150_000)
        try talk.close(lateMs: 0)
        let after = try talk.signal(180_000)
        #expect(after.isTradeable && after.adx != before.adx)
    }

    /// A successor reads a day of candles and the books of the last 65 seconds, in the order of their ids.
    @Test(arguments: [Int64(0), 400, 1900, 4900, 5000, 8000, 25_000])
    func `a successor says what would have been said without it, wherever it takes over`(lateMs: Int64) throws {
        var whole = try Talk()
        var said: [(place: Int, signal: RegimeSignal)] = []
        var isClosed = false
        for ms in stride(from: Int64(95_000), through: 215_000, by: 100) {
            if !isClosed, ms > 180_000 + lateMs {
                isClosed = true
                try whole.close(lateMs: lateMs)
            }
            if let signal = whole.book(ms) { said.append((whole.heard.count - 1, signal)) }
        }
        let inputs = whole.heard
        for takeOver in stride(from: inputs.count - 900, to: inputs.count, by: 37) {
            var successor = RegimeFilter(.standard)
            let now = inputs[takeOver...].lazy.compactMap(time).first ?? whole.end
            for input in inputs[..<takeOver] {
                if let time = time(input), now - time > 65_000 { continue }
                successor.process(input) { _ in }
            }
            var again: [RegimeSignal] = []
            for input in inputs[takeOver...] { successor.process(input) { again.append($0.signal) } }
            let expected = said.filter { $0.place >= takeOver }.map(\.signal)
            #expect(again == expected, "from \(now - whole.end) ms on")
        }
    }

    private func time(_ input: RegimeInput) -> Timestamp? {
        if case .book(let book) = input.event { book.eventTime } else { nil }
    }
}
