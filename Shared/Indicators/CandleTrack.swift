public import TradingPrimitives

/// Indicators that are fed candle by candle.
public protocol CandleIndicators: Sendable {
    /// `candle` follows the last one without a gap.
    mutating func update(_ candle: Candle)
}

/// Indicators over the closed candles of one timeframe, and the candle in progress.
///
/// Candles may come in any order and again: the indicators always stand where feeding them with the newest unbroken candles
/// in order would have brought them. A close comes late, up to some seconds after its candle has ended; for a grace it changes
/// nothing that it is missing.
public struct CandleTrack<Indicators: CandleIndicators>: Sendable {
    /// Whether the candles reach up to a moment.
    public enum Standing: Sendable {
        case current
        /// The newest close is missing, and may still come.
        case awaited
        case stale
    }

    /// How far a candle may begin after what another stream takes for the present, milliseconds.
    private static var aheadMaxMs: Int64 { 60_000 }

    public let timeframe: Timeframe
    /// How long a close may be missing after its candle has ended, milliseconds.
    private let graceMs: Int64
    private var series: CandleSeries
    private let blank: Indicators
    /// What the newest closed candles without a gap say. To be read after `settle()`.
    public private(set) var indicators: Indicators
    /// Whether `indicators` no longer stand for the series.
    private var isOutdated = false
    private var forming: News?
    /// The candle after `forming`, whose close is still missing.
    private var following: News?

    private struct News: BitwiseCopyable {
        let candle: Candle
        let time: Timestamp

        /// Whether it tells more than `other`, of the same candle or of an earlier one.
        func isNewer(than other: News) -> Bool { (candle.openTime, time) >= (other.candle.openTime, other.time) }
    }

    /// `capacity`: closed candles kept for the case that one comes late.
    public init(_ timeframe: Timeframe, capacity: Int, graceMs: Int64 = 5000, _ indicators: Indicators) {
        precondition(graceMs >= 0)
        self.timeframe = timeframe
        self.graceMs = graceMs
        series = CandleSeries(timeframe, capacity: capacity)
        blank = indicators
        self.indicators = indicators
    }

    public var newestClosed: Candle? { series.newest }

    /// The candle in progress, if it follows the newest closed one; one that has ended counts until its close comes.
    public var current: Candle? {
        guard let forming, follows(forming.candle) else { return nil }
        return forming.candle
    }

    /// Whether nothing is missing up to `time`: the newest candle has begun less than two lengths ago, and one in progress
    /// follows the closed ones. Where the next one has begun, the close before it is not missing until the grace is over.
    public func isCurrent(at time: Timestamp) -> Bool {
        guard let newest = following?.candle ?? forming?.candle ?? series.newest,
            time - newest.openTime < 2 * timeframe.milliseconds
        else { return false }
        if let following { return time - following.candle.openTime < graceMs }
        guard let forming else { return true }
        return follows(forming.candle)
    }

    /// The same for a reader of closed candles alone.
    public func standing(at time: Timestamp) -> Standing {
        guard let newest = series.newest else { return .stale }
        let age = time - newest.openTime - 2 * timeframe.milliseconds
        return age < 0 ? .current : age < graceMs ? .awaited : .stale
    }

    /// Takes a closed candle in.
    public mutating func close(_ candle: Candle) {
        if let ended = forming, ended.candle.openTime <= candle.openTime {
            forming = following.flatMap { $0.candle.openTime > candle.openTime ? $0 : nil }
            following = nil
        }
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
        let news = News(candle: candle, time: time)
        guard let forming else {
            self.forming = news
            return
        }
        guard news.isNewer(than: forming) else { return }
        // The next one has begun before the close came: the one that has ended stands for it.
        let isNext = candle.openTime - forming.candle.openTime == timeframe.milliseconds
        guard isNext, follows(forming.candle) else {
            self.forming = news
            if candle.openTime > forming.candle.openTime { following = nil }
            return
        }
        if following.map({ news.isNewer(than: $0) }) ?? true { following = news }
    }

    private func follows(_ candle: Candle) -> Bool {
        guard let newest = series.newest else { return false }
        return candle.openTime - newest.openTime == timeframe.milliseconds
    }

    /// Drops candles that can't have begun by `time`, which is the present: they would stand before all that are to come.
    public mutating func setPresent(_ time: Timestamp) {
        let limit = time + Self.aheadMaxMs
        if let forming, forming.candle.openTime > limit { (self.forming, following) = (nil, nil) }
        if let newest = series.newest, newest.openTime > limit, series.remove(after: limit) { isOutdated = true }
    }

    /// Feeds the indicators anew if a candle came late.
    public mutating func settle() {
        guard isOutdated else { return }
        indicators = blank
        for candle in series.unbroken { indicators.update(candle) }
        isOutdated = false
    }
}
