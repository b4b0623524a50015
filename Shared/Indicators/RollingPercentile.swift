/// Percentiles of the last `capacity` numbers, between neighbours by straight interpolation (as NumPy's default).
///
/// Kept in order: finding a place takes O(log n) steps, making room moves memory, and nothing is allocated.
public struct RollingPercentile: Sendable {
    private var window: SampleWindow
    private var sorted: ContiguousArray<Double>

    public init(capacity: Int) {
        window = SampleWindow(capacity: capacity)
        sorted = []
        sorted.reserveCapacity(capacity + 1)
    }

    public var count: Int { window.count }
    public var isFull: Bool { window.isFull }

    /// `value` must be finite.
    public mutating func update(_ value: Double) {
        precondition(value.isFinite, "a percentile of what is not a number")
        if window.isFull, let oldest = window.oldest { sorted.remove(at: place(of: oldest)) }
        sorted.insert(value, at: place(of: value))
        window.append(value)
    }

    /// The number below which `percent` of 100 lie; nil while empty.
    public func percentile(_ percent: Double) -> Double? {
        interpolate(percent, count: sorted.count) { sorted[$0] }
    }

    /// The same as if `value` had come in.
    public func percentile(_ percent: Double, with value: Double) -> Double? {
        // The oldest leaves if the window is full.
        let leaving = window.isFull ? window.oldest.map(place) : nil
        func kept(_ index: Int) -> Double { leaving.map { index >= $0 } ?? false ? sorted[index + 1] : sorted[index] }
        let count = leaving == nil ? sorted.count : sorted.count - 1
        var entry = place(of: value)
        if let leaving, leaving < entry { entry -= 1 }
        return interpolate(percent, count: count + 1) { index in
            index < entry ? kept(index) : index == entry ? value : kept(index - 1)
        }
    }

    private func interpolate(_ percent: Double, count: Int, _ element: (Int) -> Double) -> Double? {
        guard count > 0 else { return nil }
        let position = min(max(percent, 0), 100) / 100 * Double(count - 1)
        let below = Int(position)
        let low = element(below)
        guard below + 1 < count else { return low }
        return low + (element(below + 1) - low) * (position - Double(below))
    }

    /// The first place whose number is not below `value`.
    private func place(of value: Double) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
