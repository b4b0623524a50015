import SignalContracts
public import TradingPrimitives

/// Which closed candles of one contract and timeframe have been written, and which should have come by now.
///
/// Candles are numbered by their open time. Nobody would ask again for a close that was lost with a connection, or that was refused
/// at the door, and without it those who read this timeframe are cold for as long as they look back.
struct ClosedCandles {
    private let lengthMs: Int64
    /// Numbers of the candles written, without a hole in each; ascending.
    private var runs: [ClosedRange<Int64>] = []
    /// The first candle that the hub saw in progress, or close by itself: what lies before is the past, which is asked for at the start.
    private var since: Int64?
    private var asked: (number: Int64, attempt: Int, answers: Int, at: Timestamp)?
    /// Of those before, the venue has no more, or none that can be true.
    private var wantedFrom = Int64.min
    /// Those counted as missing.
    private var countedThrough = Int64.min

    private static let runsMax = 16
    /// After so many answers without it a candle that has successors is given up.
    private static let answersMax = 5
    private static let againMs: Int64 = 5000
    private static let againMaxMs: Int64 = 60_000
    /// The venue gives no more at once.
    private static let countMax: Int64 = 1500

    init(_ timeframe: Timeframe) { lengthMs = timeframe.milliseconds }

    private func number(_ openTime: Timestamp) -> Int64 { openTime.floored(to: lengthMs).milliseconds / lengthMs }

    /// Open time of the newest one.
    var newest: Timestamp? { runs.last.map { Timestamp(milliseconds: $0.upperBound * lengthMs) } }

    /// The contract's candles are told from this one on.
    mutating func watch(from openTime: Timestamp) { if since == nil { since = number(openTime) } }

    /// False when it is there.
    mutating func insert(_ openTime: Timestamp) -> Bool {
        let number = number(openTime)
        // Most often it is the next.
        if let last = runs.last, last.upperBound == number - 1 {
            runs[runs.count - 1] = last.lowerBound...number
            return true
        }
        let place = runs.firstIndex { $0.upperBound >= number } ?? runs.count
        if place < runs.count, runs[place].contains(number) { return false }
        runs.insert(number...number, at: place)
        if place + 1 < runs.count, runs[place + 1].lowerBound == number + 1 { join(place) }
        if place > 0, runs[place - 1].upperBound == number - 1 { join(place - 1) }
        if runs.count > Self.runsMax { runs.removeFirst() }
        return true
    }

    private mutating func join(_ place: Int) {
        runs[place] = runs[place].lowerBound...runs[place + 1].upperBound
        runs.remove(at: place + 1)
    }

    // MARK: Missing

    /// Whether it was asked for, and no later one could have closed: then it comes in the place of the venue's word.
    func standsIn(_ openTime: Timestamp, venueTime: Timestamp) -> Bool {
        guard let asked else { return false }
        return number(openTime) >= asked.number && venueTime - openTime < 2 * lengthMs
            && newest.map { openTime > $0 } ?? true
    }

    /// What to ask for now: the oldest that should have come `graceMs` ago, and how many up to the one in progress.
    mutating func missing(venueTime: Timestamp, graceMs: Int64) -> MissingClose? {
        let due = number(venueTime - graceMs) - 1
        guard let first = firstMissing(due) else {
            asked = nil
            return nil
        }
        var attempt = 1, answers = 0
        if let asked, asked.number == first {
            let waitMs = min(Int64(asked.attempt) * Self.againMs, Self.againMaxMs)
            // A venue that has begun anew is behind.
            guard abs(venueTime - asked.at) >= waitMs else { return nil }
            (attempt, answers) = (asked.attempt + 1, asked.answers)
        }
        if answers >= Self.answersMax, first < runs.last?.upperBound ?? .min {
            wantedFrom = first + 1
            asked = nil
            return missing(venueTime: venueTime, graceMs: graceMs)
        }
        asked = (first, attempt, answers, venueTime)
        let fresh = max(0, due - max(countedThrough, first - 1))
        countedThrough = max(countedThrough, due)
        return MissingClose(
            openTime: Timestamp(milliseconds: first * lengthMs), attempt: attempt, newCount: fresh,
            limit: Int(min(number(venueTime) - first + 1, Self.countMax)))
    }

    /// The venue has answered a question for candles, and what it told is in.
    mutating func answered() { asked?.answers += 1 }

    private func firstMissing(_ due: Int64) -> Int64? {
        guard let since else { return nil }
        var number = max(since, wantedFrom, due - Self.countMax + 2)
        for run in runs where run.upperBound >= number {
            if run.lowerBound > number { break }
            number = run.upperBound + 1
        }
        return number <= due ? number : nil
    }
}

/// A closed candle that did not come, for the shell to ask for.
public struct MissingClose: Equatable, Sendable {
    public let openTime: Timestamp
    /// 1 for the first time.
    public let attempt: Int
    /// Candles that were not missing the last time.
    let newCount: Int64
    /// Candles to ask for, the one in progress among them.
    public let limit: Int
}
