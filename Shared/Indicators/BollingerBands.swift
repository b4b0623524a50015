/// Bollinger bands: the mean of the last `period` prices, and `multiple` population standard deviations on both sides.
public struct BollingerBands: Sendable {
    public struct Value: Sendable, BitwiseCopyable, Equatable {
        public let middle: Double
        public let upper: Double
        public let lower: Double
        /// (upper − lower)/middle; 0 for a mean of 0.
        public var width: Double { middle == 0 ? 0 : (upper - lower) / middle }
    }

    private let multiple: Double
    private var window: SampleWindow
    /// Nil before `period` prices.
    public private(set) var value: Value?

    public init(period: Int = 20, multiple: Double = 2) {
        window = SampleWindow(capacity: period)
        self.multiple = multiple
    }

    public mutating func update(_ price: Double) {
        window.append(price)
        guard let moments = window.moments() else { return }
        value = bands(moments)
    }

    /// What `value` would be after `price`.
    public func value(with price: Double) -> Value? { window.moments(with: price).map(bands) }

    private func bands(_ moments: Moments) -> Value {
        let distance = multiple * moments.variance.squareRoot()
        return Value(middle: moments.mean, upper: moments.mean + distance, lower: moments.mean - distance)
    }
}
