public import StreamBus

/// A Redis connection on a reactor. It reports its end once and is then of no more use: a new one is made.
public final class RedisLink {
    private let reactor: Reactor
    private let connection: RedisConnection
    private let onReply: (RedisReply) -> Void
    private let onEnd: (RedisError) -> Void
    private var isWaitingToSend = false
    private var isPaused = false
    public private(set) var isOpen = true

    /// `onReply` gets each reply, valid during the call. `onEnd` says why the connection was lost.
    public init(
        _ reactor: Reactor, _ address: RedisAddress, onReply: @escaping (RedisReply) -> Void,
        onEnd: @escaping (RedisError) -> Void
    ) throws(RedisError) {
        self.reactor = reactor
        self.onReply = onReply
        self.onEnd = onEnd
        connection = try RedisConnection(address)
        reactor.watch(connection.descriptor, for: [.read, .write]) { [weak self] interest in self?.advance(interest) }
        isWaitingToSend = true
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
    }

    private func readReplies() {
        do throws(RedisError) {
            while isOpen, !isPaused, let reply = try connection.nextReply() { onReply(reply) }
        } catch { fail(error) }
    }

    private func flush() {
        do throws(RedisError) { try connection.flush() } catch { return fail(error) }
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
