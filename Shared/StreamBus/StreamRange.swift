public import SignalContracts

/// Part of one stream, read in pages.
public struct StreamRange {
    private static let pageSize = 500

    private let client: RedisClient

    public init(_ client: RedisClient) { self.client = client }

    /// Calls `body` with each entry from `first` to `end`, or to the newest. Returns the last id, or `first` when there is none.
    @discardableResult
    public func forEach(
        in stream: StreamName, from first: StreamId, through end: String = "+",
        _ body: (_ id: StreamId, _ fields: Fields) -> Void
    ) throws(RedisError) -> StreamId {
        var next = first, last = first
        while true {
            var commands = CommandBuffer()
            commands.command(["XRANGE", stream.key, next.description, end, "COUNT", "\(Self.pageSize)"])
            try client.send(commands)
            let reply = try client.receive()
            let count = reply.elementCount(RedisReply.root)
            try Self.forEach(reply, at: RedisReply.root) { id, fields in
                last = id
                body(id, fields)
            }
            guard count == Self.pageSize else { return last }
            next = last.next
        }
    }

    /// Calls `body` with each entry of the list at `node` of a reply.
    public static func forEach(
        _ reply: RedisReply, at list: Int, _ body: (_ id: StreamId, _ fields: Fields) -> Void
    ) throws(RedisError) {
        if let error = reply.error { throw .refused(error) }
        var node = list + 1
        for _ in 0..<reply.elementCount(list) {
            guard let id = reply.id(node + 1) else { throw .unexpectedReply("entry without an id") }
            var fields = Fields()
            _ = reply.read(node + 2, into: &fields)
            body(id, fields)
            node = reply.after(node)
        }
    }
}
