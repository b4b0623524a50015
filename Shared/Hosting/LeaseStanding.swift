/// Whether this process may act as the one owner of something, by a lease that others could have taken meanwhile.
///
/// Pure: time comes from outside, in microseconds of a clock that goes on while the machine sleeps.
public struct LeaseStanding: Sendable {
    public enum Standing: Equatable, Sendable {
        /// Not ours, or no longer surely ours: nothing may be done in its name.
        case none
        /// Ours: nobody else can have it before it runs out.
        case held
        /// Ours until Redis fell silent, and since then this process has been awake all the time. Who can't reach Redis
        /// can't take it either; one who can may have.
        case unconfirmed
    }

    public let lifeUs: Int64
    /// Taken off its life: what has been checked must leave before the lease runs out.
    private static let marginUs: Int64 = 200_000
    /// A loop that did not turn for so long was asleep, whatever the reason.
    private static let awakeMaxUs: Int64 = 700_000

    private var grantedAtUs: Int64?
    private var lastTurnUs: Int64 = 0

    public init(lifeUs: Int64) { self.lifeUs = lifeUs }

    /// The loop turned. To be called several times in `awakeMaxUs`; sleep past the lease's end is found out here at the latest.
    public mutating func turned(atUs now: Int64) {
        if standing(atUs: now) == .none { grantedAtUs = nil }
        lastTurnUs = now
    }

    /// Redis said that it is ours, to a question that was asked at `askedAtUs`.
    public mutating func granted(askedAtUs: Int64) {
        grantedAtUs = max(grantedAtUs ?? askedAtUs, askedAtUs)
        lastTurnUs = max(lastTurnUs, askedAtUs)
    }

    /// Redis has never answered, and there is something to protect: as if the lease had been ours until now.
    public mutating func assumed(atUs now: Int64) {
        grantedAtUs = now - lifeUs
        lastTurnUs = now
    }

    /// Redis said that it is another's, or it was given back.
    public mutating func lost() { grantedAtUs = nil }

    public func standing(atUs now: Int64) -> Standing {
        guard let grantedAtUs else { return .none }
        if now - grantedAtUs < lifeUs - Self.marginUs { return .held }
        return now - lastTurnUs < Self.awakeMaxUs ? .unconfirmed : .none
    }
}
