public import SignalContracts
public import StreamBus
import TradingPrimitives

/// Writes entries with explicit ids, and hot state, in one pipelined flow; after a lost connection it sends again what
/// was not confirmed. For services that bring facts in from outside.
///
/// What is written is sent at `flush`. When Redis is away for long the memory fills up to a bound; then `false` says that
/// a write was not taken.
public final class StreamWriter {
    private let context: ServiceContext
    private var queue: WriteQueue
    private var link: RedisLink?
    private var backOff = BackOff(leastMs: 100, greatestMs: 5000)
    private var keys: [(name: StreamName, key: [UInt8])] = []
    private let written: Metrics.Counter
    private let lost: Metrics.Counter
    private let refused: Metrics.Counter
    private let reconnects: Metrics.Counter
    private var isStopped = false
    private var lastComplaintUs: Int64 = 0
    public private(set) var isUp = false

    public init(_ context: ServiceContext, bytesMax: Int = 32 << 20) {
        self.context = context
        queue = WriteQueue(bytesMax: bytesMax)
        written = context.metrics.counter("stream_outputs_total", help: "Entries written.")
        lost = context.metrics.counter(
            "writes_lost_total", help: "Writes given up: not taken for want of room, or of no more use.")
        refused = context.metrics.counter("writes_refused_total", help: "Times that Redis would not take writes.")
        reconnects = context.metrics.counter("redis_reconnects_total", help: "Connections to Redis that were lost.")
        context.metrics.gauge("writer_queue_bytes", help: "Writes waiting for their confirmation.") { [weak self] in
            Double(self?.queue.byteCount ?? 0)
        }
    }

    /// Begins to connect, and to trim the streams that are written.
    public func start() {
        context.reactor.every(ms: 10_000) { [weak self] in self?.trim() }
        connect()
    }

    // MARK: Writing

    /// The number by which a stream is written to, and trimmed from now on.
    public func open(_ stream: StreamName) -> Int {
        if let number = keys.firstIndex(where: { $0.name == stream }) { return number }
        keys.append((stream, Array(stream.key.utf8)))
        return keys.count - 1
    }

    /// Adds an entry to an opened stream; false when there is no room for it.
    @discardableResult
    public func write(_ stream: Int, id: StreamId, _ fields: borrowing Fields) -> Bool {
        guard queue.add(isOnce: false, { $0.xadd(keys[stream].key, id: id, fields) }) else {
            giveUp("no room")
            return false
        }
        written.add()
        return true
    }

    /// Adds commands of any kind; `isOnce` ones are not sent again when their outcome is unknown.
    @discardableResult
    public func write(isOnce: Bool, _ body: (inout CommandBuffer) -> Void) -> Bool {
        guard queue.add(isOnce: isOnce, body) else {
            giveUp("no room")
            return false
        }
        return true
    }

    /// Sends what was written since the last time.
    public func flush() {
        guard isUp, let link, !queue.isRefused else { return }
        queue.takeUnsent { link.send($0) }
    }

    /// Writes that have not been confirmed.
    public var unconfirmedCount: Int { queue.recordCount }

    /// Sends what is left and turns the loop until all is confirmed, or `ms` have passed.
    public func drain(withinMs ms: Int64) {
        let end = SystemClock.monotonicUs() + ms * 1000
        flush()
        while queue.recordCount > 0, SystemClock.monotonicUs() < end { context.reactor.poll(timeoutMs: 20) }
        isStopped = true
    }

    // MARK: The connection

    private func connect() {
        guard !isStopped else { return }
        do throws(RedisError) {
            link = try RedisLink(
                context.reactor, context.settings.redis, onReply: { [unowned self] in answered($0) },
                onEnd: { [unowned self] in ended($0) })
            isUp = true
            resend()
        } catch { ended(error) }
    }

    private func resend() {
        let dropped = queue.prepareResend()
        if dropped > 0 { lost.add(Int64(dropped)) }
        flush()
    }

    private func ended(_ error: RedisError) {
        isUp = false
        reconnects.add()
        context.log.warning("redis_lost") { $0.put("error", error) }
        // The link may be in the middle of a call, so it is let go only when the next one takes its place.
        context.reactor.after(ms: backOff.next()) { [weak self] in self?.connect() }
    }

    private func answered(_ reply: RedisReply) {
        switch queue.answered(error: reply.error) {
        case .confirmed: backOff.reset()
        case .incomplete: break
        case .lost(let error): giveUp(error)
        case .refused(let error):
            refused.add()
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
        lost.add()
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

    private func trim() {
        let now = SystemClock.now().milliseconds
        for (name, key) in keys {
            let oldest = now - (context.settings.streams.retentionMs[name.kind] ?? 86_400_000)
            write(isOnce: true) { commands in
                commands.begin("XTRIM", arguments: 5)
                commands.add(key)
                commands.add("MINID")
                commands.add("~")
                commands.add(Int(oldest))
            }
        }
        flush()
    }
}
