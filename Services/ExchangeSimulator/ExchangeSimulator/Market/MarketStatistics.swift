public import TradingPrimitives

/// How the accounts of a contract are positioned.
public struct Positioning: Equatable, Sendable, BitwiseCopyable {
    /// Shares of all accounts, and of the top traders' ones, that are long; 1 is 100 %.
    public let accountsLong: Ratio
    public let topTradersLong: Ratio

    public init(accountsLong: Ratio, topTradersLong: Ratio) {
        (self.accountsLong, self.topTradersLong) = (accountsLong, topTradersLong)
    }
}

/// One five-minute row of `/futures/data`.
public struct MarketStatistics: Equatable, Sendable {
    /// End of the five minutes.
    public let time: Timestamp
    public let openInterest: Quantity
    public let mark: Price
    /// Volume of takers in the five minutes.
    public let buyVolume: Quantity
    public let sellVolume: Quantity
    public let positioning: Positioning

    public init(
        time: Timestamp, openInterest: Quantity, mark: Price, buyVolume: Quantity, sellVolume: Quantity,
        positioning: Positioning
    ) {
        self.time = time
        self.openInterest = openInterest
        self.mark = mark
        self.buyVolume = buyVolume
        self.sellVolume = sellVolume
        self.positioning = positioning
    }
}
