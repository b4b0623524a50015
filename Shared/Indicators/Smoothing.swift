/// How an average forgets: Wilder's way (1/n), or as an exponential moving average (2/(n + 1)).
public enum Smoothing: String, Sendable, BitwiseCopyable, CaseIterable {
    case wilder, ema

    @inlinable func weight(period: Int) -> Double {
        switch self {
        case .wilder: 1 / Double(period)
        case .ema: 2 / Double(period + 1)
        }
    }
}

/// An exponentially smoothed average that begins with the mean of its first `period` values.
public struct SmoothedAverage: Sendable, BitwiseCopyable {
    public let period: Int
    @usableFromInline let weight: Double
    @usableFromInline var seen = 0
    /// Mean of what was seen until the average has begun.
    @usableFromInline var average = 0.0

    @inlinable public init(period: Int, _ smoothing: Smoothing = .ema) {
        precondition(period > 0)
        self.period = period
        weight = smoothing.weight(period: period)
    }

    /// Nil before `period` values.
    @inlinable public var value: Double? { seen < period ? nil : average }

    @inlinable public mutating func update(_ value: Double) {
        if seen < period {
            seen += 1
            average += (value - average) / Double(seen)
        } else {
            average += (value - average) * weight
        }
    }

    /// What `value` would be after `value`.
    @inlinable public func value(with value: Double) -> Double? {
        var next = self
        next.update(value)
        return next.value
    }
}

/// EMA: an average whose newest value weighs 2/(n + 1), begun with the mean of the first n.
public typealias ExponentialMovingAverage = SmoothedAverage
