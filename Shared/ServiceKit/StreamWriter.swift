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
    /// One to a single Redis; on a cluster one to each slot.
    private var flows: [WriteFlow] = []
    private var keys: [(name: StreamName, key: [UInt8], flow: WriteFlow, place: WriteQueue.Place)] = []
    private let bytesMax: Int
    private var text = Fields()
    private let written: Metrics.Counter
    private let counters: WriteFlow.Counters
    private var isStarted = false
    private var lease: OwnerLease?
    /// What was confirmed of these streams may be gone: Redis has begun anew, or was emptied.
    public var onDoubt: (([StreamName]) -> Void)?
    /// Whether all that is written can be sent.
    public var isUp: Bool { !flows.isEmpty && flows.allSatisfy(\.isUp) }

    public init(_ context: ServiceContext, bytesMax: Int = 32 << 20) {
        self.context = context
        self.bytesMax = bytesMax
        written = context.metrics.counter("stream_outputs_total", help: "Entries written.")
        counters = WriteFlow.Counters(context.metrics)
        if context.settings.redis.cluster == nil { flows = [WriteFlow(context, key: [], bytesMax: bytesMax, counters)] }
        context.metrics.gauge("writer_queue_bytes", help: "Writes waiting for their confirmation.") { [weak self] in
            Double(self?.flows.reduce(0) { $0 + $1.byteCount } ?? 0)
        }
    }

    /// Begins to connect, and to trim the streams that are written. With a lease nothing is written that its owner did not write: what
    /// one that slept still holds is refused.
    public func start(_ lease: OwnerLease? = nil) {
        context.reactor.every(ms: 10_000) { [weak self] in self?.trim() }
        isStarted = true
        self.lease = lease
        for flow in flows { start(flow) }
    }

    private func start(_ flow: WriteFlow) {
        flow.start(lease) { [weak self, unowned flow] in
            guard let self else { return }
            onDoubt?(keys.filter { $0.flow === flow }.map(\.name))
        }
    }

    // MARK: Writing

    /// The number by which a stream is written to, and trimmed from now on.
    public func open(_ stream: StreamName) -> Int {
        if let number = keys.firstIndex(where: { $0.name == stream }) { return number }
        let key = Array(stream.key.utf8)
        let place = WriteQueue.Place(
            stream: keys.count, group: keys.firstIndex { $0.name.symbol == stream.symbol } ?? keys.count)
        keys.append((stream, key, flow(to: key), place))
        return keys.count - 1
    }

    private func flow(to key: [UInt8]) -> WriteFlow {
        guard context.settings.redis.cluster != nil else { return flows[0] }
        if let known = flows.first(where: { $0.carries(key) }) { return known }
        let made = WriteFlow(context, key: key, bytesMax: bytesMax / context.settings.symbols.count, counters)
        flows.append(made)
        if isStarted { start(made) }
        return made
    }

    /// Adds an entry to an opened stream; false when there is no room for it.
    @discardableResult
    public func write(_ stream: Int, id: StreamId, _ fields: borrowing Fields) -> Bool {
        let (_, key, flow, place) = keys[stream]
        guard flow.add(isOnce: false, at: place, { $0.xadd(key, id: id, fields) }) else { return false }
        written.add()
        return true
    }

    /// The same of what `encode` puts into the entry.
    @discardableResult
    public func write(_ stream: Int, id: StreamId, _ encode: (inout Fields) -> Void) -> Bool {
        text.removeAll()
        encode(&text)
        return write(stream, id: id, text)
    }

    /// Adds commands of any kind that change `key`; `isOnce` ones are not sent again when their outcome is unknown.
    @discardableResult
    public func write(to key: String, isOnce: Bool, _ body: (inout CommandBuffer) -> Void) -> Bool {
        let flow = context.settings.redis.cluster == nil ? flows[0] : flow(to: Array(key.utf8))
        return flow.add(isOnce: isOnce, body)
    }

    /// Sends what was written since the last time.
    public func flush() { for flow in flows { flow.flush() } }

    /// Writes that have not been confirmed.
    public var unconfirmedCount: Int { flows.reduce(0) { $0 + $1.unconfirmedCount } }

    /// Sends what is left and turns the loop until all is confirmed, or `ms` have passed.
    public func drain(withinMs ms: Int64) {
        let end = SystemClock.monotonicUs() + ms * 1000
        flush()
        while unconfirmedCount > 0, SystemClock.monotonicUs() < end { context.reactor.poll(timeoutMs: 20) }
        for flow in flows { flow.stop() }
    }

    private func trim() {
        let now = SystemClock.now().milliseconds
        for (name, key, flow, _) in keys {
            let oldest = now - (context.settings.streams.retentionMs[name.kind] ?? 86_400_000)
            _ = flow.add(isOnce: true) { commands in
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
