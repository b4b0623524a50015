public import TradingPrimitives

extension Timestamp {
    /// A time of an archive, in whatever unit it was written: seconds, milliseconds, microseconds (spot since 2025) or
    /// nanoseconds. From 1973 to 5138 their numbers do not overlap.
    init(ofAnyUnit number: Int64) {
        let milliseconds =
            switch number {
            case 100_000_000..<100_000_000_000: number * 1000
            case 100_000_000_000_000..<100_000_000_000_000_000: number / 1000
            case 100_000_000_000_000_000...: number / 1_000_000
            default: number
            }
        self.init(milliseconds: milliseconds)
    }
}

/// The times that a recording can be of.
public struct RecordedTimes: Sendable {
    /// The beginning of 2017: the venue is not older.
    public static let earliest = Timestamp(milliseconds: 1_483_228_800_000)
    public let latest: Timestamp

    /// `latest`: a day from now, say. Whoever reads the recording knows the time.
    public init(until latest: Timestamp) { self.latest = latest }

    func contains(_ time: Timestamp) -> Bool { Self.earliest <= time && time <= latest }
}
