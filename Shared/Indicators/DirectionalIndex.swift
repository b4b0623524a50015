/// ADX with +DI and −DI, 0…100: how much of the movement has one direction.
///
/// As TA-Lib's: sums of the first `period` − 1 changes, then Wilder's smoothing of sums; ADX begins with the mean of the
/// first `period` DX values, which is one candle after 2 × `period` − 1. While nothing has moved, the last ADX stands.
public struct DirectionalIndex: Sendable, BitwiseCopyable {
    public let period: Int
    /// What a sum keeps of itself with each candle.
    @usableFromInline let kept: Double
    @usableFromInline var previous: (high: Double, low: Double, close: Double)?
    /// Smoothed sums of upward movement, downward movement and true range.
    @usableFromInline var plus = 0.0
    @usableFromInline var minus = 0.0
    @usableFromInline var range = 0.0
    /// Changes seen, at most 2 × `period` − 1.
    @usableFromInline var seen = 0
    /// The sum of DX values until ADX has begun.
    @usableFromInline var average = 0.0

    @inlinable public init(period: Int = 14) {
        precondition(period > 1)
        self.period = period
        kept = 1 - 1 / Double(period)
    }

    /// ADX; nil before 2 × `period` candles.
    @inlinable public var value: Double? { seen < 2 * period - 1 ? nil : average }
    /// +DI; nil before `period` + 1 candles.
    @inlinable public var plusDI: Double? { seen < period ? nil : range > 0 ? 100 * (plus / range) : 0 }
    /// −DI; nil before `period` + 1 candles.
    @inlinable public var minusDI: Double? { seen < period ? nil : range > 0 ? 100 * (minus / range) : 0 }

    @inlinable public mutating func update(high: Double, low: Double, close: Double) {
        defer { previous = (high, low, close) }
        guard let previous else { return }
        let kept = seen >= period - 1 ? self.kept : 1
        let up = high - previous.high, down = previous.low - low
        // Factors in the place of branches, which a processor can't foresee.
        plus = plus * kept + Double.maximum(up, 0) * (up > down ? 1 : 0)
        minus = minus * kept + Double.maximum(down, 0) * (down > up ? 1 : 0)
        range = range * kept + trueRange(high: high, low: low, after: previous.close)
        seen = min(seen + 1, 2 * period)
        guard seen >= period else { return }
        average(over: seen - period)
    }

    /// `before`: DX values that came before this one.
    @inlinable mutating func average(over before: Int) {
        let moved = plus + minus
        let index = range > 0 && moved > 0 ? 100 * abs(plus - minus) / moved : nil
        if before < period {
            average += (index ?? 0) * (1 - kept)
        } else if let index {
            average += (index - average) * (1 - kept)
        }
    }

    /// What `value` would be after this candle.
    @inlinable public func value(withHigh high: Double, low: Double, close: Double) -> Double? {
        var next = self
        next.update(high: high, low: low, close: close)
        return next.value
    }
}
