public import TradingPrimitives

/// Quantity that waits at one price.
public struct DepthLevel: Equatable, Sendable, BitwiseCopyable {
    public let price: Price
    public let quantity: Quantity

    @inlinable public init(price: Price, quantity: Quantity) {
        self.price = price
        self.quantity = quantity
    }
}

/// A level's new absolute quantity; zero removes it.
public struct LevelChange: Equatable, Sendable {
    /// `buy` for a bid, `sell` for an ask.
    public let side: Side
    public let level: DepthLevel

    @inlinable public init(side: Side, price: Price, quantity: Quantity) {
        self.side = side
        self.level = DepthLevel(price: price, quantity: quantity)
    }
}

/// One thing that happened in the market outside this venue's own clients, whether recorded or synthetic.
public struct MarketEvent: Equatable, Sendable {
    public enum Body: Equatable, Sendable {
        case bookChange([LevelChange])
        /// The whole visible book. `isPassedThrough`: it is the source's own depth frame, to be published as it comes.
        case bookSnapshot(bids: [DepthLevel], asks: [DepthLevel], isPassedThrough: Bool)
        /// Best prices between two book changes; published, not matched against.
        case bestPrices(bid: DepthLevel, ask: DepthLevel)
        case trade(price: Price, quantity: Quantity, aggressor: Side)
        /// A liquidation order of somebody else; its trade is an event of its own.
        case liquidation(side: Side, price: Price, average: Price, quantity: Quantity)
        case mark(price: Price, index: Price)
        /// The rate that will be paid at the next funding time.
        case fundingRate(Ratio)
        case openInterest(Quantity)
        case positioning(Positioning)
    }

    /// The venue's time of the event.
    public let time: Timestamp
    /// Index of the instrument at the venue.
    public let instrument: Int
    public let body: Body

    public init(time: Timestamp, instrument: Int, _ body: Body) {
        self.time = time
        self.instrument = instrument
        self.body = body
    }
}

/// A story of market events in the order of their time.
public protocol MarketSource {
    /// Time of the next event; nil at the end of the story.
    mutating func nextTime() -> Timestamp?
    /// Takes the next event; nil at the end of the story.
    mutating func next() -> MarketEvent?
}
