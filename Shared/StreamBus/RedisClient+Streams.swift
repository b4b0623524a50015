import Hosting
public import SignalContracts

/// What services and tools do with streams beside reading them as hosts do.
extension RedisClient {
    /// Adds an entry, under an id of Redis' making.
    public func add(_ fields: Fields, to stream: StreamName) throws(RedisError) {
        try command(["XADD", stream.key, "*"] + fields.pairs.flatMap { [$0.name, $0.value] })
    }

    /// The newest entries, newest first.
    public func newest(of stream: StreamName, count: Int = 1) throws(RedisError) -> [StreamEntry] {
        try command("XREVRANGE", stream.key, "+", "-", "COUNT", "\(count)").elements.compactMap { StreamEntry($0) }
    }

    /// The newest entry as the message that it is; nil when there is none, or it can't be read.
    public func newest<Message: StreamMessage>(
        _ type: Message.Type = Message.self, of stream: StreamName
    ) throws(RedisError) -> Message? {
        try newest(of: stream).first.flatMap { try? Message($0.fields) }
    }

    /// Makes a group that begins with the first entry, and the stream; where it is already, what it has not read is counted anew.
    public func makeGroup(_ group: String, of stream: StreamName) throws(RedisError) {
        do throws(RedisError) {
            try command("XGROUP", "CREATE", stream.key, group, "0", "MKSTREAM")
        } catch {
            guard case .refused(let text) = error, text.hasPrefix("BUSYGROUP") else { throw error }
            var commands = CommandBuffer()
            GroupKeeper.appendPositionQuery(of: stream, to: &commands)
            let replies = try pipeline(commands)
            guard let position = GroupKeeper.position(group, replies[0], replies[1]), position.mayBeMiscounted
            else { return }
            try recount(group, of: stream, at: position.lastDelivered)
        }
    }

    /// Counts what a group that stands at `last` has not read, and tells Redis. A server that has loaded its append-only file goes on
    /// from the count of that file's last rewriting (redis/redis#10569), and would say for ever that as many entries wait. Nobody
    /// else may read with the group meanwhile.
    func recount(
        _ group: String, of stream: StreamName, at last: StreamId, onEntry: () -> Void = {}
    ) throws(RedisError) {
        let information = try command("XINFO", "STREAM", stream.key)
        guard let added = information["entries-added"]?.integer, let newest = information["last-generated-id"]?.text
        else { return }
        var unread: Int64 = 0
        try StreamRange(self).forEach(in: stream, from: last.next, through: newest) { _, _ in
            unread += 1
            onEntry()
        }
        try command("XGROUP", "SETID", stream.key, group, last.description, "ENTRIESREAD", "\(added - unread)")
    }

    /// Puts an entry that `group` can't deal with among the dead letters, whole, and acknowledges it.
    public func putAside(
        _ id: StreamId, _ fields: Fields, of stream: StreamName, group: String, error: String
    ) throws(RedisError) {
        let letter = DeadLetter(stream: stream.key, entryId: id, service: group, error: error).whole(fields)
        try add(letter, to: StreamName(.dead, stream.symbol))
        try command("XACK", stream.key, group, id.description)
    }
}
