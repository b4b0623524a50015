import TradingPrimitives

/// The crowd's way through candles of the past, with its five-minute statistics.
struct PastCrowd: Sendable {
    /// Minutes that count; what was before is forgotten by then.
    private static let minutesMax = 3000

    private(set) var crowd: Crowd
    private(set) var rows: [MarketStatistics] = []

    init(_ instrument: Instrument, _ traits: InstrumentTraits, _ minutes: [MarketCandle], seed: UInt64) {
        let candles = minutes.suffix(Self.minutesMax)
        let price = candles.first?.open.double ?? instrument.typicalPrice.double
        crowd = Crowd(
            flowPerS: traits.flowPerS / price, price: price, step: instrument.rules.stepSize.double, seed: seed)
        var volume = (buy: Quantity.zero, sell: Quantity.zero)
        for candle in candles {
            crowd.traded(.buy, candle.takerVolume.double)
            crowd.traded(.sell, (candle.volume - candle.takerVolume).double)
            _ = crowd.liquidate(mark: candle.low.double)
            _ = crowd.liquidate(mark: candle.high.double)
            crowd.pass(60, at: candle.close.double)
            volume.buy = volume.buy.plus(candle.takerVolume)
            volume.sell = volume.sell.plus(candle.volume - candle.takerVolume)
            let end = candle.openTime + 60_000
            guard end.milliseconds % 300_000 == 0 else { continue }
            rows.append(
                MarketStatistics(
                    time: end, openInterest: crowd.openInterest(of: instrument), mark: candle.close,
                    buyVolume: volume.buy, sellVolume: volume.sell, positioning: crowd.mood.positioning))
            volume = (.zero, .zero)
        }
    }
}

extension Crowd {
    /// In whole steps.
    func openInterest(of instrument: Instrument) -> Quantity {
        (Quantity(openInterest, rounding: .down) ?? Quantity(raw: .max)).rounded(
            toMultipleOf: instrument.rules.stepSize, .down)
    }
}

extension CrowdMood {
    /// To four decimals, as the venue tells shares.
    var positioning: Positioning {
        func share(_ value: Double) -> Ratio { Ratio(raw: Int64((value * 10_000).rounded()) * 10_000) }
        return Positioning(accountsLong: share(accountsLong), topTradersLong: share(topTradersLong))
    }
}
