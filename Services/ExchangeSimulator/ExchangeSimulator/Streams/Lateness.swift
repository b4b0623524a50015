import TradingPrimitives

/// How much later than a thing happens a client hears of it, drawn for each stream by itself: the venue's streams know nothing
/// of each other, so that a book may come before the trades that made it, and a minute's last candle after the next minute's
/// first book. Within one stream the order stays.
public struct Lateness: Sendable {
    /// What a frame is late by.
    struct Delays: Sendable {
        /// From the event to the moment at which the venue tells it: `E` of the frame.
        let publish: Quantiles
        /// From that moment to the client, beyond the shortest way.
        let transport: Quantiles
    }

    /// When a frame says that it was made, and when it comes.
    struct Times: Equatable, Sendable {
        let published: Timestamp
        let due: Timestamp
    }

    private struct Stream: Sendable {
        var chance: SplitMix64
        var span = Int64.min
        var publishMs: Int64 = 0
        var transportMs: Int64 = 0
        var last: Times?

        init(seed: UInt64, number: Int64) {
            // Once mixed, since generators whose seeds are a step apart tell the same story a step apart.
            var mixer = SplitMix64(seed: seed &+ UInt64(bitPattern: number))
            chance = SplitMix64(seed: mixer.next())
        }

        mutating func draw(_ delays: Delays) {
            publishMs = delays.publish.milliseconds(at: chance.uniform())
            transportMs = delays.transport.milliseconds(at: chance.uniform())
        }

        /// Never before the frame that went ahead.
        mutating func next(at time: Timestamp) -> Times {
            let published = max(time + publishMs, last?.published ?? .zero)
            let times = Times(published: published, due: max(published + transportMs, last?.due ?? .zero))
            last = times
            return times
        }
    }

    /// What is sent within one of these spans meets the same jam, milliseconds.
    private static let spanMs: Int64 = 100

    private let seed: UInt64
    private var markets: [MarketStream: Stream] = [:]
    private var users: [Int: Stream] = [:]
    private var stops: [Int: Stream] = [:]

    /// One seed is one story of delays.
    public init(seed: UInt64) { self.seed = seed }

    /// For a market frame of this moment. Nil for one that the venue would not send: news of a candle while the close of the
    /// one before it is still to come.
    mutating func times(_ frame: MarketNews, on stream: MarketStream, at time: Timestamp) -> Times? {
        var state = markets[stream] ?? Stream(seed: seed, number: stream.number)
        defer { markets[stream] = state }
        if case .candle(_, _, _, isClosed: true) = frame {
            state.draw(.close)
            state.span = .min
            return state.next(at: time)
        }
        if case .candle = frame, let last = state.last, time < last.published { return nil }
        return Self.next(&state, .of(stream.kind), at: time)
    }

    /// For a frame of an account's own stream.
    mutating func times(ofAccount account: Int, at time: Timestamp) -> Times {
        var state = users[account] ?? Stream(seed: seed, number: -1 - Int64(account))
        defer { users[account] = state }
        return Self.next(&state, .user, at: time)
    }

    /// For the word of the service of conditional orders that one has been triggered, or is through: it hears of what the matching
    /// engine did, and tells it some milliseconds after the engine has told it by itself.
    mutating func times(ofStopIn account: Int, at time: Timestamp) -> Times {
        var state = stops[account] ?? Stream(seed: seed, number: -1_000_000 - Int64(account))
        defer { stops[account] = state }
        state.draw(.stop)
        return state.next(at: max(time, users[account]?.last?.due ?? time))
    }

    private static func next(_ state: inout Stream, _ delays: Delays, at time: Timestamp) -> Times {
        let span = time.milliseconds / spanMs
        if span != state.span {
            state.span = span
            state.draw(delays)
        }
        return state.next(at: time)
    }
}

/// A distribution by some of its quantiles, between which it is even; milliseconds.
struct Quantiles: Sendable {
    static let shares = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1]
    static let none = Quantiles([0, 0, 0, 0, 0, 0, 0, 0])

    private let values: [Double]

    /// One for each of `shares`, ascending.
    init(_ values: [Double]) { self.values = values }

    func milliseconds(at share: Double) -> Int64 {
        guard let above = Self.shares.firstIndex(where: { $0 > share }), above > 0 else {
            return Int64((values.last ?? 0).rounded())
        }
        let (from, to) = (Self.shares[above - 1], Self.shares[above])
        let value = values[above - 1] + (values[above] - values[above - 1]) * (share - from) / (to - from)
        return Int64(value.rounded())
    }
}

// As `calibrate` tells of recordings of 2021-07-22 (aggregated trades, candles) and 2024-08-08 (the others). Of marks,
// liquidations, day tickers and an account's own news nothing was recorded: they are taken to travel as trades do.
extension Lateness.Delays {
    private static let way = Quantiles([0, 2, 2.7, 4.1, 9.3, 16.3, 31.6, 46])

    /// Trades at one price are gathered for about a tenth of a second.
    private static let aggregateTrade = Self(
        publish: Quantiles([4, 23, 115, 155, 156, 157, 158, 158]), transport: way)
    private static let trade = Self(publish: Quantiles([0, 0, 0, 0, 1, 1, 2, 2]), transport: way)
    private static let depth = Self(publish: .none, transport: Quantiles([0, 1.4, 1.9, 2.4, 3, 3.6, 12.2, 39]))
    private static let bestPrices = Self(
        publish: Quantiles([0, 0, 0, 0, 1, 2, 27, 110]), transport: Quantiles([0, 1.7, 2.2, 2.9, 4.1, 9.9, 26.7, 53]))
    private static let candleWay = Quantiles([0.6, 2.1, 2.9, 3.7, 4.4, 5.5, 13.4, 20.8])
    private static let candle = Self(publish: .none, transport: candleWay)
    private static let other = Self(publish: .none, transport: way)

    /// A candle is closed by the first trade after it, or two seconds later where none comes.
    static let close = Self(publish: Quantiles([50, 203, 400, 791, 1600, 2003, 2004, 2010]), transport: candleWay)
    static let user = other
    /// The one frame that is on record was made 18 ms after its trigger, and 7 ms after it was triggered.
    static let stop = Self(publish: Quantiles([5, 6, 7, 10, 14, 17, 20, 20]), transport: .none)

    static func of(_ kind: MarketStream.Kind) -> Self {
        switch kind {
        case .aggregateTrade: aggregateTrade
        case .partialDepth, .depthChange: depth
        case .bestPrices: bestPrices
        case .candle, .continuousCandle: candle
        case .trade: trade
        case .mark, .liquidation, .dayTicker, .dayMiniTicker: other
        }
    }
}

extension MarketStream {
    /// A number of this stream alone, the same in every process.
    fileprivate var number: Int64 {
        let kind: Int64 =
            switch kind {
            case .aggregateTrade: 1
            case .trade: 2
            case .bestPrices: 3
            case .liquidation: 4
            case .dayTicker: 5
            case .dayMiniTicker: 6
            case .mark(let seconds): 10 + Int64(seconds)
            case .candle(let frame): 100 + frame.milliseconds / 60_000
            case .continuousCandle(let frame): 200 + frame.milliseconds / 60_000
            case .partialDepth(let levels, let speedMs): 10_000 + Int64(levels * 1000 + speedMs)
            case .depthChange(let speedMs): 100_000 + Int64(speedMs)
            }
        return Int64(instrument + 1) * 1_000_000 + kind
    }
}
