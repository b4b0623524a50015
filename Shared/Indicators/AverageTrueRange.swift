/// ATR: the smoothed true range, in units of the price.
///
/// As TA-Lib's with Wilder's smoothing: begins with the mean of the first `period` true ranges, of which the first is the
/// second candle's.
public struct AverageTrueRange: Sendable, BitwiseCopyable {
    @usableFromInline var previousClose: Double?
    @usableFromInline var average: SmoothedAverage

    @inlinable public init(period: Int = 14, _ smoothing: Smoothing = .wilder) {
        average = SmoothedAverage(period: period, smoothing)
    }

    /// Nil before `period` + 1 candles.
    @inlinable public var value: Double? { average.value }

    @inlinable public mutating func update(high: Double, low: Double, close: Double) {
        if let previousClose { average.update(trueRange(high: high, low: low, after: previousClose)) }
        previousClose = close
    }

    /// What `value` would be after this candle.
    @inlinable public func value(withHigh high: Double, low: Double) -> Double? {
        guard let previousClose else { return nil }
        return average.value(with: trueRange(high: high, low: low, after: previousClose))
    }
}

/// The span of a candle, with the close before it.
@inlinable func trueRange(high: Double, low: Double, after previousClose: Double) -> Double {
    Double.maximum(high, previousClose) - Double.minimum(low, previousClose)
}
