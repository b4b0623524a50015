public import TradingPrimitives

/// Indicators that are fed candle by candle.
public protocol CandleIndicators: Sendable {
    /// `candle` follows the last one without a gap.
    mutating func update(_ candle: Candle)
}

/// Indicators over the closed candles of one timeframe, and the candle in progress.
///
/// Candles may come in any order and again: the indicators always stand where feeding them with the newest unbroken candles
/// in order would have brought them.
public struct CandleTrack<Indicators: CandleIndicators>: Sendable {
    public let timeframe: Timeframe
    private var series: CandleSeries
    private let blank: Indicators
    /// What the newest closed candles without a gap say. To be read after `settle()`.
    public private(set) var indicators: Indicators
    /// Whether `indicators` no longer stand for the series.
    private var isOutdated = false
    private var forming: Candle?
    private var formingTime = Timestamp.zero

    /// `capacity`: closed candles kept for the case that one comes late.
    public init(_ timeframe: Timeframe, capacity: Int, _ indicators: Indicators) {
        self.timeframe = timeframe
        series = CandleSeries(timeframe, capacity: capacity)
        blank = indicators
        self.indicators = indicators
    }

    public var newestClosed: Candle? { series.newest }

    /// The candle in progress, if it follows the newest closed one.
    public var current: Candle? {
        guard let forming, follows(forming) else { return nil }
        return forming
    }

    /// Whether nothing is missing up to `time`: the newest candle has begun less than two lengths ago, and one in progress
    /// follows the closed ones.
    public func isCurrent(at time: Timestamp) -> Bool {
        guard let newest = forming ?? series.newest, time - newest.openTime < 2 * timeframe.milliseconds else {
            return false
        }
        guard let forming else { return true }
        return follows(forming)
    }

    /// Takes a closed candle in.
    public mutating func close(_ candle: Candle) {
        if let forming, forming.openTime <= candle.openTime { self.forming = nil }
        switch series.insert(candle) {
        case .next:
            if !isOutdated { indicators.update(candle) }
        case .afterGap:
            indicators = blank
            indicators.update(candle)
            isOutdated = false
        case .elsewhere: isOutdated = true
        case .known: break
        }
    }

    /// Takes in how a candle in progress stands at `time`; older news of it is ignored.
    public mutating func update(_ candle: Candle, at time: Timestamp) {
        if let newest = series.newest, candle.openTime <= newest.openTime { return }
        if let forming, (candle.openTime, time) < (forming.openTime, formingTime) { return }
        forming = candle
        formingTime = time
    }

    private func follows(_ candle: Candle) -> Bool {
        guard let newest = series.newest else { return false }
        return candle.openTime - newest.openTime == timeframe.milliseconds
    }

    /// Feeds the indicators anew if a candle came late.
    public mutating func settle() {
        guard isOutdated else { return }
        indicators = blank
        for candle in series.unbroken { indicators.update(candle) }
        isOutdated = false
    }
}
