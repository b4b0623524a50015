import TradingPrimitives

/// What a candle covers, as the venue names it: so many milliseconds counted from 1970 on, a week from Monday on, a month of the
/// calendar; all in UTC.
enum CandleSpan: Equatable, Sendable {
    case even(ms: Int64)
    case week
    case month

    private static let dayMs: Int64 = 86_400_000
    /// 1970 began on a Thursday, three days after a Monday.
    private static let sinceMondayMs = 3 * dayMs
    private static let evenMs: [String: Int64] = [
        "1m": 60_000, "3m": 180_000, "5m": 300_000, "15m": 900_000, "30m": 1_800_000, "1h": 3_600_000, "2h": 7_200_000,
        "4h": 14_400_000, "6h": 21_600_000, "8h": 28_800_000, "12h": 43_200_000, "1d": dayMs, "3d": 3 * dayMs,
    ]

    /// Nil for an interval that the venue does not have.
    init?(_ interval: String) {
        switch interval {
        case "1w": self = .week
        case "1M": self = .month
        default:
            guard let ms = Self.evenMs[interval] else { return nil }
            self = .even(ms: ms)
        }
    }

    /// The first moment of the span that a moment lies in.
    func start(of time: Timestamp) -> Timestamp {
        switch self {
        case .even(let ms): time.floored(to: ms)
        case .week: (time + Self.sinceMondayMs).floored(to: 7 * Self.dayMs) - Self.sinceMondayMs
        case .month: time.startOfMonth
        }
    }

    /// The first moment after the span that begins at `start`.
    func end(from start: Timestamp) -> Timestamp {
        switch self {
        case .even(let ms): start + ms
        case .week: start + 7 * Self.dayMs
        // No month is longer than 31 days, and none shorter than 28.
        case .month: (start + 31 * Self.dayMs).startOfMonth
        }
    }

    /// The longest of some timeframes that a span is made of whole.
    func base(among frames: [Timeframe]) -> Int {
        guard case .even(let ms) = self else { return frames.indices.last ?? 0 }
        return frames.lastIndex { ms % $0.milliseconds == 0 } ?? 0
    }
}
