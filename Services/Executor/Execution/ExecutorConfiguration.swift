public import TradingPrimitives
public import Venue

/// Rules of the executor. Defaults are the strategy reference's.
public struct ExecutorConfiguration: Sendable {
    /// Times that a refused post-only entry is priced again.
    public var repricesMax = 2
    /// Longest time a position may be without a confirmed stop.
    public var nakedMaxMs: Int64 = 1500
    /// The same right after a start, while orders are being looked up.
    public var recoveryNakedMaxMs: Int64 = 5000
    /// Part of the entry that must have filled at its time-out for the trade to go on.
    public var fillFractionMin = Ratio(raw: 50_000_000)
    /// Price that triggers stops.
    public var workingPrice = NewStop.WorkingPrice.last
    /// A stop is moved when that betters it by this part of the trail, or `trailEveryMs` after the last move.
    public var trailStepFraction = 0.1
    public var trailEveryMs: Int64 = 10_000
    /// Least time between two moves of a stop.
    public var trailIntervalMs: Int64 = 1000
    /// Longest hold of any position, whatever its plan says.
    public var maxHoldMs: Int64 = 1_200_000
    /// Stop distance for a position that was found, not planned, as a part of its price.
    public var adoptedStopRatio = Ratio(raw: 300_000)
    /// Age of the book beyond which no entry is sent.
    public var bookAgeMaxMs: Int64 = 2000
    /// Age of the book beyond which a position is closed.
    public var feedLossMaxMs: Int64 = 30_000
    /// Time between two looks at the venue's orders and positions.
    public var reconcileEveryMs: Int64 = 5000
    /// Time between two questions for the account's fee rates, and after one that was not answered.
    public var commissionEveryMs: Int64 = 3_600_000
    public var commissionRetryMs: Int64 = 60_000
    /// Time between two look-ups of an order of unknown outcome, and the least time before absence is believed.
    public var lookUpEveryMs: Int64 = 500
    public var absenceMs: Int64 = 2000
    /// Greatest notional of one entry, whatever its plan says.
    public var notionalMax = Notional(raw: 100_000 * fixedScale)

    public init() {}
}
