public import Indicators

/// Periods and thresholds of the technical engine. Defaults are the strategy reference's.
public struct TechnicalConfiguration: Sendable {
    /// Smoothing of RSI and ATR: Wilder's by default, as charts show them.
    public var smoothing = Smoothing.wilder
    /// How long a close may be missing once the next candle has begun, milliseconds: the venue tells it up to some seconds late.
    public var candleGraceMs: Int64 = 5000
    /// Distance of the two EMAs, as a fraction, beyond which there is a trend.
    public var emaTrendMin = 0.0002
    /// Candles within which a cross of EMA or MACD counts.
    public var crossCandles = 3
    /// RSI below the first (above 100 − it) is a zone; below the second it is far in it.
    public var rsiZone = 30.0
    public var rsiExtreme = 25.0
    /// RSI above this (below 100 − it) goes with the trend.
    public var rsiTrend = 55.0
    /// 1m candles within which two swings make a divergence.
    public var divergenceCandles = 30
    /// Widths of the Bollinger bands that a squeeze is judged by, and the percentile below which it is one.
    public var squeezeWidths = 100
    public var squeezePercentile = 20.0
    /// Distance from VWAP, as a fraction, beyond which the price is extended.
    public var vwapExtended = 0.005
    /// 5m candles whose swings are levels.
    public var levelCandles = 200
    /// Levels shown on each side of the price.
    public var levelsMax = 5
    /// Size of the trend vote above which there is a direction.
    public var trendMin = 0.15
    /// Size of the trend vote that is full strength.
    public var trendFull = 0.7
    /// Size of the reversion vote above which there is a direction.
    public var reversionMin = 0.4

    public init() {}
}
