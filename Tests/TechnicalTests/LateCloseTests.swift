import SignalContracts
import Technical
import TestSupport
import Testing
import TradingPrimitives

/// What E3 says where a minute changes, step by step.
struct LateCloseTests {
    /// An engine that knows a day and a half of candles of one contract, up to `end`.
    private struct Talk {
        var engine = Technical()
        let symbol: Symbol
        private let story: CandleStory
        private let candles: [CandleUpdate]
        let end: Timestamp
        private var number: UInt64 = 0

        init(minutes: Int = 1800) throws {
            symbol = try #require(Symbol("BTCUSDT"))
            story = CandleStory.random(seed: 12, minutes: minutes + 15)
            candles = story.entries(fetched: minutes + 15, updates: 0).map(\.candle)
            end = story.openTime(ofMinute: minutes)
            for candle in candles where candle.openTime + candle.timeframe.milliseconds <= end { hear(candle) }
        }

        @discardableResult
        mutating func hear(_ candle: CandleUpdate) -> TechnicalSignal? {
            number += 1
            let id = StreamId(milliseconds: 1_700_000_000_000 + number, sequence: 0)
            var said: TechnicalSignal?
            engine.process(TechnicalInput(symbol: symbol, id: id, candle: candle)) { said = $0.signal }
            return said
        }

        /// News of the candle of `timeframe` that begins so many minutes after `end`, told `ms` after `end`.
        mutating func tell(
            _ timeframe: Timeframe = .oneMinute, minute: Int64 = 0, at ms: Int64, isClosed: Bool = false
        ) throws -> TechnicalSignal {
            let candle = try #require(
                candles.first { $0.timeframe == timeframe && $0.openTime == end + minute * 60_000 })
            let said = hear(
                CandleUpdate(
                    eventTime: end + ms, timeframe: timeframe, openTime: candle.openTime, open: candle.open,
                    high: candle.high, low: candle.low, close: candle.close, volume: candle.volume, quoteVolume: .zero,
                    fillCount: 1, takerBuyVolume: .zero, isClosed: isClosed, isBackfill: false))
            return said ?? TechnicalSignal(cause: .zero, eventTime: .zero)
        }
    }

    @Test func `a minute that has ended stands until its close comes, also when the next one has begun`() throws {
        var talk = try Talk()
        _ = try talk.tell(.threeMinutes, at: 58_000)
        _ = try talk.tell(.fiveMinutes, at: 58_100)
        let before = try talk.tell(at: 59_500)
        #expect(before.isWarm)
        // The next minute's first news passes the close of this one.
        let next = try talk.tell(minute: 1, at: 60_300)
        #expect(next.isWarm && next.price == before.price && next.rsi == before.rsi)
        let later = try talk.tell(minute: 1, at: 61_200)
        #expect(later.isWarm && later.rsi == before.rsi)
        let closed = try talk.tell(at: 62_000, isClosed: true)
        #expect(closed.isWarm && closed.rsi != before.rsi)
    }

    @Test func `a close that does not come makes it cold when the grace is over, and warm again when it comes`() throws
    {
        var talk = try Talk()
        _ = try talk.tell(.threeMinutes, at: 58_000)
        _ = try talk.tell(.fiveMinutes, at: 58_100)
        _ = try talk.tell(at: 59_500)
        #expect(try talk.tell(minute: 1, at: 64_900).isWarm == true)
        let cold = try talk.tell(minute: 1, at: 65_000)
        #expect(!cold.isWarm && cold.direction == .neutral)
        #expect(try talk.tell(at: 66_000, isClosed: true).isWarm == true)
    }

    @Test(arguments: [Timeframe.threeMinutes, .fiveMinutes])
    func `so it is with the longer candles`(timeframe: Timeframe) throws {
        var talk = try Talk()
        let length = timeframe.milliseconds, minutes = length / 60_000
        let other: Timeframe = timeframe == .threeMinutes ? .fiveMinutes : .threeMinutes
        for minute in 0..<minutes {
            _ = try talk.tell(minute: minute, at: minute * 60_000 + 59_000)
            _ = try talk.tell(minute: minute, at: minute * 60_000 + 60_100, isClosed: true)
        }
        if other == .threeMinutes { _ = try talk.tell(other, at: 180_500, isClosed: true) }
        _ = try talk.tell(other, minute: other == .threeMinutes ? 3 : 0, at: length - 4000)
        _ = try talk.tell(timeframe, at: length - 1000)
        _ = try talk.tell(timeframe, minute: minutes, at: length + 700)
        #expect(try talk.tell(minute: minutes, at: length + 1500).isWarm == true)
        #expect(try talk.tell(timeframe, at: length + 2100, isClosed: true).isWarm == true)
        #expect(try talk.tell(minute: minutes, at: length + 3500).isWarm == true)
    }

    @Test func `the day's VWAP goes over with the first candle of the new day, not with the clock`() throws {
        // The story begins at a quarter past ten: so many minutes later it is midnight.
        let start = CandleStory.random(seed: 12, minutes: 1).openTime(ofMinute: 0)
        let toMidnight = Int((start.floored(to: 86_400_000) + 2 * 86_400_000 - start) / 60_000)
        var talk = try Talk(minutes: toMidnight - 1)
        _ = try talk.tell(.threeMinutes, minute: -2, at: 58_000)
        _ = try talk.tell(.fiveMinutes, minute: -4, at: 58_100)
        let before = try talk.tell(at: 59_500)
        #expect(before.isWarm && before.vwap != nil)
        #expect(try talk.tell(minute: 1, at: 60_300).vwap == before.vwap)
        let new = try talk.tell(at: 61_500, isClosed: true)
        #expect(new.isWarm && new.vwap != before.vwap)
        #expect(try #require(new.vwapDistance).magnitude < 0.01)
    }
}
