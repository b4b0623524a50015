import Glibc
public import TradingPrimitives

/// The venue's time: it starts somewhere and runs at a factor of the machine's own.
public struct Clock: Sendable {
    public let start: Timestamp
    public let factor: Double
    private let baseNs = Clock.monotonicNs()

    public init(start: Timestamp, factor: Double) { (self.start, self.factor) = (start, factor) }

    public var now: Timestamp {
        start + Int64(Double(Self.monotonicNs() - baseNs) / 1_000_000 * factor)
    }

    /// Microseconds of the machine until a moment of the venue; zero when it has passed.
    func microseconds(until time: Timestamp) -> Int64 {
        let wait = Double(time - start) * 1_000_000 / factor - Double(Self.monotonicNs() - baseNs)
        return max(0, Int64(wait / 1000))
    }

    public static func monotonicNs() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    public static func realMs() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
