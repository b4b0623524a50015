public import SignalContracts
public import TradingPrimitives

/// E0: turns what the venue sends into entries of the `md.*` streams and into hot state.
///
/// Pure: the receipt time and the venue's time come with each message. What can't be true is refused at the door, before anything
/// is remembered of it. Duplicates (two sockets overlap when one takes over from the other) and stale messages are dropped. All of
/// that is counted. Entries of a symbol have increasing ids.
public struct DataHub {
    /// What arrives, for the symbol of this index.
    public enum Input: Sendable {
        case trade(AggTrade)
        case book(BookUpdate)
        case candle(CandleUpdate)
        case metric(MarketMetric)

        public var kind: Kind {
            switch self {
            case .trade: .trade
            case .book: .book
            case .candle(let candle): candle.isClosed ? .candle : .forming
            case .metric: .metric
            }
        }

        /// As it is said on its stream.
        public var message: SuiteMessage {
            switch self {
            case .trade(let trade): .trade(trade)
            case .book(let book): .book(book)
            case .candle(let candle): .candle(candle)
            case .metric(let metric): .metric(metric)
            }
        }

        /// The text of `message`, without making one: a hundred thousand a second come this way.
        public func encode(into fields: inout Fields) {
            switch self {
            case .trade(let trade): trade.encode(into: &fields)
            case .book(let book): book.encode(into: &fields)
            case .candle(let candle): candle.encode(into: &fields)
            case .metric(let metric): metric.encode(into: &fields)
            }
        }

        public var eventTime: Timestamp {
            switch self {
            case .trade(let trade): trade.eventTime
            case .book(let book): book.eventTime
            case .candle(let candle): candle.eventTime
            case .metric(let metric): metric.eventTime
            }
        }
    }

    /// What is to be written.
    public enum Output {
        /// An entry with its id.
        case entry(Kind, id: StreamId, Input)
        /// A change of hot state, for people and the dashboard.
        case hotState(HotState)
        /// A value that was not let in, for the log.
        case refused(RefusedInput)
        /// So many trades never came before the entry that follows.
        case missed(Int64)
    }

    public enum Kind: Int, Sendable, CaseIterable {
        case trade, book, candle, forming, metric

        public var stream: StreamKind {
            switch self {
            case .trade: .trade
            case .book: .book
            case .candle: .candle
            case .forming: .forming
            case .metric: .metric
            }
        }

        public var name: String {
            switch self {
            case .trade: "trade"
            case .book: "book"
            case .candle: "candle"
            case .forming: "forming"
            case .metric: "metric"
            }
        }
    }

    /// Messages of one kind, by what became of them.
    public struct Counts: Equatable, Sendable {
        public var accepted: Int64 = 0
        public var duplicate: Int64 = 0
        public var stale: Int64 = 0
        /// Updates of a candle in progress that came too soon after the last one.
        public var thinned: Int64 = 0
        /// Trades that the venue numbered and that never came; closes of candles that had to be asked for.
        public var missing: Int64 = 0
        /// What can't be true or does not fit; `refused` tells why.
        public var absurd: Int64 = 0
        /// By the order of `RefusedInput.Reason`; with the levels of books that were let in without them.
        public var refused = [Int64](repeating: 0, count: RefusedInput.Reason.allCases.count)
    }

    private let configuration: HubConfiguration
    private var symbols: [SymbolFeed]
    /// How fast the venue's time runs beside ours: so much farther may its events be ahead of what we take for its time.
    public var clockRate = 1.0
    public private(set) var counts = [Counts](repeating: Counts(), count: Kind.allCases.count)

    public init(_ symbols: [Symbol], _ configuration: HubConfiguration = HubConfiguration()) {
        self.configuration = configuration
        self.symbols = symbols.map { SymbolFeed($0, configuration) }
    }

    /// The last id that stands in any of the symbol's streams: entries of this process get greater ones.
    public mutating func resume(symbol: Int, after id: StreamId) {
        symbols[symbol].lastId = max(symbols[symbol].lastId, id)
    }

    /// The trade and the book that stand last in the symbol's streams, whoever wrote them: neither is written again, and what never
    /// came in between is counted. What the venue has not reached yet is of another one, or of a time that was played faster.
    public mutating func resume(symbol: Int, trade: AggTrade?, book: BookUpdate?, venueTime: Timestamp) {
        let latest = venueTime + aheadMaxMs
        symbols[symbol].resume(
            trade.flatMap { $0.eventTime <= latest ? $0 : nil }, book.flatMap { $0.eventTime <= latest ? $0 : nil })
    }

    private var aheadMaxMs: Int64 { Int64(Double(configuration.aheadMaxMs) * max(1, clockRate)) }

    /// Forgets which messages were seen last: the venue has begun its numbers and times anew.
    public mutating func forgetSequence() {
        for index in symbols.indices { symbols[index].forgetSequence() }
    }

    /// Forgets which candles and readings of a symbol were written: Redis has come back without what came last, and may have lost
    /// some. They are to be asked for again; who has one already takes no second.
    public mutating func forgetWritten(symbol: Int) { symbols[symbol].forgetWritten() }

