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

/// Mean and population variance, in one pass over deviations from one of the samples.
///
/// That is stable: the square of a sample's own deviation is at most n times the variance, so that no more than its n-th part
/// can be lost. And equal samples have exactly no variance.
struct Moments {
    let mean: Double
    let variance: Double

    private init(around reference: Double, sum: Double, squares: Double, count: Int) {
        let share = 1 / Double(count), shift = sum * share
        mean = reference + shift
        variance = max(0, squares * share - shift * shift)
    }

    /// The order of the samples does not matter, so that several sums can run beside each other.
    @inline(__always)
    init(_ samples: UnsafeBufferPointer<Double>) {
        let count = samples.count, whole = count & ~3, reference = samples[0]
        var (sum, otherSum, squares, otherSquares) = (0.0, 0.0, 0.0, 0.0)
        var index = 0
        while index < whole {
            let (one, two) = (samples[index] - reference, samples[index + 1] - reference)
            let (three, four) = (samples[index + 2] - reference, samples[index + 3] - reference)
            sum += one + two
            otherSum += three + four
            squares += one * one + two * two
            otherSquares += three * three + four * four
            index += 4
        }
        while index < count {
            let deviation = samples[index] - reference
            sum += deviation
            squares += deviation * deviation
            index += 1
        }
        self.init(around: reference, sum: sum + otherSum, squares: squares + otherSquares, count: count)
    }

    init(_ samples: UnsafeBufferPointer<Double>, with value: Double, inPlaceOf replaced: Int) {
        var (sum, squares) = (0.0, 0.0)
        for index in samples.indices where index != replaced {
            let deviation = samples[index] - value
            sum += deviation
            squares += deviation * deviation
        }
        self.init(around: value, sum: sum, squares: squares, count: samples.count)
    }
}
