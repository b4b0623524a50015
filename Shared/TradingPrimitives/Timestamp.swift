/// A moment: milliseconds since 1970-01-01 00:00 UTC, as the venue counts them.
public struct Timestamp: Comparable, Hashable, Sendable, BitwiseCopyable, CustomStringConvertible {
    public let milliseconds: Int64

    @inlinable public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static let zero = Timestamp(milliseconds: 0)

    @inlinable public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
    /// Milliseconds from `right` to `left`; at most `Int64.max` either way, however far they are apart.
    @inlinable public static func - (left: Timestamp, right: Timestamp) -> Int64 {
        let (distance, isTooFar) = left.milliseconds.subtractingReportingOverflow(right.milliseconds)
        guard isTooFar || distance == .min else { return distance }
        return left < right ? -.max : .max
    }
    /// The last moment there is in place of one beyond it; so for `-`.
    @inlinable public static func + (left: Timestamp, milliseconds: Int64) -> Timestamp {
        let (sum, isTooFar) = left.milliseconds.addingReportingOverflow(milliseconds)
        return Timestamp(milliseconds: isTooFar ? (milliseconds < 0 ? .min : .max) : sum)
    }
    @inlinable public static func - (left: Timestamp, milliseconds: Int64) -> Timestamp {
        let (rest, isTooFar) = left.milliseconds.subtractingReportingOverflow(milliseconds)
        return Timestamp(milliseconds: isTooFar ? (milliseconds < 0 ? .max : .min) : rest)
    }

    /// Whether the two are no farther apart than `milliseconds`, whichever is earlier.
    @inlinable public func isWithin(_ milliseconds: Int64, of other: Timestamp) -> Bool {
        (self - other).magnitude <= milliseconds.magnitude
    }

    /// The latest moment not after this one that is a multiple of `milliseconds` since 1970; the first moment there is where
    /// that lies before it.
    @inlinable public func floored(to milliseconds: Int64) -> Timestamp {
        let remainder = self.milliseconds % milliseconds
        return self - (remainder < 0 ? remainder + milliseconds : remainder)
    }

    /// Midnight of the first day of its month, UTC.
    public var startOfMonth: Timestamp {
        let dayLength: Int64 = 86_400_000
        let midnight = floored(to: dayLength)
        let (_, _, day) = civilDate(daysSince1970: midnight.milliseconds / dayLength)
        return midnight - Int64(day - 1) * dayLength
    }

    /// RFC 3339 in UTC with milliseconds: `2024-08-08T23:54:16.612Z`.
    public var description: String {
        let dayLength: Int64 = 86_400_000
        let midnight = floored(to: dayLength)
        let (year, month, day) = civilDate(daysSince1970: midnight.milliseconds / dayLength)
        var rest = self - midnight
        var text = "\(year)-\(twoDigits(month))-\(twoDigits(day))T"
        for (length, mark) in [(Int64(3_600_000), ":"), (60_000, ":"), (1000, ".")] {
            text += twoDigits(Int(rest / length)) + mark
            rest %= length
        }
        return text + (rest < 100 ? "0" : "") + twoDigits(Int(rest)) + "Z"
    }
}

private func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }

/// Days to a Gregorian date. Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
private func civilDate(daysSince1970 days: Int64) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (Int(year), Int(month), Int(day))
}
