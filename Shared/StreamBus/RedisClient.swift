import Glibc

/// A client that waits for its answers: for start-up, recovery, tools and tests.
public final class RedisClient {
    private let connection: RedisConnection
    private var buffer = CommandBuffer()
    /// Longest wait for an answer, milliseconds.
    public var timeoutMs: Int

    public init(_ address: RedisAddress, timeoutMs: Int = 5000) throws(RedisError) {
        connection = try RedisConnection(address)
        self.timeoutMs = timeoutMs
    }

    /// Sends one command and waits for its reply. Throws when Redis refuses it.
    @discardableResult
    public func command(_ arguments: String...) throws(RedisError) -> RedisValue {
        try command(arguments)
    }

    @discardableResult
    public func command(_ arguments: [String]) throws(RedisError) -> RedisValue {
        buffer.removeAll()
        buffer.command(arguments)
        try send(buffer)
        let reply = try receive().value
        if case .error(let text) = reply { throw .refused(text) }
        return reply
    }

    /// Sends all commands of `commands` at once and gives each reply in turn, errors among them.
    public func pipeline(_ commands: borrowing CommandBuffer) throws(RedisError) -> [RedisValue] {
        try send(commands)
        var replies: [RedisValue] = []
        for _ in 0..<commands.commandCount { replies.append(try receive().value) }
        return replies
    }

    public func send(_ commands: borrowing CommandBuffer) throws(RedisError) {
        connection.write(commands)
        try connection.flush()
    }

    /// Waits for the next reply, which is valid until the next call.
    public func receive() throws(RedisError) -> RedisReply {
        let deadline = Self.monotonicMs() + timeoutMs
        while true {
            if let reply = try connection.nextReply() { return reply }
            let left = deadline - Self.monotonicMs()
            guard left > 0 else { throw .timedOut(afterMs: timeoutMs) }
            var waiting = pollfd(
                fd: connection.descriptor, events: Int16(POLLIN | (connection.wantsToSend ? POLLOUT : 0)), revents: 0)
            if poll(&waiting, 1, Int32(left)) > 0 {
                try connection.flush()
                try connection.receive()
            }
        }
    }

    private static func monotonicMs() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
