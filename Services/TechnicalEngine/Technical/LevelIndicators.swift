import Indicators
import TradingPrimitives

/// What 5m candles say: the prices at which the market has turned.
struct LevelIndicators: CandleIndicators {
    private struct Turn: BitwiseCopyable {
        let index: Int
        let price: Price
    }

    private let candlesMax: Int
    private var swings = SwingDetector()
    /// Oldest first.
    private var turns: [Turn] = []
    /// Distinct, lowest first.
    private var levels: [Price] = []
    private var count = 0

    init(candlesMax: Int) { self.candlesMax = candlesMax }

    /// Whether the last `candlesMax` candles are known.
    var isWarm: Bool { count >= candlesMax }

    mutating func update(_ candle: Candle) {
        let swing = swings.update(high: candle.high, low: candle.low)
        let known = turns.count
        for price in [swing.high, swing.low] {
            guard let price, let level = Price(price, rounding: .nearest) else { continue }
            turns.append(Turn(index: count - swings.span, price: level))
        }
        let isNew = turns.count > known
        count += 1
        let isOld = turns.first.map { $0.index < count - candlesMax } ?? false
        if isOld { turns.removeAll { $0.index < count - candlesMax } }
        guard isNew || isOld else { return }
        levels = turns.map(\.price).sorted()
        for index in levels.indices.dropFirst().reversed() where levels[index] == levels[index - 1] {
            levels.remove(at: index)
        }
    }

    /// Levels below and above `price`, at most `max` each, lowest first. A level at the price itself is neither.
    func nearest(to price: Price, max: Int) -> (below: ArraySlice<Price>, above: ArraySlice<Price>) {
        let firstAbove = levels.firstIndex { $0 > price } ?? levels.endIndex
        let firstAtOrAbove = levels.firstIndex { $0 >= price } ?? levels.endIndex
        return (levels[..<firstAtOrAbove].suffix(max), levels[firstAbove...].prefix(max))
    }
}
