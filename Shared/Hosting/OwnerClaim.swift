/// One process' claim to be the only owner of something, by a lease: what it asks and when, and what it learns of it.
///
/// Pure: time comes from outside, in microseconds of a clock that goes on while the machine sleeps.
public struct OwnerClaim: Sendable {
    public enum Question: Equatable, Sendable {
        /// Renew the lease, or take it if it is free: `answered(isOwned:)`.
        case renewal
        /// Who has it, without taking it: `answered(isFree:)`.
        case look
    }

    /// What a turn or an answer comes to, for the shell to act upon.
    public enum News: Equatable, Sendable {
        /// This process is the owner now.
        case taken
        /// It has been, and another is.
        case lost
        /// It slept past the lease's end, and may not be any more: to be asked at once.
        case expired
        /// Nobody answered, and there is something to protect: it acts as if it had been the owner until now.
        case assumed
        /// Another one is.
        case standby
    }

    private var lease: LeaseStanding
    private let freeForUs: Int64
    private let startedAtUs: Int64
    private var asked: (question: Question, atUs: Int64)?
    /// Since when looks have found it free, as a standby.
    private var freeSinceUs: Int64?
    public private(set) var isOwner = false
    private var hasOwned = false
    /// Whether a question to renew was ever answered.
    public private(set) var hasAnswered = false
    /// A question that has not been answered for so long is asked anew, over another connection.
    private static let silenceMaxUs: Int64 = 2_000_000
    /// One that has waited for so long is a standby: it only takes what has been free for a while. An owner takes the lease
    /// again after a Redis that was emptied or started anew, and must not be overtaken then.
    private static let standbyAfterUs: Int64 = 5_000_000
    /// How long a start waits for Redis before it assumes that the lease is its own.
    private static let assumeAfterUs: Int64 = 2_000_000

    /// `freeForUs`: for how long it must have been free before a standby takes it.
    public init(freeForUs: Int64, startedAtUs: Int64) {
        lease = LeaseStanding(lifeUs: LeaseTable.lifeMs * 1000)
        self.freeForUs = freeForUs
        self.startedAtUs = startedAtUs
    }

    public func standing(atUs now: Int64) -> LeaseStanding.Standing { lease.standing(atUs: now) }

    /// The loop turned. To be called ten times a second. `mayAssume`: whether there is something to protect, so that a process that
    /// starts while Redis is away does not wait for it.
    public mutating func turned(atUs now: Int64, mayAssume: () -> Bool) -> News? {
        lease.turned(atUs: now)
        if isOwner, standing(atUs: now) == .none {
            isOwner = false
            return .expired
        }
        guard !hasAnswered, !hasOwned, now - startedAtUs > Self.assumeAfterUs, mayAssume() else { return nil }
        lease.assumed(atUs: now)
        (isOwner, hasOwned) = (true, true)
        return .assumed
    }

    /// Whether the last question has been silent for so long that its connection is to be dropped.
    public func isSilent(atUs now: Int64) -> Bool { asked.map { now - $0.atUs > Self.silenceMaxUs } ?? false }

    /// What to ask now; nil while an answer is owed.
    public mutating func ask(atUs now: Int64) -> Question? {
        if asked != nil, !isSilent(atUs: now) { return nil }
        let question = mustLook(now) ? Question.look : .renewal
        asked = (question, now)
        return question
    }

    private func mustLook(_ now: Int64) -> Bool {
        guard freeForUs > 0, hasAnswered, !hasOwned, now - startedAtUs > Self.standbyAfterUs else { return false }
        return freeSinceUs.map { now - $0 < freeForUs } ?? true
    }

    /// The question whose answer is owed.
    public var question: Question? { asked?.question }

    /// To a look.
    public mutating func answered(isFree: Bool) {
        guard let (_, askedAtUs) = asked else { return }
        asked = nil
        freeSinceUs = isFree ? freeSinceUs ?? askedAtUs : nil
    }

    /// To a renewal.
    public mutating func answered(isOwned: Bool) -> News? {
        guard let (_, askedAtUs) = asked else { return nil }
        asked = nil
        freeSinceUs = nil
        let isFirst = !hasAnswered
        hasAnswered = true
        guard isOwned else {
            lease.lost()
            isOwner = false
            return hasOwned ? .lost : isFirst ? .standby : nil
        }
        lease.granted(askedAtUs: askedAtUs)
        guard !isOwner else { return nil }
        (isOwner, hasOwned) = (true, true)
        return .taken
    }

    /// The answer could not be read: it says nothing.
    public mutating func answerFailed() { asked = nil }

    /// The connection is gone, with the answer that was owed.
    public mutating func disconnected() {
        asked = nil
        freeSinceUs = nil
    }

    /// It was given back.
    public mutating func left() { lease.lost() }
}
