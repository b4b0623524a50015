import Glibc
public import TradingPrimitives

/// The machine's clocks, in microseconds.
public enum SystemClock {
    /// Never goes back; its zero means nothing.
    public static func monotonicUs() -> Int64 { read(CLOCK_MONOTONIC) }
    /// As `monotonicUs`, and goes on while the machine sleeps: for what others may take meanwhile.
    public static func uninterruptedUs() -> Int64 { read(CLOCK_BOOTTIME) }
    /// Since 1970 UTC; may be set.
    public static func wallUs() -> Int64 { read(CLOCK_REALTIME) }
    public static func now() -> Timestamp { Timestamp(milliseconds: wallUs() / 1000) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}

/// The venue's time as this process knows it: base + monotonic time elapsed × rate.
///
/// Until it is set, it runs with the machine's clock. A simulated venue may run faster than ours: then its rate is not 1.
public struct VenueClock: Sendable {
    private var baseMs: Double
    private var baseMonotonicUs: Int64
    /// Venue milliseconds that pass in one of ours.
    public private(set) var rate: Double
    /// Round trip of the sample that set the clock, microseconds; nil before the first one.
    public private(set) var bestRoundTripUs: Int64?
    private var sampledAtUs: Int64 = 0

    /// A sample keeps its precedence over ones of longer round trips for so long.
    private static let sampleLifeUs: Int64 = 600_000_000

    public init(rate: Double = 1) {
        precondition(rate > 0)
        self.rate = rate
        baseMonotonicUs = SystemClock.monotonicUs()
        baseMs = Double(SystemClock.wallUs()) / 1000
    }

    /// Venue time at the moment `monotonicUs` of this machine.
    public func time(atMonotonicUs moment: Int64) -> Timestamp {
        Timestamp(milliseconds: Int64(baseMs + Double(moment - baseMonotonicUs) / 1000 * rate))
    }

    public func now() -> Timestamp { time(atMonotonicUs: SystemClock.monotonicUs()) }

    /// Milliseconds that the venue is ahead of the machine's clock.
    public func offsetMs() -> Int64 { now() - SystemClock.now() }

    /// Takes in what the venue answered to a question for its time. Answers with the shortest round trip win.
    /// The true time lies within half of the round trip around the estimate.
    public mutating func observe(serverTime: Timestamp, sentAtUs: Int64, receivedAtUs: Int64) {
        let roundTrip = receivedAtUs - sentAtUs
        guard roundTrip >= 0 else { return }
        if let best = bestRoundTripUs, roundTrip > best, receivedAtUs - sampledAtUs < Self.sampleLifeUs,
            abs(time(atMonotonicUs: receivedAtUs) - serverTime) <= Int64(Double(roundTrip) / 1000 * rate) + 1
        {
            return
        }
        baseMs = Double(serverTime.milliseconds)
        baseMonotonicUs = sentAtUs + roundTrip / 2
        bestRoundTripUs = roundTrip
        sampledAtUs = receivedAtUs
    }

    /// What the venue answered to a question for its time, and when it was asked and answered, microseconds.
    public struct Sample: Sendable {
        public let time: Timestamp
        public let sentUs: Int64
        public let receivedUs: Int64

        public init(time: Timestamp, sentUs: Int64, receivedUs: Int64) {
            self.time = time
            self.sentUs = sentUs
            self.receivedUs = receivedUs
        }

        public var middleUs: Int64 { (sentUs + receivedUs) / 2 }
    }

    /// The rate that two answers tell. Nil where the known one explains them as well: each was given at some moment of its
    /// round trip, and a slow one soon after the start would make the clock run away until the next.
    public func rate(from first: Sample, to second: Sample) -> Double? {
        let span = Double(second.middleUs - first.middleUs)
        guard span > 0 else { return nil }
        let measured = Double(second.time - first.time) * 1000 / span
        let doubt = Double(first.receivedUs - first.sentUs + second.receivedUs - second.sentUs) / 2 / span
        return abs(measured - rate) > rate * doubt ? measured : nil
    }

    /// Sets how fast the venue's time runs, without a jump.
    public mutating func setRate(_ rate: Double) {
        precondition(rate > 0)
        let moment = SystemClock.monotonicUs()
        baseMs += Double(moment - baseMonotonicUs) / 1000 * self.rate
        baseMonotonicUs = moment
        self.rate = rate
    }
}
