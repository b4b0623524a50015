public import TradingPrimitives

/// Thresholds of the regime filter. Defaults are the strategy reference's.
public struct RegimeConfiguration: Sendable {
    /// The two contracts whose correlation is watched.
    public var references: (first: Symbol, second: Symbol)?
    /// The two, if both are traded.
    public func pair(among symbols: [Symbol]) -> [Symbol] {
        guard let references else { return [] }
        let pair = [references.first, references.second]
        return pair.allSatisfy(symbols.contains) ? pair : []
    }
    /// Distance of the evaluations in event time, milliseconds.
    public var evaluateEveryMs: Int64 = 30_000
    /// How long a close may be missing after its candle has ended, milliseconds: the venue tells it up to some seconds late.
    public var candleGraceMs: Int64 = 5000
    /// 3m candles whose volatility is compared, and how many of them are enough.
    public var volatilityCandles = 480
    public var volatilityCandlesMin = 60
    /// Percentiles of the volatility that part LOW, NORMAL, HIGH and EXTREME.
    public var lowPercentile = 20.0
    public var highPercentile = 80.0
    public var extremePercentile = 95.0
    /// ADX above which a slope makes a trend.
    public var trendADX = 25.0
    /// ADX from which the market at least ranges.
    public var rangeADX = 20.0
    /// Size of the slope of EMA 9, a share of the price a candle.
    public var slopeMin = 0.0001
    /// Greatest (ask − bid)/bid.
    public var spreadMax = 0.00015
    /// Greatest multiple of the mean spread of the last `spreadReadings` books.
    public var spreadMultiple = 2.0
    public var spreadReadings = 100
    /// Correlation below which the pair has come apart, and above which it was together.
    public var correlationLow = 0.5
    public var correlationHigh = 0.8
    /// How long having been together counts, milliseconds.
    public var correlationMemoryMs: Int64 = 1_800_000
    /// How long after its moment a correlation begins to count, milliseconds: by then each worker has heard the pair's returns.
    public var correlationDelayMs: Int64 = 5000
    /// Pairs of returns without which there is no correlation.
    public var correlationPairsMin = 60

    public init() {}
}
