public import TradingPrimitives

/// Which market streams somebody wants; frames of the others are not made.
public struct StreamInterest: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let trades = StreamInterest(rawValue: 1 << 0)
    public static let bestPrices = StreamInterest(rawValue: 1 << 1)
    public static let mark = StreamInterest(rawValue: 1 << 2)
    public static let liquidations = StreamInterest(rawValue: 1 << 3)
    public static let candles = StreamInterest(rawValue: 1 << 4)
    public static let dayTickers = StreamInterest(rawValue: 1 << 5)
    public static let all = StreamInterest(rawValue: .max)

    /// Publishing intervals of the depth streams, milliseconds.
    public static let depthSpeedsMs = [100, 250, 500]
    public static func partialDepth(_ speedIndex: Int) -> StreamInterest {
        .init(rawValue: 1 << (8 + UInt32(speedIndex)))
    }
    public static func depthChange(_ speedIndex: Int) -> StreamInterest {
        .init(rawValue: 1 << (16 + UInt32(speedIndex)))
    }
}

/// Everything of one contract but the accounts: the market's book, own resting orders, prices, candles.
public struct InstrumentBook: Sendable {
    public let index: Int
    public internal(set) var instrument: Instrument
    public internal(set) var status = SymbolStatus.trading
    public internal(set) var interest: StreamInterest = .all
    var bids = DepthSide(.buy)
    var asks = DepthSide(.sell)
    /// Ids of own resting orders in the order of their priority: best price first, then oldest.
    var restingBuys: [Int64] = []
    var restingSells: [Int64] = []
    /// Open conditional orders, oldest first.
    var openAlgos: [Int64] = []

    public internal(set) var lastPrice: Price = .zero
    public internal(set) var lastQuantity: Quantity = .zero
    public internal(set) var mark: MarkPrice
    var hasOwnMarks = false
    public internal(set) var openInterest: Quantity
    var hasOwnOpenInterest = false
    /// As the source says; nil where it says nothing.
    public internal(set) var positioning: Positioning?
    var candles = Candles()
    var markCandles = PriceCandles()
    var indexCandles = PriceCandles()
    var premiumCandles = PriceCandles()

    var updateId: Int64
    var lastTradeId: Int64
    var lastAggregateId: Int64
    var pendingTrade: AggregateTrade?
    var flood: TradeFlood?
    var tape = Tape()
    var depth = DepthPublishing()
    var publishedBest: BestPrices?
    /// The source publishes best prices or depth itself.
    var hasOwnBestPrices = false
    var hasOwnDepth = false
    var bookTime: Timestamp
    var largestLiquidation: Liquidation?
    /// How far the market jumped on request: what the source says is this much lower.
    var shift: Price = .zero
    /// The book as the source goes on with it while the market stands still.
    var unseen: (bids: DepthSide, asks: DepthSide)?
    var fundings: [(time: Timestamp, rate: Ratio, mark: Price)] = []
    /// Open interest and taker volumes each five minutes, oldest first.
    var statistics: ContiguousArray<MarketStatistics> = []
    var statisticsVolume = (buy: Quantity.zero, sell: Quantity.zero)

    init(_ index: Int, _ instrument: Instrument, start: Timestamp, fundingRate: Ratio, fundingIntervalMs: Int64) {
        self.index = index
        self.instrument = instrument
        bookTime = start
        updateId = start.milliseconds * 3
        lastTradeId = start.milliseconds / 300
        lastAggregateId = start.milliseconds / 700
        mark = MarkPrice(
            instrument: index, price: .zero, average: .zero, index: .zero, fundingRate: fundingRate,
            nextFunding: start.floored(to: fundingIntervalMs) + fundingIntervalMs)
        openInterest = Notional(raw: 5_000_000_000 * fixedScale).buys(at: instrument.typicalPrice)
            .rounded(toMultipleOf: instrument.rules.stepSize, .down)
    }

    @inline(__always) subscript(_ side: Side) -> DepthSide {
        _read { yield side == .buy ? bids : asks }
        _modify {
            if side == .buy { yield &bids } else { yield &asks }
        }
    }

    @inline(__always) func resting(_ side: Side) -> [Int64] { side == .buy ? restingBuys : restingSells }

    /// Takes a change of a level in; false when it says what was known.
    mutating func take(_ change: LevelChange) -> Bool {
        let price = change.level.price
        guard self[change.side].set(price, to: change.level.quantity) else { return false }
        depth.noteChange(change.side, self[change.side].key(price))
        return true
    }

    /// Best visible prices; nil while a side is empty.
    public var best: (bid: DepthLevel, ask: DepthLevel)? {
        guard let bid = bids.best, let ask = asks.best else { return nil }
        return (bid, ask)
    }

    /// The visible book, best first.
    public func top(_ count: Int) -> (bids: [DepthLevel], asks: [DepthLevel]) { (bids.top(count), asks.top(count)) }

    /// The price for margin and profit: the mark, or the last one while there is none.
    public var markPrice: Price { mark.price > .zero ? mark.price : lastPrice }
}

/// What the depth streams still have to tell.
struct DepthPublishing: Sendable {
    /// Keys (signed prices) of changed levels since the last change frame, by speed.
    var changedBids: [[Int64]] = [[], [], []]
    var changedAsks: [[Int64]] = [[], [], []]
    var lastChangeId: [Int64] = [0, 0, 0]
    var lastPartialId: [Int64] = [0, 0, 0]
}
