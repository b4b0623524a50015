public import TradingPrimitives

/// Several sources as one, in the order of time; of equal times the earlier source comes first.
public struct MergedSource<Source: MarketSource>: MarketSource {
    private var sources: [Source]
    private var times: [Timestamp?]

    public init(_ sources: [Source]) {
        self.sources = sources
        times = []
        for index in self.sources.indices { times.append(self.sources[index].nextTime()) }
    }

    private var earliest: Int? {
        var best: Int?
        for index in times.indices {
            guard let time = times[index] else { continue }
            if let other = best.flatMap({ times[$0] }), other <= time { continue }
            best = index
        }
        return best
    }

    public mutating func nextTime() -> Timestamp? { earliest.flatMap { times[$0] } }

    public mutating func next() -> MarketEvent? {
        guard let index = earliest else { return nil }
        let event = sources[index].next()
        times[index] = sources[index].nextTime()
        return event
    }
}

/// A source that starts again when it ends, its times moved on by its own length.
public struct LoopedSource<Source: MarketSource>: MarketSource {
    private let make: () -> Source
    private var source: Source
    private var shiftMs: Int64 = 0
    private var firstTime: Timestamp?
    private var lastTime: Timestamp?
    private let isLooped: Bool

    /// `make` opens the source from its beginning. Without `isLooped` it is played once.
    public init(isLooped: Bool, _ make: @escaping () -> Source) {
        self.make = make
        self.isLooped = isLooped
        source = make()
        firstTime = source.nextTime()
    }

    public mutating func nextTime() -> Timestamp? {
        if let time = source.nextTime() { return time + shiftMs }
        guard isLooped, let firstTime, let lastTime else { return nil }
        // A whole number of minutes later, so that candles keep their grid.
        shiftMs += (lastTime - firstTime + 60_000) / 60_000 * 60_000
        source = make()
        return source.nextTime().map { $0 + shiftMs }
    }

    public mutating func next() -> MarketEvent? {
        guard nextTime() != nil, let event = source.next() else { return nil }
        lastTime = max(lastTime ?? event.time, event.time)
        return MarketEvent(time: event.time + shiftMs, instrument: event.instrument, event.body)
    }
}
