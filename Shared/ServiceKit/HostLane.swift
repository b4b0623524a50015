import StreamBus

/// The connections over which a host reads and commits: one lane to a single Redis, on a cluster one to each slot.
final class HostLane {
    /// What the next replies on the committing connection answer.
    enum Expectation {
        /// Replies of a transaction's commands that are still to come; the last one counts.
        case commit(lane: Int, replyCount: Int)
        /// Replies to what goes ahead of the transactions, still to come.
        case ahead(replyCount: Int)
        /// XINFO STREAM and XINFO GROUPS.
        case position(stream: Int)
        /// Entries that have long been pending.
        case foreign(stream: Int)
        case trim
        /// WATCH of the fence.
        case watch
        /// The fence's value: what is committed has been answered with it, unless nothing was.
        case fence(endsCommit: Bool)
    }

    /// What its keys have in braces.
    let tag: ArraySlice<UInt8>
    /// What the reader reads here; nil for a slot that is only written to.
    let part: Int?
    var readLink: RedisLink?
    var commitLink: RedisLink?
    /// When Redis last answered, monotonic microseconds.
    var lastAnswerUs = SystemClock.monotonicUs()
    var positionReply: RedisValue?
    /// Whether something of what goes ahead was refused, of which more answers are owed.
    var isAheadRefused = false
    private var expectations: [Expectation] = []
    private var next = 0

    init(tag: ArraySlice<UInt8>, part: Int?) {
        self.tag = tag
        self.part = part
    }

    func close() {
        readLink?.close()
        commitLink?.close()
    }

    func expect(_ expectation: Expectation) { expectations.append(expectation) }

    /// Nil when nothing was asked.
    var expected: Expectation? { next < expectations.count ? expectations[next] : nil }

    /// More replies belong to what is expected.
    func expectMore(_ expectation: Expectation) { expectations[next] = expectation }

    func met() {
        next += 1
        guard next == expectations.count else { return }
        expectations.removeAll(keepingCapacity: true)
        next = 0
    }
}
