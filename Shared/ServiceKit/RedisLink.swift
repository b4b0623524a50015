public import StreamBus

/// A Redis connection on a reactor. It reports its end once and is then of no more use: a new one is made.
///
/// On a cluster it leads to the node that has one slot, and it ends when that node is no longer the one.
public final class RedisLink {
    private let reactor: Reactor
    private let connection: RedisConnection
    private let onReply: (RedisReply) -> Void
    private let onEnd: (RedisError) -> Void
    private var isWaitingToSend = false
    private var isPaused = false
    public private(set) var isOpen = true
    private let place: Place?
    private var placeTimer: Reactor.TimerToken?

    /// Where the slot was when the connection was made.
    private struct Place {
        let map: ClusterMap
        let slot: Int
        let node: RedisAddress.Endpoint
    }

    private static let placeCheckMs: Int64 = 200

    /// On a cluster all commands must have their keys in the slot of `key`. `onReply` gets each reply, valid during the call. `onEnd` says why the connection was lost.
    public init(
        _ reactor: Reactor, _ address: RedisAddress, key: [UInt8], onReply: @escaping (RedisReply) -> Void,
        onEnd: @escaping (RedisError) -> Void
    ) throws(RedisError) {
        self.reactor = reactor
        self.onReply = onReply
        self.onEnd = onEnd
        let node = try address.node(of: key)
        place = address.cluster.map { Place(map: $0, slot: KeySlot.of(key), node: node.endpoint) }
        connection = try RedisConnection(node)
        reactor.watch(connection.descriptor, for: [.read, .write]) { [weak self] interest in self?.advance(interest) }
        isWaitingToSend = true
        guard place != nil else { return }
        placeTimer = reactor.every(ms: Self.placeCheckMs) { [weak self] in self?.checkPlace() }
    }

    deinit { close() }

    /// Bytes that the system has not taken yet.
    public var unsentByteCount: Int { connection.unsentByteCount }

    public func send(_ commands: borrowing CommandBuffer) {
        guard isOpen else { return }
        connection.write(commands)
        flush()
    }

    public func send(_ bytes: ArraySlice<UInt8>) {
        guard isOpen else { return }
        connection.write(bytes)
        flush()
    }

    /// While paused, replies stay unread.
    public func setPaused(_ paused: Bool) {
        isPaused = paused
        if !paused { readReplies() }
    }

    /// Ends the connection without a report.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        reactor.unwatch(connection.descriptor)
        if let placeTimer { reactor.cancel(placeTimer) }
    }

    private func advance(_ interest: Reactor.Interest) {
        if interest.contains(.write) { flush() }
        guard isOpen, interest.contains(.read) else { return }
        do throws(RedisError) {
            try connection.receive()
        } catch {
            // What came before the end may still hold answers.
            readReplies()
            return fail(error)
        }
        readReplies()
        // TLS may have something to say of its own.
        if isOpen { watchForRoom() }
    }

    private func readReplies() {
        do throws(RedisError) {
            while isOpen, !isPaused, let reply = try connection.nextReply() {
                if let place, let error = reply.error, let notice = ClusterNotice(error, from: place.node) {
                    if case .moved(let slot, let target) = notice.kind { place.map.moved(slot: slot, to: target) }
                    throw .disconnected(error)
                }
                onReply(reply)
            }
        } catch { fail(error) }
    }

    private func checkPlace() {
        guard let place, let master = place.map.master(ofSlot: place.slot), master != place.node else { return }
        fail(.disconnected("slot \(place.slot) is served by another node"))
    }

    private func flush() {
        do throws(RedisError) { try connection.flush() } catch { return fail(error) }
        watchForRoom()
    }

    private func watchForRoom() {
        guard connection.wantsToSend != isWaitingToSend else { return }
        isWaitingToSend = connection.wantsToSend
        reactor.update(connection.descriptor, for: isWaitingToSend ? [.read, .write] : .read)
    }

    private func fail(_ error: RedisError) {
        guard isOpen else { return }
        close()
        onEnd(error)
    }
}

/// Waiting times between attempts: doubled each time, from the least to the greatest.
public struct BackOff: Sendable {
    public let leastMs: Int64
    public let greatestMs: Int64
    private var nextMs: Int64

    public init(leastMs: Int64, greatestMs: Int64) {
        precondition(0 < leastMs && leastMs <= greatestMs)
        self.leastMs = leastMs
        self.greatestMs = greatestMs
        nextMs = leastMs
    }

    /// The time to wait now, milliseconds.
    public mutating func next() -> Int64 {
        defer { nextMs = min(greatestMs, nextMs * 2) }
        return nextMs
    }

    /// After a success.
    public mutating func reset() { nextMs = leastMs }
}
