public import TradingPrimitives

/// An endless, seeded market of several contracts. The first one leads; the others follow its moves within a second.
public struct SyntheticMarket: MarketSource, Sendable {
    private var instruments: [SyntheticInstrument]
    private var regimes: RegimeClock
    private var random: SplitMix64
    private var queue = EventQueue()

    /// `prices` and `crowds`: how each contract starts; as the history ended.
    init(
        _ listed: [Instrument], prices: [Double], crowds: [Crowd], seed: UInt64, regimes: RegimeClock, start: Timestamp,
        openingMs: Int64
    ) {
        self.regimes = regimes
        random = SplitMix64(seed: seed ^ 0x5EED)
        instruments = listed.enumerated().map { index, instrument in
            SyntheticInstrument(
                index, instrument, price: prices[index], crowd: crowds[index], seed: seed &+ UInt64(index) &* 7919,
                leads: index == 0,
                start: start)
        }
        if openingMs > 0, let side = self.regimes.at(Double(start.milliseconds) / 1000).trendSide {
            for index in instruments.indices {
                instruments[index].breakouts = Breakouts(side, index: index, start: start, lengthMs: openingMs)
            }
        }
    }

    /// A market with its past, made by the same process, up to `start`: for each contract one-minute candles, and the
    /// five-minute statistics of their last two days. `openingMs`: how long it has set-ups more often than a market has,
    /// from `start` on; for a demonstration.
    public static func make(
        _ listed: [Instrument], seed: UInt64, start: Timestamp, historyMinutes: Int = 10_080, openingMs: Int64 = 0
    ) -> (market: SyntheticMarket, history: [[MarketCandle]], statistics: [[MarketStatistics]]) {
        let minute = start.floored(to: 60_000)
        let first = minute - Int64(historyMinutes) * 60_000
        var regimes = RegimeClock(seed: seed, startS: Double(first.milliseconds / 1000))
        let history = SyntheticHistory.make(listed, seed: seed, from: first, minutes: historyMinutes, &regimes)
        let prices = listed.indices.map { history.candles[$0].last?.close.double ?? listed[$0].typicalPrice.double }
        let market = SyntheticMarket(
            listed, prices: prices, crowds: history.crowds.map(\.crowd), seed: seed, regimes: regimes, start: start,
            openingMs: openingMs)
        return (market, history.candles, history.crowds.map(\.rows))
    }

    public mutating func nextTime() -> Timestamp? {
        fill()
        return queue.nextTime
    }

    public mutating func next() -> MarketEvent? {
        fill()
        return queue.next()
    }

    private mutating func fill() {
        while queue.isEmpty {
            guard var earliest = instruments.indices.first else { return }
            for index in instruments.indices where instruments[index].nextStep < instruments[earliest].nextStep {
                earliest = index
            }
            let now = instruments[earliest].nextStep
            let regime = regimes.at(Double(now.milliseconds) / 1000)
            queue.append(instruments[earliest].takeEvents())
            instruments[earliest].step(regime)
            for move in instruments[earliest].moves { echo(move, of: earliest, at: now) }
            queue.append(instruments[earliest].takeEvents())
        }
    }

    private mutating func echo(_ move: Double, of leader: Int, at now: Timestamp) {
        for index in instruments.indices where index != leader {
            instruments[index].hear(move, at: now + Int64(150 + random.exponential(mean: 250)))
        }
    }
}
