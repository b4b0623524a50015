import Indicators
import TradingPrimitives

/// Taker delta of each 5 s of event time that ends at a multiple of 5 s, and the trend of the last six.
struct DeltaSamples {
    private static let stepMs: Int64 = 5000
    private static let size = 6

    /// The last complete samples, oldest first; steps of 1e-8.
    private var samples: [Int128] = []
    /// Sum of the trades in (bucketEnd − 5 s, bucketEnd].
    private var bucket: Int128 = 0
    private var bucketEnd: Timestamp?
    /// The first bucket began before the first trade was seen, so it is no sample.
    private var isFirstBucket = true

    init() { samples.reserveCapacity(Self.size + 1) }

    mutating func add(_ delta: Int64, at time: Timestamp) {
        let end = (time - 1).floored(to: Self.stepMs) + Self.stepMs
        if let current = bucketEnd, end > current {
            complete(through: end - Self.stepMs, from: current)
            bucketEnd = end
        } else if bucketEnd == nil {
            bucketEnd = end
        }
        bucket += Int128(delta)
    }

    private mutating func complete(through last: Timestamp, from first: Timestamp) {
        // After a long silence only the last six buckets matter, and all of those are empty.
        var end = max(first, last - Int64(Self.size) * Self.stepMs)
        if end > first { bucket = 0 }
        while end <= last {
            if isFirstBucket && end == first { isFirstBucket = false } else { push(bucket) }
            bucket = 0
            end = end + Self.stepMs
        }
        isFirstBucket = false
    }

    private mutating func push(_ sample: Int128) {
        if samples.count == Self.size { samples.removeFirst() }
        samples.append(sample)
    }

    /// Least-squares slope over the last six samples, base units a second; nil before there are six.
    var slope: Double? {
        guard samples.count == Self.size else { return nil }
        let center = Double(Self.size - 1) / 2
        var numerator = 0.0, denominator = 0.0
        for (index, sample) in samples.enumerated() {
            let offset = (Double(index) - center) * Double(Self.stepMs) / 1000
            numerator += offset * sample.double / Double(fixedScale)
            denominator += offset * offset
        }
        return numerator / denominator
    }
}
