public import TradingPrimitives

/// Open, high, low and close of one span, with its volume.
public struct MarketCandle: Equatable, Sendable, BitwiseCopyable {
    public let openTime: Timestamp
    public var open: Price
    public var high: Price
    public var low: Price
    public var close: Price
    public var volume: Quantity
    public var quoteVolume: Notional
    public var takerVolume: Quantity
    public var takerQuoteVolume: Notional
    public var trades: Int64
    public var firstTradeId: Int64
    public var lastTradeId: Int64

    public init(openTime: Timestamp, price: Price) {
        self.openTime = openTime
        (open, high, low, close) = (price, price, price, price)
        (volume, quoteVolume, takerVolume, takerQuoteVolume) = (.zero, .zero, .zero, .zero)
        (trades, firstTradeId, lastTradeId) = (0, -1, -1)
    }

    mutating func add(_ other: MarketCandle) {
        high = max(high, other.high)
        low = min(low, other.low)
        close = other.close
        volume = volume.plus(other.volume)
        quoteVolume = quoteVolume.plus(other.quoteVolume)
        takerVolume = takerVolume.plus(other.takerVolume)
        takerQuoteVolume = takerQuoteVolume.plus(other.takerQuoteVolume)
        if trades == 0 { firstTradeId = other.firstTradeId }
        if other.trades > 0 { lastTradeId = other.lastTradeId }
        trades += other.trades
    }
}

/// The candles of one instrument: the four live timeframes, and longer ones put together when asked.
struct Candles: Sendable {
    static let keep = 20_000
    static let frames = Timeframe.allCases

    /// Closed candles, oldest first, by the index of the timeframe.
    private(set) var closed: [ContiguousArray<MarketCandle>] = frames.map { _ in [] }
    /// The candle that is being made.
    private(set) var current: [MarketCandle?] = frames.map { _ in nil }
    /// Whether the current candle changed since it was published.
    var isChanged: [Bool] = frames.map { _ in false }

    /// Takes one-minute candles of the past, oldest first, all before what is there.
    mutating func prepend(history minutes: [MarketCandle]) {
        for (index, frame) in Self.frames.enumerated() {
            var made: ContiguousArray<MarketCandle> = []
            for minute in minutes { Self.merge(minute, into: &made, .even(ms: frame.milliseconds)) }
            // The last candle of a longer frame may still be open.
            if let last = made.last, let end = minutes.last, frame != .oneMinute,
                last.openTime + frame.milliseconds > end.openTime + 60_000
            {
                made.removeLast()
                current[index] = last
            }
            closed[index] = ContiguousArray(made.suffix(Self.keep)) + closed[index]
        }
    }

    static func merge(_ candle: MarketCandle, into made: inout ContiguousArray<MarketCandle>, _ span: CandleSpan) {
        let openTime = span.start(of: candle.openTime)
        if let last = made.indices.last, made[last].openTime == openTime {
            made[last].add(candle)
            return
        }
        var first = MarketCandle(openTime: openTime, price: candle.open)
        first.add(candle)
        made.append(first)
    }

    mutating func trade(
        _ price: Price, _ quantity: Quantity, aggressor: Side, firstId: Int64, lastId: Int64, at time: Timestamp
    ) {
        var minute = MarketCandle(openTime: time, price: price)
        minute.volume = quantity
        minute.quoteVolume = price * quantity
        minute.takerVolume = aggressor == .buy ? quantity : .zero
        minute.takerQuoteVolume = aggressor == .buy ? minute.quoteVolume : .zero
        (minute.trades, minute.firstTradeId, minute.lastTradeId) = (lastId - firstId + 1, firstId, lastId)
        for index in Self.frames.indices {
            let openTime = time.floored(to: Self.frames[index].milliseconds)
            if current[index]?.openTime != openTime, current[index] != nil { continue }  // late for its candle
            if current[index] == nil { current[index] = MarketCandle(openTime: openTime, price: price) }
            if current[index]?.trades == 0, current[index]?.volume == .zero {
                current[index] = MarketCandle(openTime: openTime, price: price)
            }
            current[index]?.add(minute)
            isChanged[index] = true
        }
    }

    /// Closes the candle of a timeframe whose span ends at `time` and opens the next one. Nil when there was none.
    mutating func close(_ index: Int, at time: Timestamp) -> MarketCandle? {
        guard let done = current[index], done.openTime + Self.frames[index].milliseconds <= time else { return nil }
        if closed[index].count >= Self.keep * 2 { closed[index].removeFirst(Self.keep) }
        closed[index].append(done)
        current[index] = MarketCandle(openTime: time.floored(to: Self.frames[index].milliseconds), price: done.close)
        isChanged[index] = false
        return done
    }

    /// Closed and current candles of any span, oldest first.
    func all(_ span: CandleSpan) -> ContiguousArray<MarketCandle> {
        let base = span.base(among: Self.frames)
        var made: ContiguousArray<MarketCandle> = []
        if .even(ms: Self.frames[base].milliseconds) == span {
            made = closed[base]
            if let current = current[base] { made.append(current) }
            return made
        }
        for candle in closed[base] { Self.merge(candle, into: &made, span) }
        if let current = current[base] { Self.merge(current, into: &made, span) }
        return made
    }

    /// Sum over the last 24 hours, to the minute: quarters of an hour, and the minutes before the first whole one.
    func day(until now: Timestamp) -> MarketCandle? {
        let minute = Self.frames.firstIndex(of: .oneMinute) ?? 0
        let quarter = Self.frames.firstIndex(of: .fifteenMinutes) ?? 0
        let from = now - 86_400_000
        let firstQuarter =
            from.floored(to: Timeframe.fifteenMinutes.milliseconds) + Timeframe.fifteenMinutes.milliseconds
        var sum: MarketCandle?
        func add(_ candle: MarketCandle) {
            if sum == nil { sum = MarketCandle(openTime: candle.openTime, price: candle.open) }
            sum?.add(candle)
        }
        for candle in closed[minute].suffix(1460) where candle.openTime > from && candle.openTime < firstQuarter {
            add(candle)
        }
        for candle in closed[quarter].suffix(100) where candle.openTime >= firstQuarter { add(candle) }
        if let current = current[quarter] { add(current) }
        return sum
    }
}
