/// The last numbers of a series, in one buffer that is made at the start.
public struct SampleWindow: Sendable {
    public let capacity: Int
    /// Numbers held, at most `capacity`.
    public private(set) var count = 0
    private var samples: ContiguousArray<Double>
    private var next = 0

    public init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        samples = ContiguousArray(repeating: 0, count: capacity)
    }

    public var isFull: Bool { count == capacity }

    /// The number of `age` steps ago: 0 is the newest.
    public subscript(age: Int) -> Double {
        precondition(age >= 0 && age < count, "age \(age) of \(count)")
        let index = next - 1 - age
        return samples[index < 0 ? index + capacity : index]
    }

    /// Nil while empty.
    public var oldest: Double? { count == 0 ? nil : self[count - 1] }

    public mutating func append(_ value: Double) {
        samples[next] = value
        next = next + 1 == capacity ? 0 : next + 1
        if count < capacity { count += 1 }
    }

    /// Mean and population variance of the full window, from scratch, so that nothing drifts. Nil until it is full.
    func moments() -> Moments? {
        guard isFull else { return nil }
        return samples.withUnsafeBufferPointer { Moments($0) }
    }

    /// The same as if `value` had been appended; nil unless the window would then be full.
    func moments(with value: Double) -> Moments? {
        guard count >= capacity - 1 else { return nil }
        // `next` is the place of the oldest, which leaves, or of the last one that is missing.
        return samples.withUnsafeBufferPointer { Moments($0, with: value, inPlaceOf: next) }
    }
}

/// Mean and population variance. Deviations are taken from a sample, so that equal samples have exactly no variance.
struct Moments {
    let mean: Double
    let variance: Double

    /// The order of the samples does not matter, so that they can be taken four at a time.
    init(_ samples: UnsafeBufferPointer<Double>) {
        let whole = samples.count & ~3, count = Double(samples.count), reference = samples[0]
        var sums = SIMD4<Double>.zero, rest = 0.0
        for index in stride(from: 0, to: whole, by: 4) { sums += Self.four(samples, index) - reference }
        for index in whole..<samples.count { rest += samples[index] - reference }
        mean = reference + (sums.sum() + rest) / count
        var squares = SIMD4<Double>.zero
        rest = 0
        for index in stride(from: 0, to: whole, by: 4) {
            let deviation = Self.four(samples, index) - mean
            squares += deviation * deviation
        }
        for index in whole..<samples.count { rest += (samples[index] - mean) * (samples[index] - mean) }
        variance = (squares.sum() + rest) / count
    }

    @inline(__always)
    private static func four(_ samples: UnsafeBufferPointer<Double>, _ index: Int) -> SIMD4<Double> {
        SIMD4(samples[index], samples[index + 1], samples[index + 2], samples[index + 3])
    }

    init(_ samples: UnsafeBufferPointer<Double>, with value: Double, inPlaceOf replaced: Int) {
        let count = Double(samples.count)
        var sum = 0.0
        for index in samples.indices where index != replaced { sum += samples[index] - value }
        mean = value + sum / count
        var squares = (value - mean) * (value - mean)
        for index in samples.indices where index != replaced {
            squares += (samples[index] - mean) * (samples[index] - mean)
        }
        variance = squares / count
    }
}
