import SignalContracts
import Technical
import TestSupport
import Testing
import TradingPrimitives

/// What holds of E3 whatever the market does.
struct TechnicalPropertyTests {
    private func signals(
        _ entries: [(id: StreamId, candle: CandleUpdate)]
    ) throws -> [TechnicalSignal] {
        let symbol = try #require(Symbol("BTCUSDT"))
        var engine = Technical(), signals: [TechnicalSignal] = []
        for (id, candle) in entries {
            engine.process(TechnicalInput(symbol: symbol, id: id, candle: candle)) { signals.append($0.signal) }
        }
        return signals
    }

    private func numbers(_ signal: TechnicalSignal) -> [Double] {
        [
            signal.strength, signal.reversionStrength, signal.emaSlope3m, signal.rsi, signal.macdHistogram,
            signal.bollingerUpper, signal.bollingerMiddle, signal.bollingerLower, signal.vwap, signal.vwapDistance,
            signal.atr, signal.price,
        ].compactMap(\.self)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `strengths are shares, and once warm everything is known`(seed: UInt64) throws {
        let signals = try signals(CandleStory.random(seed: seed, minutes: 1900).entries(fetched: 1500, updates: 2))
        #expect(signals.contains { $0.direction == .long } && signals.contains { $0.direction == .short })
        #expect(signals.contains { $0.reversionDirection != .neutral })
        for signal in signals {
            #expect(0...1 ~= signal.strength && 0...1 ~= signal.reversionStrength)
            #expect(numbers(signal).allSatisfy { $0.isFinite })
            guard signal.isWarm else {
                #expect(signal.direction == .neutral && signal.strength == 0 && signal.reversionStrength == 0)
                continue
            }
            #expect(signal.rsi != nil && signal.atr != nil && signal.emaSlope3m != nil && signal.macdHistogram != nil)
            #expect(signal.keyLevels.prices == signal.keyLevels.prices.sorted())
            #expect(signal.keyLevels.prices.count <= 10)
        }
    }

    @Test func `a market turned upside down turns the directions, and nothing else`() throws {
        let story = CandleStory.random(seed: 21, minutes: 2000)
        // Where the price began: it stays near, so that distances in shares of it hardly change.
        let level = Price(raw: 100 * fixedScale)
        let entries = story.entries(fetched: 1500, updates: 2)
        let straight = try signals(entries)
        let turned = try signals(entries.map { ($0.id, $0.candle.mirrored(about: level)) })
        #expect(straight.count == turned.count)
        var same = 0
        for (one, other) in zip(straight, turned) where one.isWarm {
            // RSI, swings and MACD are odd about the level exactly; shares of the price only nearly.
            #expect(abs((one.rsi ?? 0) + (other.rsi ?? 0) - 100) < 1e-6)
            #expect(abs((one.macdHistogram ?? 0) + (other.macdHistogram ?? 0)) < 1e-9)
            #expect(one.macdMomentum == opposite(other.macdMomentum))
            #expect(one.rsiDivergenceDirection == other.rsiDivergenceDirection?.opposite)
            #expect(one.emaCross == other.emaCross?.opposite)
            #expect(one.keyLevels.prices.count == other.keyLevels.prices.count)
            if one.direction.sign == -other.direction.sign,
                one.reversionDirection.sign == -other.reversionDirection.sign
            {
                same += 1
            }
        }
        #expect(same > 900 && Double(same) > 0.9 * Double(straight.count(where: \.isWarm)))
    }

    private func opposite(_ momentum: MACDMomentum) -> MACDMomentum {
        momentum == .up ? .down : momentum == .down ? .up : .neutral
    }

    @Test(arguments: [1_000_000, 100_000_000, 9_000_000_000_000_000_000])
    func `a price that stands still says nothing, however small or great`(raw: Int64) throws {
        let entries = CandleStory.still(Price(raw: raw), volume: .zero, minutes: 1700).entries(
            fetched: 1500, updates: 2)
        let signals = try signals(entries)
        let last = try #require(signals.last)
        #expect(last.isWarm)
        #expect(last.direction == .neutral && last.reversionDirection == .neutral)
        #expect(last.strength == 0 && last.reversionStrength == 0)
        #expect(last.rsi == 50 && last.vwap == nil && last.bollingerZone == .middle && !last.bollingerSqueeze)
        #expect(numbers(last).allSatisfy { $0.isFinite })
    }

    @Test func `the greatest numbers that can be written give finite ones`() throws {
        let most = Price(raw: .max / 2)
        let story = CandleStory.still(most, volume: Quantity(raw: .max / 2000), minutes: 1700)
        let signals = try signals(story.entries(fetched: 1500, updates: 2))
        let last = try #require(signals.last)
        #expect(last.isWarm && last.vwap != nil)
        #expect(numbers(last).allSatisfy { $0.isFinite })
    }

    @Test func `the order of what comes late does not matter`() throws {
        let story = CandleStory.random(seed: 31, minutes: 1700)
        let straight = try signals(story.entries(fetched: 1600, updates: 1))
        let mixed = try signals(story.entries(fetched: 1600, updates: 1, isMixed: true))
        // The first 60 entries of the live part come among the late ones.
        for (one, other) in zip(straight, mixed).suffix(150) {
            var same = other
            same.cause = one.cause
            #expect(one == same)
        }
    }

    @Test func `without the candles since midnight there is no VWAP and no direction`() throws {
        // Ten past midnight until noon of the next day.
        let start = Timestamp(milliseconds: 1_700_000_000_000).floored(to: 86_400_000) + 86_400_000 + 600_000
        let story = CandleStory.random(seed: 41, minutes: 2300)
        let signals = try signals(
            story.entries(fetched: 1400, updates: 1).filter { $0.candle.openTime >= start })
        let midnight = try #require(signals.firstIndex { $0.isWarm })
        #expect(midnight > 0)
        #expect(signals[..<midnight].allSatisfy { $0.vwap == nil && $0.direction == .neutral })
        #expect(signals[midnight].eventTime - signals[midnight].eventTime.floored(to: 86_400_000) < 120_000)
    }
}
