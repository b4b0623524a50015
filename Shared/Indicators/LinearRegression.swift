/// The least-squares slope of the last `count` numbers, a step between neighbours counting as 1.
public struct LinearRegressionSlope: Sendable {
    private var window: SampleWindow

    public init(count: Int) {
        precondition(count > 1)
        window = SampleWindow(capacity: count)
    }

    public mutating func update(_ value: Double) { window.append(value) }

    /// Nil before `count` numbers.
    public var value: Double? {
        guard window.isFull else { return nil }
        let middle = Double(window.capacity - 1) / 2
        let reference = window[0]
        var products = 0.0, squares = 0.0
        for age in 0..<window.capacity {
            let step = middle - Double(age)
            products += step * (window[age] - reference)
            squares += step * step
        }
        return products / squares
    }
}
