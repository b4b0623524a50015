import TradingPrimitives

/// Candles of the past from the same regimes, second by second, and what the crowd did meanwhile.
struct SyntheticHistory {
    /// By contract.
    let candles: [[MarketCandle]]
    let crowds: [PastCrowd]

    static func make(
        _ listed: [Instrument], seed: UInt64, from start: Timestamp, minutes: Int, _ regimes: inout RegimeClock
    ) -> SyntheticHistory {
        var random = SplitMix64(seed: seed ^ 0xCA4D1E)
        let traits = listed.map(InstrumentTraits.of)
        var logs = listed.map { _ in 0.0 }
        var anchors = logs
        var candles: [[MarketCandle]] = listed.map { _ in [] }
        for minute in 0..<minutes {
            let openTime = start + Int64(minute) * 60_000
            // The last quarter of an hour is lively, so that there is something to trade from the first minute on.
            if minute == minutes - 15 { regimes.startTrend(at: Double(openTime.milliseconds / 1000)) }
            var made = listed.indices.map { MarketCandle(openTime: openTime, price: price(listed[$0], logs[$0])) }
            for second in 0..<60 {
                let regime = regimes.at(Double(openTime.milliseconds / 1000 + Int64(second)))
                let heavy = random.chance(0.06) ? 2.8 : 0.75
                // Nobody is liquidated second by second here: the way that a cascade goes is longer by so much.
                let drift = regime.hunted == nil ? regime.drift : regime.drift * 1.6
                let common = regime.volatility * 1e-4 * (drift + heavy * random.normal())
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
        let crowds = listed.indices.map {
            PastCrowd(listed[$0], traits[$0], candles[$0], seed: seed &+ UInt64($0) &* 104_729)
        }
        return SyntheticHistory(candles: candles, crowds: crowds)
    }

    private static func price(_ instrument: Instrument, _ log: Double) -> Price {
        let price = instrument.typicalPrice.double * exponential(log)
        return instrument.rules.price(Price(price, rounding: .down) ?? instrument.typicalPrice, rounding: .nearest)
    }

    private static func trade(
        _ candle: inout MarketCandle, _ price: Price, _ instrument: Instrument, _ traits: InstrumentTraits,
        _ regime: Regime,
        _ random: inout SplitMix64
    ) {
        let orders = traits.burstsPerS * traits.burstLength * 1.5 * regime.activity
        let value = random.logNormal(median: traits.flowPerS * regime.activity / 1.5, sigma: 0.9)
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
