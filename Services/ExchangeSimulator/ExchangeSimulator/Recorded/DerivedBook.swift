import TradingPrimitives

/// A plausible book around the last trade, for recordings that have trades only. Its sizes come from a generator that is
/// seeded by the price, so that a price always brings the same book.
struct DerivedBook: Sendable {
    private static let depth = 20

    private let instrument: Instrument
    private let traits: InstrumentTraits
    private var bestBid: Price?

    init(_ instrument: Instrument) {
        self.instrument = instrument
        traits = .of(instrument)
    }

    /// The book after a trade; nil when it does not change.
    mutating func after(_ price: Price, aggressor: Side) -> MarketEvent.Body? {
        let tick = instrument.rules.tickSize
        let bid = aggressor == .buy ? price - tick : price
        if bid == bestBid || bid <= .zero { return nil }
        bestBid = bid
        var random = SplitMix64(seed: UInt64(bitPattern: bid.raw))
        return .bookSnapshot(
            bids: side(from: bid, step: -tick, &random), asks: side(from: bid + tick, step: tick, &random),
            isPassedThrough: false)
    }

    private func side(from best: Price, step: Price, _ random: inout SplitMix64) -> [DepthLevel] {
        var levels: [DepthLevel] = []
        var price = best
        for depth in 0..<Self.depth where price > .zero {
            let value =
                depth == 0
                ? random.logNormal(median: traits.bestMedian, sigma: traits.bestSigma)
                : random.logNormal(median: traits.deepMedian * 4, sigma: traits.deepSigma)
            let quantity = Quantity(value / price.double, rounding: .down)?
                .rounded(toMultipleOf: instrument.rules.stepSize, .up)
            levels.append(DepthLevel(price: price, quantity: quantity ?? instrument.rules.stepSize))
            price += step * Int64(random.geometric(mean: traits.gapTicks))
        }
        return levels
    }
}
