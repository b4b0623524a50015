public import SignalContracts
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
    /// How far the middle of a book may be from the mark price, a part of it: what is farther is no book.
    public var markBandRatio = 0.02
    /// Age of the mark price beyond which it says nothing, and no entry is sent.
    public var markAgeMaxMs: Int64 = 10_000
    /// Time before a contract ends at which its position is closed.
    public var flattenBeforeEndMs: Int64 = 1_800_000
    /// What is done with a position whose market can't be seen.
    public var onFeedLoss = FeedLossPolicy.protect
    /// Age of the book beyond which it counts as lost.
    public var feedLossMs: Int64 = 5000
    /// Time in which the venue must confirm the stop then.
    public var stopVerifyMs: Int64 = 3000
    /// Age of the book beyond which a position is closed in any case.
    public var feedLossMaxMs: Int64 = 30_000
    public var emergency = EmergencyRules()
    /// Time between two looks at the venue's orders and positions.
    public var reconcileEveryMs: Int64 = 5000
    /// With more contracts than this a look asks for the orders and stops of those in which something is held or odd, and only
    /// every `wideLookEveryMs` for all there are, in one question each.
    public var wideLookFrom = 20
    public var wideLookEveryMs: Int64 = 20_000
    /// Time between two questions for the account's fee rates, and after one that was not answered.
    public var commissionEveryMs: Int64 = 3_600_000
    public var commissionRetryMs: Int64 = 60_000
    /// Time between two look-ups of an order of unknown outcome, and the least time before absence is believed.
    public var lookUpEveryMs: Int64 = 500
    public var absenceMs: Int64 = 2000
    /// The same for an entry, which opens a position whenever it comes: the venue takes a request that is up to 5 s old
    /// (`recvWindow`), and may keep it for some seconds more before it is in the book.
    public var entryAbsenceMs: Int64 = 10_000
    /// Greatest number of positions and entries at a time, whatever the plans say: who makes plans may have been told less.
    public var positionsMax = 2
    /// Greatest notional of one entry, whatever its plan says.
    public var notionalMax = Notional(raw: 100_000 * fixedScale)
    /// Which venue is traded, and the version of this program: what is said of a trade names them.
    public var mode: TradingMode?
    public var program: String?

    public init() {}
}

/// What becomes of a position whose market is not seen any more.
public enum FeedLossPolicy: String, Sendable, CaseIterable {
    /// Its stop is looked up; it is closed when that can't be confirmed, or the feed stays away.
    case protect
    /// It is closed at once.
    case close
}

/// When everything is closed though no stop says so.
public struct EmergencyRules: Sendable {
    /// Calls in a row that each took longer.
    public var slowCalls = 3
    public var slowCallMs: Int64 = 2000
    /// Change of the middle price between two books less than `gapMs` apart, a part of it.
    public var gapRatio = 0.01
    public var gapMs: Int64 = 1000
    /// Loss of the wallet within `balanceWindowMs`, a part of it.
    public var balanceDropRatio = 0.05
    public var balanceWindowMs: Int64 = 300_000
    /// Time without entries after slow calls or a gap; after a loss entries wait for a person.
    public var pauseMs: Int64 = 60_000

    public init() {}
}
