public import TradingPrimitives

/// A candle as indicators see it: binary numbers, for statistics only.
public struct Candle: BitwiseCopyable, Sendable, Equatable {
    /// First millisecond of the candle.
    public let openTime: Timestamp
    public let high: Double
    public let low: Double
    public let close: Double
    /// Base units.
    public let volume: Double

    public init(openTime: Timestamp, high: Double, low: Double, close: Double, volume: Double) {
        self.openTime = openTime
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
    }
}
