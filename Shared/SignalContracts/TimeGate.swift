public import TradingPrimitives

/// When something was at the venue.
public enum Moment: Sendable {
    /// The venue's time goes on with it: it was then, a moment ago.
    case now(Timestamp)
    /// It is told after the fact.
    case past(Timestamp)
}

/// Keeps one impossible time from becoming the present: windows that went there would never come back.
///
/// A time that is a leap away from the last one, a day where nothing else is said, is believed when the next entry says the same: then the venue was away so long, or
/// has begun anew.
public struct TimeGate: Sendable {
    public enum Verdict: Equatable, Sendable {
        case goesOn
        /// Not to be believed by itself: the entry is to be left out.
        case doubtful
        /// The venue's time has begun anew, before what was known: nothing of that counts any more.
        case beganAnew
    }

    @inlinable public static var dayMs: Int64 { 86_400_000 }
    /// Distance from the last time beyond which one is not believed by itself, milliseconds.
    public let leapMs: Int64
    @usableFromInline var last: Timestamp?
    @usableFromInline var doubted: Timestamp?

    public init(leapMs: Int64 = dayMs) { self.leapMs = leapMs }

    @inlinable public mutating func judge(_ moment: Moment) -> Verdict {
        switch moment {
        case .past(let time): return last.map { time - $0 > leapMs } ?? false ? .doubtful : .goesOn
        case .now(let time):
            guard let last, abs(time - last) > leapMs else {
                self.last = max(time, last ?? time)
                doubted = nil
                return .goesOn
            }
            return doubt(time, after: last)
        }
    }

    @usableFromInline mutating func doubt(_ time: Timestamp, after last: Timestamp) -> Verdict {
        guard let doubted, abs(time - doubted) <= leapMs else {
            doubted = time
            return .doubtful
        }
        self.last = time
        self.doubted = nil
        return time < last ? .beganAnew : .goesOn
    }
}
