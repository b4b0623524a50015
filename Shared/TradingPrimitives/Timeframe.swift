/// Length of a candle, by the venue's name.
public enum Timeframe: String, Sendable, BitwiseCopyable, CaseIterable {
    case oneMinute = "1m"
    case threeMinutes = "3m"
    case fiveMinutes = "5m"
    case fifteenMinutes = "15m"

    public var milliseconds: Int64 {
        switch self {
        case .oneMinute: 60_000
        case .threeMinutes: 180_000
        case .fiveMinutes: 300_000
        case .fifteenMinutes: 900_000
        }
    }
}
