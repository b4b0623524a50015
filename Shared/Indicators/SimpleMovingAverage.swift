/// SMA: the mean of the last `period` values, summed anew for each, so that it never drifts.
public struct SimpleMovingAverage: Sendable {
    private var window: SampleWindow
    /// Nil before `period` values.
    public private(set) var value: Double?

    public init(period: Int) { window = SampleWindow(capacity: period) }

    public mutating func update(_ value: Double) {
        window.append(value)
        self.value = window.moments()?.mean
    }

    /// What `value` would be after `value`.
    public func value(with value: Double) -> Double? { window.moments(with: value)?.mean }
}
