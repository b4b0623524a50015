/// RSI: the share of gains in the smoothed changes of a price, 0…100.
///
/// As TA-Lib's with Wilder's smoothing, but 50, not 0, where nothing has moved yet: no movement is no extreme.
public struct RelativeStrengthIndex: Sendable, BitwiseCopyable {
    @usableFromInline var previous: Double?
    @usableFromInline var gains: SmoothedAverage
    @usableFromInline var losses: SmoothedAverage

    @inlinable public init(period: Int = 14, _ smoothing: Smoothing = .wilder) {
        gains = SmoothedAverage(period: period, smoothing)
        losses = SmoothedAverage(period: period, smoothing)
    }

    /// Nil before `period` changes.
    @inlinable public var value: Double? {
        guard let gain = gains.value, let loss = losses.value else { return nil }
        let sum = gain + loss
        return sum > 0 ? 100 * (gain / sum) : 50
    }

    @inlinable public mutating func update(_ price: Double) {
        if let previous {
            // Without branches, which a processor can't foresee: the sum is twice the change or zero, exactly.
            let change = price - previous
            gains.update((abs(change) + change) * 0.5)
            losses.update((abs(change) - change) * 0.5)
        }
        previous = price
    }

    /// What `value` would be after `price`.
    @inlinable public func value(with price: Double) -> Double? {
        var next = self
        next.update(price)
        return next.value
    }
}
