/// MACD: the distance of a fast and a slow EMA, and of that distance from its own EMA.
///
/// As TA-Lib's: the fast average begins so that both have their first value at the same candle.
public struct MovingAverageConvergence: Sendable, BitwiseCopyable {
    public struct Value: Sendable, BitwiseCopyable, Equatable {
        public let macd: Double
        public let signal: Double
        @inlinable public var histogram: Double { macd - signal }

        @inlinable init(macd: Double, signal: Double) {
            self.macd = macd
            self.signal = signal
        }
    }

    @usableFromInline var fast: SmoothedAverage
    @usableFromInline var slow: SmoothedAverage
    @usableFromInline var signal: SmoothedAverage
    /// Prices that the fast average still leaves out.
    @usableFromInline var skipping: Int

    @inlinable public init(fast: Int = 12, slow: Int = 26, signal: Int = 9) {
        precondition(fast < slow)
        self.fast = SmoothedAverage(period: fast)
        self.slow = SmoothedAverage(period: slow)
        self.signal = SmoothedAverage(period: signal)
        skipping = slow - fast
    }

    /// Nil before `slow + signal − 1` prices.
    @inlinable public var value: Value? {
        guard let fast = fast.value, let slow = slow.value, let signal = signal.value else { return nil }
        return Value(macd: fast - slow, signal: signal)
    }

    @inlinable public mutating func update(_ price: Double) {
        slow.update(price)
        if skipping > 0 { skipping -= 1 } else { fast.update(price) }
        if let fast = fast.value, let slow = slow.value { signal.update(fast - slow) }
    }

    /// What `value` would be after `price`.
    @inlinable public func value(with price: Double) -> Value? {
        var next = self
        next.update(price)
        return next.value
    }
}
