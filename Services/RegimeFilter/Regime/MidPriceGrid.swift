import Indicators
import SignalContracts
import TradingPrimitives

/// Samples the mid price at each multiple of five seconds of event time: the last one at or before it, if it is younger
/// than five seconds.
struct MidPriceGrid {
    static let stepMs: Int64 = 5000

    /// A multiple of five seconds that has been reached, with the log return over the five seconds before it.
    struct Step {
        let time: Timestamp
        let logReturn: Double?
    }

    private struct Sample: BitwiseCopyable {
        let time: Timestamp
        let mid: Double
    }

    private var clock: Timestamp?
    /// The last book that had a mid price.
    private var last: Sample?
    /// What was taken at the last multiple.
    private var taken: Sample?

    /// Takes a book in; gives the latest multiple that it reaches, if it reaches one. Times must not fall.
    mutating func update(_ book: BookUpdate, at time: Timestamp) -> Step? {
        let before = last
        if let mid = Self.mid(book) { last = Sample(time: time, mid: mid) }
        let step = time.floored(to: Self.stepMs)
        defer { clock = time }
        guard let clock else {
            taken = Self.sample(at: step, last)
            return nil
        }
        guard step > clock else { return nil }
        let start = step - Self.stepMs
        let first = taken?.time == start ? taken : Self.sample(at: start, before)
        taken = Self.sample(at: step, time == step ? last : before)
        guard let first, let taken else { return Step(time: step, logReturn: nil) }
        return Step(time: step, logReturn: logReturn(from: first.mid, to: taken.mid))
    }

    private static func sample(at time: Timestamp, _ newest: Sample?) -> Sample? {
        guard let newest, newest.time <= time, newest.time > time - stepMs else { return nil }
        return Sample(time: time, mid: newest.mid)
    }

    /// Twice the mid price in steps of 1e-8; nil for a book without both sides, or with crossed ones.
    private static func mid(_ book: BookUpdate) -> Double? {
        Quote(bid: book.bids.best?.price, ask: book.asks.best?.price).map { Double($0.bid.raw) + Double($0.ask.raw) }
    }
}