    /// Takes a message in; false for what was refused. `receivedUs` is our clock in microseconds since 1970, `venueTime` the
    /// venue's at this moment.
    @discardableResult
    public mutating func receive(
        _ input: Input, symbol: Int, receivedUs: Int64, venueTime: Timestamp, write: (Output) -> Void
    ) -> Bool {
        if case .book(let book) = input, !MarketDoor.areLevelsGood(book) {
            let (rest, refusal) = MarketDoor.withoutBadLevels(book)
            if let refusal {
                leaveOut(refusal, write: write)
                return receive(
                    .book(rest), symbol: symbol, receivedUs: receivedUs, venueTime: venueTime, write: write)
            }
        }
        if let refusal = MarketDoor(now: venueTime, aheadMaxMs: aheadMaxMs).refusal(of: input) {
            refuse(refusal, write: write)
            return false
        }
        let kind = input.kind
        if configuration.staleMs > 0, !isLate(input), venueTime - input.eventTime > configuration.staleMs {
            counts[kind.rawValue].stale += 1
            return true
        }
        if let refusal = symbols[symbol].distance(of: input) {
            refuse(refusal, write: write)
            return false
        }
        let input = symbols[symbol].inItsPlace(input, venueTime: venueTime)
        switch symbols[symbol].judge(input) {
        case .duplicate: counts[kind.rawValue].duplicate += 1
        case .stale: counts[kind.rawValue].stale += 1
        case .thinned: counts[kind.rawValue].thinned += 1
        case .accepted(let missing):
            counts[kind.rawValue].accepted += 1
            let (all, isTooMany) = counts[kind.rawValue].missing.addingReportingOverflow(missing)
            if !isTooMany { counts[kind.rawValue].missing = all }
            if missing > 0 { write(.missed(missing)) }
            put(input, symbol: symbol, receivedUs: receivedUs, write: write)
        }
        return true
    }

    /// The venue has answered a question for candles of a symbol, and they have been received: what is not among them it may not have.
    public mutating func candlesCame(_ timeframe: Timeframe, symbol: Int) { symbols[symbol].candlesCame(timeframe) }

    /// Tells which closed candles should have come by now, for them to be asked for, again and again while they do not come. To be
    /// called several times a second. What was told is accepted as if it had come.
    public mutating func lookForCloses(venueTime: Timestamp, tell: (_ symbol: Int, Timeframe, MissingClose) -> Void) {
        for index in symbols.indices {
            symbols[index].missingCloses(venueTime: venueTime) { timeframe, missing in
                counts[Kind.candle.rawValue].missing += missing.newCount
                tell(index, timeframe, missing)
            }
        }
    }

    /// Counts and tells what did not come in; also what the reader of the venue's frames could not bring in.
    public mutating func refuse(_ refusal: RefusedInput, write: (Output) -> Void) {
        counts[refusal.kind.rawValue].absurd += 1
        leaveOut(refusal, write: write)
    }

    /// The same for a part of a message whose rest comes in.
    public mutating func leaveOut(_ refusal: RefusedInput, write: (Output) -> Void) {
        if let index = RefusedInput.Reason.allCases.firstIndex(of: refusal.reason) {
            counts[refusal.kind.rawValue].refused[index] += 1
        }
        write(.refused(refusal))
    }

    /// Candles and ratios that were asked for may be old. A closed candle is never too old: without one of them its readers
    /// are cold, and nobody would ask for it.
    private func isLate(_ input: Input) -> Bool {
        switch input {
        case .trade, .book: false
        case .candle(let candle): candle.isBackfill || candle.isClosed
        case .metric: true
        }
    }

    private mutating func put(_ input: Input, symbol: Int, receivedUs: Int64, write: (Output) -> Void) {
        let id = symbols[symbol].nextId(receivedUs)
        write(.entry(input.kind, id: id, input))
        switch input {
        case .trade(let trade): symbols[symbol].hot.keep(trade)
        case .book(let book): symbols[symbol].hot.keep(book)
        case .candle(let candle): symbols[symbol].hot.keep(candle)
        case .metric(let metric): symbols[symbol].hot.keep(metric)
        }
    }

    /// Writes the hot state that has changed since the last time. To be called every `hotStateMs`.
    public mutating func writeHotState(_ write: (Output) -> Void) {
        for index in symbols.indices { symbols[index].hot.take { write(.hotState($0)) } }
    }
}

/// Bounds of the hub.
public struct HubConfiguration: Equatable, Sendable {
    /// Trades in `ticks:{S}`.
    public var ticksMax = 2000
    /// Candles in `candles:{S}:<timeframe>`.
    public var candlesMax = 500
    /// Open interest readings in `oi:{S}:history`.
    public var openInterestMax = 12
    /// Distance of the updates of a 1m candle in progress, milliseconds; of a 3m candle three times as much, and so on.
    public var candleUpdateMs: Int64 = 1000
    /// Distance of the writes of hot state, milliseconds.
    public var hotStateMs: Int64 = 250
    /// Trades, books and candles older than this by the venue's clock are dropped, milliseconds; 0 for no bound.
    public var staleMs: Int64 = 10_000
    /// How long after its end a candle's close is waited for, of the venue's time, milliseconds: the venue's come up to two seconds
    /// late.
    public var closeGraceMs: Int64 = 3000
    /// How far an event may be ahead of the venue's time as we know it, milliseconds of ours: we know it to half of a round trip.
    public var aheadMaxMs: Int64 = 5000
    /// How far a trade or the middle of a book may be from the mark price, a part of it: what is farther is dropped.
    public var markBandRatio = 0.02

    public init() {}
}
