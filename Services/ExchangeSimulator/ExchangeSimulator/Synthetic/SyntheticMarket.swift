public import TradingPrimitives

/// An endless, seeded market of several contracts. The first one leads; the others follow its moves within a second.
public struct SyntheticMarket: MarketSource, Sendable {
    private var instruments: [SyntheticInstrument]
    private var regimes: RegimeClock
    private var random: SplitMix64
    private var queue: [MarketEvent] = []
    private var queueStart = 0
    private var nextFundingNews: Timestamp

    /// `prices`: where each contract starts; as the history ended.
    init(_ listed: [Instrument], prices: [Double], seed: UInt64, regimes: RegimeClock, start: Timestamp) {
        self.regimes = regimes
        random = SplitMix64(seed: seed ^ 0x5EED)
        nextFundingNews = start
        instruments = listed.enumerated().map { index, instrument in
            SyntheticInstrument(
                index, instrument, price: prices[index], seed: seed &+ UInt64(index) &* 7919, leads: index == 0,
                start: start)
        }
    }

    /// A market with its past: one-minute candles for each contract, made by the same process, up to `start`.
    public static func make(
        _ listed: [Instrument], seed: UInt64, start: Timestamp, historyMinutes: Int = 10_080
    ) -> (market: SyntheticMarket, history: [[Candle]]) {
        let minute = start.floored(to: 60_000)
        let first = minute - Int64(historyMinutes) * 60_000
        var regimes = RegimeClock(seed: seed, startS: Double(first.milliseconds / 1000))
        let history = SyntheticHistory.make(listed, seed: seed, from: first, minutes: historyMinutes, &regimes)
        let prices = listed.indices.map { history[$0].last?.close.double ?? listed[$0].typicalPrice.double }
        let market = SyntheticMarket(listed, prices: prices, seed: seed, regimes: regimes, start: start)
        return (market, history)
    }

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
        while queue.isEmpty {
            guard var earliest = instruments.indices.first else { return }
            for index in instruments.indices where instruments[index].nextStep < instruments[earliest].nextStep {
                earliest = index
            }
            let now = instruments[earliest].nextStep
            let regime = regimes.at(Double(now.milliseconds) / 1000)
            queue += instruments[earliest].takeEvents()
            instruments[earliest].step(regime)
            for move in instruments[earliest].moves { echo(move, of: earliest, at: now) }
            queue += instruments[earliest].takeEvents()
            if now >= nextFundingNews { tellFunding(now, regime) }
        }
    }

    private mutating func echo(_ move: Double, of leader: Int, at now: Timestamp) {
        for index in instruments.indices where index != leader {
            instruments[index].hear(move, at: now + Int64(150 + random.exponential(mean: 250)))
        }
    }

    /// The funding rate follows the trend a little.
    private mutating func tellFunding(_ now: Timestamp, _ regime: Regime) {
        nextFundingNews = now + 60_000
        let tilt: Int64 = regime == .trendUp ? 4000 : regime == .trendDown || regime == .cascade ? -9000 : 0
        for index in instruments.indices {
            let rate = Ratio(raw: 10_000 + tilt + Int64(random.normal() * 800))
            queue.append(MarketEvent(time: now, instrument: index, .fundingRate(rate)))
        }
    }
}

/// Candles of the past from the same regimes, second by second.
enum SyntheticHistory {
    static func make(
        _ listed: [Instrument], seed: UInt64, from start: Timestamp, minutes: Int, _ regimes: inout RegimeClock
    ) -> [[Candle]] {
        var random = SplitMix64(seed: seed ^ 0xCA4D1E)
        let traits = listed.map(InstrumentTraits.of)
        var logs = listed.map { _ in 0.0 }
        var anchors = logs
        var candles: [[Candle]] = listed.map { _ in [] }
        for minute in 0..<minutes {
            let openTime = start + Int64(minute) * 60_000
            // The last quarter of an hour is lively, so that there is something to trade from the first minute on.
            if minute == minutes - 15 { regimes.startTrend(at: Double(openTime.milliseconds / 1000)) }
            var made = listed.indices.map { Candle(openTime: openTime, price: price(listed[$0], logs[$0])) }
            for second in 0..<60 {
                let regime = regimes.at(Double(openTime.milliseconds / 1000 + Int64(second)))
                let heavy = random.chance(0.06) ? 2.8 : 0.75
                let common = regime.volatility * 1e-4 * (regime.drift + heavy * random.normal())
                for index in listed.indices {
                    anchors[index] += (logs[index] - anchors[index]) / 600
                    let own = index == 0 ? 0 : 0.45 * regime.volatility * 1e-4 * random.normal()
                    let pull = regime == .range ? (anchors[index] - logs[index]) * 0.004 : 0
                    logs[index] += traits[index].beta * common + own + pull
                    let price = price(listed[index], logs[index])
                    made[index].high = max(made[index].high, price)
                    made[index].low = min(made[index].low, price)
                    made[index].close = price
                    trade(&made[index], price, listed[index], traits[index], regime, &random)
                }
            }
            for index in listed.indices { candles[index].append(made[index]) }
        }
        return candles
    }

    private static func price(_ instrument: Instrument, _ log: Double) -> Price {
        let price = instrument.typicalPrice.double * exponential(log)
        return instrument.rules.price(Price(price, rounding: .down) ?? instrument.typicalPrice, rounding: .nearest)
    }

    private static func trade(
        _ candle: inout Candle, _ price: Price, _ instrument: Instrument, _ traits: InstrumentTraits, _ regime: Regime,
        _ random: inout SplitMix64
    ) {
        let orders = traits.burstsPerS * traits.burstLength * 1.5 * regime.activity
        let value = random.logNormal(median: traits.orderMedian * orders * 3, sigma: 0.9)
        let quantity =
            Quantity(value / price.double, rounding: .down)?
            .rounded(toMultipleOf: instrument.rules.stepSize, .up) ?? instrument.rules.stepSize
        let bought =
            Quantity(quantity.double * min(max(0.5 + 0.15 * random.normal(), 0), 1), rounding: .down)?
            .rounded(toMultipleOf: instrument.rules.stepSize, .down) ?? .zero
        candle.volume += quantity
        candle.quoteVolume += price * quantity
        candle.takerVolume += bought
        candle.takerQuoteVolume += price * bought
        candle.trades += Int64(orders) + 1
    }
}
