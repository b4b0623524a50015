import Indicators
import Testing
import TradingPrimitives

/// Order, gaps and repeats do not reach the indicators.
struct CandleTrackTests {
    private struct Average: CandleIndicators {
        var value = ExponentialMovingAverage(period: 9)
        var count = 0
        mutating func update(_ candle: Candle) {
            value.update(candle.close)
            count += 1
        }
    }

    private func track(_ candles: some Sequence<Candle>) -> CandleTrack<Average> {
        var track = CandleTrack(.oneMinute, capacity: 500, Average())
        for candle in candles { track.close(candle) }
        track.settle()
        return track
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `candles in any order and repeated give what they give in order`(seed: UInt64) {
        let candles = CandleStories.random(seed: seed, count: 400)
        var random = SplitMix64(seed: seed)
        var mixed = candles + candles.filter { _ in random.next() % 3 == 0 }
        mixed.shuffle(using: &random)
        let (ordered, shuffled) = (track(candles), track(mixed))
        #expect(ordered.indicators.count == 400)
        #expect(shuffled.indicators.count == 400)
        #expect(shuffled.indicators.value.value == ordered.indicators.value.value)
    }

    @Test func `after a gap the indicators begin anew, and when it is filled they know all again`() {
        let candles = CandleStories.random(seed: 3, count: 100)
        var track = track(candles[..<50] + candles[60...])
        #expect(track.indicators.count == 40)
        for candle in candles[50..<60].reversed() { track.close(candle) }
        track.settle()
        #expect(track.indicators.count == 100)
    }

    @Test func `a candle in progress counts only where it follows the closed ones`() {
        let candles = CandleStories.random(seed: 4, count: 20)
        var track = track(candles[..<10])
        track.update(candles[11], at: candles[11].openTime + 1000)
        #expect(track.current == nil)
        #expect(!track.isCurrent(at: candles[11].openTime + 1000))
        track.close(candles[10])
        #expect(track.current == candles[11])
        #expect(track.isCurrent(at: candles[11].openTime + 1000))
        #expect(!track.isCurrent(at: candles[13].openTime))
        track.close(candles[11])
        #expect(track.current == nil)
    }

    @Test func `older news of a candle in progress is ignored`() {
        let candles = CandleStories.random(seed: 5, count: 3)
        var track = track(candles[..<1])
        let late = Candle(openTime: candles[1].openTime, high: 3, low: 1, close: 2, volume: 1)
        track.update(candles[1], at: candles[1].openTime + 5000)
        track.update(late, at: candles[1].openTime + 4000)
        #expect(track.current == candles[1])
    }

    @Test func `a still price is neither extreme nor wide`() {
        var rsi = RelativeStrengthIndex(), bands = BollingerBands(), adx = DirectionalIndex()
        for _ in 0..<60 {
            rsi.update(0.1)
            bands.update(0.1)
            adx.update(high: 0.1, low: 0.1, close: 0.1)
        }
        #expect(rsi.value == 50)
        #expect(bands.value?.width == 0)
        #expect(bands.value?.upper == 0.1)
        #expect(adx.value == 0)
    }
}
