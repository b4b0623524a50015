public import TradingPrimitives

/// The last closed candles of one timeframe in the order of their open times, whatever the order they came in.
public struct CandleSeries: Sendable {
    /// Where a candle went.
    public enum Placement: Sendable {
        /// After the newest, or it is the first.
        case next
        /// After the newest, with candles missing in between.
        case afterGap
        /// Before the newest, or in the place of another that differs.
        case elsewhere
        /// It was there already, or is older than what is kept.
        case known
    }

    public let timeframe: Timeframe
    private let capacity: Int
    private var candles: ContiguousArray<Candle> = []
    /// Candles above the capacity are removed together, not one by one.
    private static let slack = 64

    /// Keeps at least `capacity` candles.
    public init(_ timeframe: Timeframe, capacity: Int) {
        precondition(capacity > 1)
        self.timeframe = timeframe
        self.capacity = capacity
        candles.reserveCapacity(capacity + Self.slack)
    }

    /// Puts a closed candle in its place; one of the same open time is replaced.
    @discardableResult
    public mutating func insert(_ candle: Candle) -> Placement {
        guard let newest = candles.last, candle.openTime <= newest.openTime else {
            let isNext = candles.last.map { candle.openTime - $0.openTime == timeframe.milliseconds } ?? true
            if candles.count == capacity + Self.slack { candles.removeFirst(Self.slack) }
            candles.append(candle)
            return isNext ? .next : .afterGap
        }
        let place = candles.lastIndex { $0.openTime <= candle.openTime }
        if let place, candles[place].openTime == candle.openTime {
            if candles[place] == candle { return .known }
            candles[place] = candle
            return .elsewhere
        }
        if candles.count == capacity + Self.slack {
            guard let place else { return .known }
            candles.remove(at: 0)
            candles.insert(candle, at: place)
        } else {
            candles.insert(candle, at: place.map { $0 + 1 } ?? 0)
        }
        return .elsewhere
    }

    public var newest: Candle? { candles.last }

    /// Drops the candles that begin after `time`; says whether there were any.
    mutating func remove(after time: Timestamp) -> Bool {
        let before = candles.count
        while let newest = candles.last, newest.openTime > time { candles.removeLast() }
        return candles.count < before
    }

    /// The newest candles that follow each other without a gap.
    public var unbroken: ContiguousArray<Candle>.SubSequence {
        var start = candles.endIndex
        while start > 0 {
            if start < candles.endIndex,
                candles[start].openTime - candles[start - 1].openTime != timeframe.milliseconds
            {
                break
            }
            start -= 1
        }
        return candles[start...]
    }
}
