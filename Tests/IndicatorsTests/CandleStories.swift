import Indicators
import TestSupport
import TradingPrimitives

/// Candles for tests.
enum CandleStories {
    /// A price that walks at random, with jumps, still stretches, and candles without volume.
    static func random(seed: UInt64, count: Int, timeframe: Timeframe = .oneMinute) -> [Candle] {
        var random = SplitMix64(seed: seed)
        var price = 100.0, volatility = 0.001
        // Not at midnight, so that the first day is not whole.
        var time = Timestamp(milliseconds: 1_700_000_000_000).floored(to: timeframe.milliseconds)
        return (0..<count).map { index in
            if random.next() % 200 == 0 { volatility = 0.0002 + 0.004 * random.uniform() }
            let isStill = (index / 40) % 25 == 24
            func step() -> Double { isStill ? 0 : price * volatility * (random.uniform() - 0.5) }
            let open = price
            price += step() * (random.next() % 300 == 0 ? 30 : 2)
            let high = max(open, price) + abs(step()), low = min(open, price) - abs(step())
            let volume = isStill || random.next() % 50 == 0 ? 0 : random.uniform() * 90
            defer { time = time + timeframe.milliseconds }
            return Candle(openTime: time, high: high, low: low, close: price, volume: volume)
        }
    }

    /// One of the recorded klines tables.
    static func recorded(_ path: String) throws -> [Candle] {
        try SharedData.lines(path).dropFirst().compactMap { line in
            let cells = line.split(separator: ",")
            guard cells.count >= 6, let time = Int64(cells[0]), let high = Double(cells[2]),
                let low = Double(cells[3]), let close = Double(cells[4]), let volume = Double(cells[5])
            else { return nil }
            return Candle(
                openTime: Timestamp(milliseconds: time), high: high, low: low, close: close, volume: volume)
        }
    }
}
