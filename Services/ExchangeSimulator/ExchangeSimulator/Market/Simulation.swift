public import TradingPrimitives

/// An exchange with a market that plays on it.
public struct Simulation<Source: MarketSource> {
    public var exchange: Exchange
    private var source: Source
    /// The source has no more events.
    public private(set) var isEnded = false
    /// Market events played so far.
    public private(set) var eventCount = 0

    public init(_ exchange: Exchange, _ source: Source) {
        (self.exchange, self.source) = (exchange, source)
    }

    /// Time of the next market event; nil after the last one.
    public mutating func nextTime() -> Timestamp? { isEnded ? nil : source.nextTime() }

    /// Plays the market up to `time`, `eventsMax` events at most. True when it got there.
    public mutating func play(until time: Timestamp, eventsMax: Int = .max) -> Bool {
        var rest = eventsMax
        while !isEnded {
            guard let next = source.nextTime() else {
                isEnded = true
                break
            }
            if next > time { break }
            if rest == 0 { return false }
            rest -= 1
            guard let event = source.next() else { break }
            exchange.process(event)
            eventCount += 1
        }
        exchange.advance(to: time)
        return true
    }
}
