import Testing
import TradingPrimitives

struct MonthTests {
    @Test(arguments: [
        (0, "1970-01-01"), (1_709_251_199_999, "2024-02-01"), (1_709_251_200_000, "2024-03-01"),
        (1_735_689_599_999, "2024-12-01"), (1_735_689_600_000, "2025-01-01"), (-1, "1969-12-01"),
    ])
    func `a month begins at midnight of its first day`(milliseconds: Int64, day: String) {
        #expect(Timestamp(milliseconds: milliseconds).startOfMonth.description == day + "T00:00:00.000Z")
    }

    @Test func `the first and the last moment there is have one, too`() {
        for time in [Timestamp(milliseconds: .min), Timestamp(milliseconds: .max)] {
            #expect(time.startOfMonth <= time || time.milliseconds == .min)
        }
    }
}
