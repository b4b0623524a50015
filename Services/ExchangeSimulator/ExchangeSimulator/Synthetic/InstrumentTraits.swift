import TradingPrimitives

/// What is typical of one contract's book and tape; calibrated on recordings of 2024-08-08.
struct InstrumentTraits: Sendable {
    /// Bursts of taker orders a second, and orders in one.
    var burstsPerS: Double
    var burstLength: Double
    /// Taker order in USDT: median and log-standard deviation.
    var orderMedian: Double
    var orderSigma: Double
    /// Quantity at the best price in USDT.
    var bestMedian: Double
    var bestSigma: Double
    /// Quantity at a deeper price in USDT.
    var deepMedian: Double
    var deepSigma: Double
    /// Mean distance of two levels, ticks.
    var gapTicks: Double
    /// Returns against those of BTC.
    var beta: Double
    /// Level changes each step.
    var changesPerStep: Double
    /// Chance that a change reaches a level of great quantity, against one of the others.
    var greatChangeChance: Double
    /// What takers trade, USDT a second, on average.
    var flowPerS: Double

    static func of(_ instrument: Instrument) -> InstrumentTraits {
        switch instrument.baseAsset {
        case "BTC":
            InstrumentTraits(
                burstsPerS: 2.8, burstLength: 4.5, orderMedian: 1350, orderSigma: 2.1, bestMedian: 190_000,
                bestSigma: 0.75, deepMedian: 2100, deepSigma: 2.1, gapTicks: 2.3, beta: 1, changesPerStep: 2.2,
                greatChangeChance: 0.35, flowPerS: 550_000)
        case "ETH":
            InstrumentTraits(
                burstsPerS: 1.8, burstLength: 4.5, orderMedian: 200, orderSigma: 2.3, bestMedian: 41_000,
                bestSigma: 0.8, deepMedian: 1000, deepSigma: 1.9, gapTicks: 1.45, beta: 1.05, changesPerStep: 2.8,
                greatChangeChance: 0.5, flowPerS: 105_000)
        default: other(instrument)
        }
    }

    /// Where a tick is a great part of the price, more stands at each price: else the same order would move it further.
    private static func other(_ instrument: Instrument) -> InstrumentTraits {
        let tick = instrument.rules.tickSize.double / instrument.typicalPrice.double
        let depth = max(1, tick / 0.000_005)
        return InstrumentTraits(
            burstsPerS: 1.1, burstLength: 4.5, orderMedian: 300, orderSigma: 2.2,
            bestMedian: 15_000 * max(1, depth / 4),
            bestSigma: 0.8, deepMedian: 2500 * depth, deepSigma: 1.7, gapTicks: 1.4, beta: 1.3, changesPerStep: 2,
            greatChangeChance: 0.4, flowPerS: 40_000)
    }
}
