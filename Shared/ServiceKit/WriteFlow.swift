import Hosting
import StreamBus

/// Commands on their way to one Redis, or to one slot of a cluster, in order, over connections that may break.
final class WriteFlow {
    struct Counters {
        let lost: Metrics.Counter
        let refused: Metrics.Counter
        let reconnects: Metrics.Counter

        init(_ metrics: Metrics) {
            lost = metrics.counter(
                "writes_lost_total", help: "Writes given up: not taken for want of room, or of no more use.")
            refused = metrics.counter("writes_refused_total", help: "Times that Redis would not take writes.")
            reconnects = metrics.counter("redis_reconnects_total", help: "Connections to Redis that were lost.")
        }
    }

    private let context: ServiceContext
    private let key: [UInt8]
    private let counters: Counters
    private var queue: WriteQueue
    private var link: RedisLink?
    private var backOff: BackOff
    private var isStopped = false
    private var lastComplaintUs: Int64 = 0
    private(set) var isUp = false
    /// Where one process alone may write: its lease, and the gate by which nothing of another one comes through.
    private var lease: OwnerLease?
    private var gate: WriteGate?
    private var onDoubt: () -> Void = {}
    /// Who answered the connection before, empty where it did not say; the first answer on each one says it.
    private var serverId: String?
    private var isServerAsked = false
    /// Why what was confirmed may be gone, until that has been told.
    private var doubt: String?
    /// The transaction that is being put together; its memory is used again.
    private var transaction = CommandBuffer()
    /// Records in one transaction: Redis does nothing else meanwhile.
    private static let recordsMax = 512
    private static let lookAgainMs: Int64 = 100

    /// On a cluster, to the slot of `key`.
    init(_ context: ServiceContext, key: [UInt8], bytesMax: Int, _ counters: Counters) {
        self.context = context
        self.key = key
        self.counters = counters
        queue = WriteQueue(bytesMax: bytesMax)
        backOff = BackOff(leastMs: 100, greatestMs: context.settings.redis.cluster == nil ? 5000 : 500)
    }

    var byteCount: Int { queue.byteCount }
    var unconfirmedCount: Int { queue.recordCount }
    func carries(_ other: [UInt8]) -> Bool { KeySlot.tag(of: key) == KeySlot.tag(of: other) }

    /// `onDoubt`: what was confirmed may be gone, for another process answers than before, or one that had forgotten who writes.
    func start(_ lease: OwnerLease?, onDoubt: @escaping () -> Void) {
        self.lease = lease
        self.onDoubt = onDoubt
        gate = lease.map { WriteGate($0.fence(of: KeySlot.tag(of: String(decoding: key, as: UTF8.self)))) }
        connect()
    }
    func stop() { isStopped = true }

    func add(isOnce: Bool, at place: WriteQueue.Place? = nil, _ body: (inout CommandBuffer) -> Void) -> Bool {
        guard queue.add(isOnce: isOnce, at: place, body) else {
            giveUp("no room")
            return false
        }
        return true
    }

    func flush() {
        guard isUp, let link, !queue.isRefused else { return }
        guard gate != nil else {
            queue.takeUnsent { bytes, _ in link.send(bytes) }
            return
        }
        // Who has slept past the lease's end may not even try.
        guard gate?.isOpen == true, queue.unsentCount > 0, lease?.standing != LeaseStanding.Standing.none else {
            return
        }
        transaction.removeAll()
        queue.takeUnsent(atMost: Self.recordsMax, asTransaction: true) { bytes, replies in
            gate?.wrap(bytes, replies: replies, into: &transaction)
        }
        link.send(transaction)
    }

    private func look(isAgain: Bool = false) {
        guard isUp, let link else { return }
        transaction.removeAll()
        // Whoever deleted the name, or came after a node that knew it: the lease says whose it is.
        let isLost = isAgain && lease?.standing == .held
        gate?.look(&transaction, isClaiming: isLost)
        link.send(transaction)
    }

    private func connect() {
        guard !isStopped else { return }
        do throws(RedisError) {
            link = try RedisLink(
                context.reactor, context.settings.redis, key: key, onReply: { [unowned self] in answered($0) },
                onEnd: { [unowned self] in ended($0) })
            isUp = true
            begin()
        } catch { ended(error) }
    }

    private func resend() {
        let dropped = queue.prepareResend()
        if dropped > 0 { counters.lost.add(Int64(dropped)) }
        flush()
    }

    private func begin() {
        gate?.reset()
        askForServer()
        if gate != nil { look() }
        resend()
    }

    private func ended(_ error: RedisError) {
        isUp = false
        counters.reconnects.add()
        context.log.warning("redis_lost") { $0.put("error", error) }
        // The link may be in the middle of a call, so it is let go only when the next one takes its place.
        context.reactor.after(ms: backOff.next()) { [weak self] in self?.connect() }
    }

    private func askForServer() {
        transaction.removeAll()
        transaction.command(["INFO", "server"])
        isServerAsked = true
        link?.send(transaction)
    }

    private func learn(_ id: String) {
        // One that does not say who it is may be another one each time.
        let isNew = serverId.map { id.isEmpty || id != $0 } ?? false
        serverId = id
        if isNew { doubt = "another server process answers" }
        if gate == nil { tellDoubt() }
    }

    /// Once what is written in its place can go.
    private func tellDoubt() {
        guard let doubt else { return }
        self.doubt = nil
        context.log.warning("redis_may_have_lost") { $0.put("reason", doubt) }
        onDoubt()
    }

    private func answered(_ reply: RedisReply) {
        if isServerAsked {
            isServerAsked = false
            return learn(RedisClient.runId(reply.string(RedisReply.root)) ?? "")
        }
        guard let answer = gate?.answered(reply) else { return settle(reply.error) }
        switch answer {
        case .nothing: break
        case .opened:
            tellDoubt()
            flush()
        case .shut:
            doubt = doubt ?? "it had forgotten who writes"
            complain("write_fenced", "another process is the owner, or none")
            context.reactor.after(ms: Self.lookAgainMs) { [weak self] in
                if self?.gate?.isOpen == false { self?.look(isAgain: true) }
            }
        case .refused: queue.takeBackSent()
        case .failed(let error):
            for _ in 0..<(gate?.repliesUnderWay ?? 0) { settle(error) }
        case .carriedOut:
            var node = RedisReply.root + 1
            for _ in 0..<reply.elementCount(RedisReply.root) {
                settle(reply.isError(node) ? reply.string(node) : nil)
                node = reply.after(node)
            }
        }
    }

    /// One command has been answered, with this error if it is one.
    private func settle(_ error: String?) {
        switch queue.answered(error: error) {
        case .confirmed: backOff.reset()
        case .incomplete: break
        case .lost(let error): giveUp(error)
        case .refused(let error):
            counters.refused.add()
            complain("writes_refused", error)
        }
        // Once all that was under way is answered, the refused writes go again after a while.
        if queue.isRefused, queue.unansweredCount == 0 {
            context.reactor.after(ms: backOff.next()) { [weak self] in
                guard let self, isUp, queue.isRefused else { return }
                resend()
            }
        }
    }

    private func giveUp(_ error: String) {
        counters.lost.add()
        complain("write_lost", error)
    }

    /// At most one line a second.
    private func complain(_ event: StaticString, _ error: String) {
        let now = SystemClock.monotonicUs()
        guard now - lastComplaintUs > 1_000_000 else { return }
        lastComplaintUs = now
        context.log.error(event) {
            $0.put("error", error)
            $0.put("queued", queue.recordCount)
        }
    }
}
