import StreamBus

/// Lets one process write and no other: what it writes goes in transactions that watch the key naming the owner, and the next one
/// leaves only when the key was seen to name this process after the last.
///
/// A process that sleeps between the look and the transaction has its transaction refused, since the new owner wrote the key; one
/// that sleeps before the look sees another's name.
struct WriteGate {
    /// What the next answer is to.
    private enum Awaited {
        case multi
        case queued
        case exec
        case claim
        case watch
        case owner
    }

    enum Answer: Equatable {
        case nothing
        /// The key names this process: the next transaction may leave.
        case opened
        /// It names another one, or none.
        case shut
        /// The transaction's answers are the elements of this reply.
        case carriedOut
        /// Nothing of it was carried out, for the key has changed.
        case refused
        /// Nothing of it was carried out, for this reason.
        case failed(String)
    }

    private let key: String
    private let owner: String
    private var awaited: [Awaited] = []
    private var next = 0
    private var failure: String?
    /// Answers that the transaction under way has.
    private(set) var repliesUnderWay = 0
    private(set) var isOpen = false

    init(_ fence: (key: String, owner: String)) { (key, owner) = fence }

    /// A new connection: nothing is under way on it.
    mutating func reset() {
        awaited.removeAll(keepingCapacity: true)
        (next, repliesUnderWay, failure, isOpen) = (0, 0, nil, false)
    }

    /// Asks whose key it is, and watches it. `isClaiming` writes it first: for an owner whose name was lost with its node.
    mutating func look(_ commands: inout CommandBuffer, isClaiming: Bool = false) {
        if isClaiming {
            commands.command(["SET", key, owner])
            awaited.append(.claim)
        }
        commands.command(["WATCH", key])
        commands.command(["GET", key])
        awaited += [.watch, .owner]
    }

    /// Puts commands into a transaction, with the look that the next one needs.
    mutating func wrap(_ bytes: ArraySlice<UInt8>, replies: Int, into commands: inout CommandBuffer) {
        isOpen = false
        repliesUnderWay = replies
        commands.begin("MULTI", arguments: 1)
        commands.append(bytes: bytes, commandCount: replies)
        commands.begin("EXEC", arguments: 1)
        awaited.append(.multi)
        awaited.append(contentsOf: repeatElement(.queued, count: replies))
        awaited.append(.exec)
        look(&commands)
    }

    mutating func answered(_ reply: RedisReply) -> Answer {
        guard next < awaited.count else { return .failed("an answer without a question") }
        let step = awaited[next]
        next += 1
        if next == awaited.count {
            awaited.removeAll(keepingCapacity: true)
            next = 0
        }
        switch step {
        case .multi, .queued:
            failure = failure ?? reply.error
            return .nothing
        case .claim, .watch: return .nothing
        case .exec:
            defer { failure = nil }
            if let error = reply.error { return .failed(failure ?? error) }
            return reply.isNil(RedisReply.root) ? .refused : .carriedOut
        case .owner:
            isOpen = !reply.isNil(RedisReply.root) && reply.error == nil && reply.string(RedisReply.root) == owner
            return isOpen ? .opened : .shut
        }
    }
}
