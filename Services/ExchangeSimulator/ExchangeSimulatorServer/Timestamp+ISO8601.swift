public import TradingPrimitives

extension Timestamp {
    /// Reads `2024-08-08T23:54:16Z`, with or without seconds and their decimals, or a date alone; always UTC.
    public init?(iso8601 text: String) {
        let parts = text.split(separator: "T", maxSplits: 1)
        let date = parts.first?.split(separator: "-").compactMap { Int64($0) } ?? []
        guard date.count == 3, 1...12 ~= date[1], 1...31 ~= date[2] else { return nil }
        var clock: [Double] = []
        if parts.count == 2 {
            let time = parts[1].hasSuffix("Z") ? parts[1].dropLast() : parts[1]
            let fields = time.split(separator: ":", omittingEmptySubsequences: false)
            clock = fields.compactMap { Double($0) }
            guard clock.count == fields.count, 2...3 ~= clock.count else { return nil }
        }
        // Days since 1970 of a Gregorian date. Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
        let year = date[1] <= 2 ? date[0] - 1 : date[0]
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (date[1] + (date[1] > 2 ? -3 : 9)) + 2) / 5 + date[2] - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        let seconds = zip(clock, [3600.0, 60, 1]).reduce(0) { $0 + $1.0 * $1.1 }
        self.init(milliseconds: days * 86_400_000 + Int64((seconds * 1000).rounded()))
    }
}
