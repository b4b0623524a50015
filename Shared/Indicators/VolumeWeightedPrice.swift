public import TradingPrimitives

/// VWAP: the mean typical price (high + low + close)/3 since its anchor, weighted by volume.
///
/// Fed with candles that follow each other without a gap. Absent until it has seen all candles since the anchor, and while
/// none of them has volume.
public struct VolumeWeightedPrice: Sendable, BitwiseCopyable {
    public enum Anchor: Sendable, BitwiseCopyable, Equatable {
        /// Begins anew at 00:00 UTC.
        case day
        /// Begins once, with the candle that opens then or the first one after it.
        case moment(Timestamp)
    }

    private let anchor: Anchor
    private var start: Timestamp?
    private var hasSeenEarlier = false
    /// Whether every candle since the anchor was seen.
    public private(set) var isComplete = false
    private var priceVolume = 0.0
    private var volume = 0.0

    public init(_ anchor: Anchor = .day) { self.anchor = anchor }

    public var value: Double? { isComplete && volume > 0 ? priceVolume / volume : nil }

    public mutating func update(_ candle: Candle) {
        let anchored: Timestamp
        switch anchor {
        case .day: anchored = candle.openTime.floored(to: 86_400_000)
        case .moment(let moment): anchored = moment
        }
        defer { hasSeenEarlier = true }
        guard candle.openTime >= anchored else { return }
        if start != anchored {
            start = anchored
            isComplete = hasSeenEarlier || candle.openTime == anchored
            priceVolume = 0
            volume = 0
        }
        priceVolume += (candle.high + candle.low + candle.close) / 3 * candle.volume
        volume += candle.volume
    }

    /// As it would be after this candle.
    public func updated(with candle: Candle) -> VolumeWeightedPrice {
        var next = self
        next.update(candle)
        return next
    }
}
