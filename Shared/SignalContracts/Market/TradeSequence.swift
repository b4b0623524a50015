public import TradingPrimitives

/// Tells a trade that is new from one that was heard before: the venue's numbers rise. A lower number with a later time is a venue
/// that has begun to count anew.
public struct TradeSequence: Sendable, BitwiseCopyable {
    private var lastId = Int64.min
    private var lastTime = Timestamp(milliseconds: .min)

    public init() {}

    /// Nil for one that was heard before. Else how many the venue has numbered since the last one that never came; and it is the
    /// last one now.
    @inlinable public mutating func missing(before trade: AggTrade) -> Int64? {
        missing(before: trade.tradeId, at: trade.tradeTime)
    }

    @usableFromInline mutating func missing(before id: Int64, at time: Timestamp) -> Int64? {
        guard id > lastId || time > lastTime else { return nil }
        // Numbers are not below zero, so that nothing overflows but the first difference.
        let missing = lastId != .min && id > lastId ? id - lastId - 1 : 0
        lastId = id
        lastTime = max(lastTime, time)
        return missing
    }
}
