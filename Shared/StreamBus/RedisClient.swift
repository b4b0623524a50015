import Glibc

/// A client that waits for its answers: for start-up, recovery, tools and tests. Each command must have its keys in one slot.
public final class RedisClient {
    private enum Way {
        case single(RedisConnection)
        case cluster(ClusterClient)
    }

    private let way: Way
    private var buffer = CommandBuffer()
    /// Longest wait for an answer, milliseconds.
    public var timeoutMs: Int

    public init(_ address: RedisAddress, timeoutMs: Int = 5000) throws(RedisError) {
        if let map = address.cluster {
            way = .cluster(try ClusterClient(address, map, timeoutMs: timeoutMs))
        } else {
            way = .single(try RedisConnection(address))
        }
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
        switch way {
        case .single(let connection):
            connection.write(commands)
            try connection.flush()
        case .cluster(let cluster): try cluster.send(commands)
        }
    }

    /// Waits for the next reply, which is valid until the next call.
    public func receive() throws(RedisError) -> RedisReply {
        switch way {
        case .single(let connection): try connection.waitForReply(timeoutMs: timeoutMs)
        case .cluster(let cluster): try cluster.receive(timeoutMs: timeoutMs)
        }
    }

    /// `INFO` of the server, or of each master of a cluster.
    public func information(_ section: String) throws(RedisError) -> [String] {
        let replies =
            switch way {
            case .single: [try command("INFO", section)]
            case .cluster(let cluster): try cluster.information(section, timeoutMs: timeoutMs)
            }
        return try replies.map(Self.text)
    }

    /// The numbers of the processes that have these keys: another process has another one.
    public func serverId(of keys: [[UInt8]]) throws(RedisError) -> String {
        let replies =
            switch way {
            case .single: [try command("INFO", "server")]
            case .cluster(let cluster): try cluster.servers(of: keys, timeoutMs: timeoutMs)
            }
        var ids: [String] = []
        for reply in replies {
            guard let id = Self.runId(try Self.text(reply)) else { throw .unexpectedReply("INFO without run_id") }
            ids.append(id)
        }
        return ids.sorted().joined(separator: ",")
    }

    /// The number of a server's process in what it answers to `INFO server`.
    public static func runId(_ information: String) -> String? {
        let line = information.split(whereSeparator: \.isNewline).first { $0.hasPrefix("run_id:") }
        return line.map { String($0.dropFirst(7)) }
    }

    private static func text(_ reply: RedisValue) throws(RedisError) -> String {
        if case .error(let text) = reply { throw .refused(text) }
        return reply.text ?? ""
    }
}

extension RedisConnection {
    /// Waits for the next reply, which is valid until the next call.
    func waitForReply(timeoutMs: Int) throws(RedisError) -> RedisReply {
        let deadline = Self.monotonicMs() + timeoutMs
        while true {
            if let reply = try nextReply() { return reply }
            let left = deadline - Self.monotonicMs()
            guard left > 0 else {
                if isShakingHands { throw .disconnected("TLS: no answer; is it spoken on this port?") }
                throw .timedOut(afterMs: timeoutMs)
            }
            var waiting = pollfd(
                fd: descriptor, events: Int16(POLLIN | (wantsToSend ? POLLOUT : 0)), revents: 0)
            if poll(&waiting, 1, Int32(left)) > 0 {
                try flush()
                try receive()
            }
        }
    }

    private static func monotonicMs() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}
