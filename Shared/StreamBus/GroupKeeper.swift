public import Hosting
public import SignalContracts

/// Where a group begins to read a stream that it has never read.
public enum GroupStart: String, Sendable {
    /// With the first entry that is in the stream.
    case beginning = "0"
    /// With the next entry that is written.
    case end = "$"
}

/// The rare commands about a consumer's groups: creation, positions, pending entries, claims. It waits for answers.
public struct GroupKeeper {
    private let client: RedisClient
    private let reader: GroupReader

    public init(_ client: RedisClient, _ reader: GroupReader) {
        self.client = client
        self.reader = reader
    }

    /// The processes that answer: others have other ids, and may have lost what was written last.
    public func serverId() throws(RedisError) -> String { try client.serverId(of: reader.keys) }

    /// Creates the groups that are missing, and the streams. `resumeAt` has for each stream the last entry that was
    /// committed, or nil when this process has committed none. Gives the streams whose group was not there.
    public func createGroups(from start: GroupStart, resumeAt: [StreamId?]) throws(RedisError) -> [Int] {
        var commands = CommandBuffer()
        for stream in reader.streams.indices {
            let position = resumeAt[stream].map(\.description) ?? start.rawValue
            commands.command([
                "XGROUP", "CREATE", reader.streams[stream].key, reader.group, position, "MKSTREAM",
            ])
        }
        var made: [Int] = []
        for (stream, reply) in try client.pipeline(commands).enumerated() {
            switch reply {
            case .error(let text) where text.hasPrefix("BUSYGROUP"): continue
            case .error(let text): throw .refused(text)
            default: made.append(stream)
            }
        }
        return made
    }

    /// Puts right what Redis says of how far the groups are behind that stand there. `onEntry` is called with each unread entry,
    /// which may be very many.
    public func recount(_ positions: [GroupPosition], onEntry: () -> Void) throws(RedisError) {
        for (stream, position) in positions.enumerated() where position.mayBeMiscounted {
            try client.recount(reader.group, of: reader.streams[stream], at: position.lastDelivered, onEntry: onEntry)
        }
    }

    public func positions() throws(RedisError) -> [GroupPosition] {
        var commands = CommandBuffer()
        for stream in reader.streams { Self.appendPositionQuery(of: stream, to: &commands) }
        let replies = try client.pipeline(commands)
        var positions: [GroupPosition] = []
        for stream in reader.streams.indices {
            guard let position = Self.position(reader.group, replies[2 * stream], replies[2 * stream + 1]) else {
                throw .refused("NOGROUP \(reader.streams[stream].key) has no group \(reader.group)")
            }
            positions.append(position)
        }
        return positions
    }

    /// Tells Redis that the entries that were trimmed away unread count as read, so that they are reported once.
    public func writeOffLost(_ stream: Int, at position: GroupPosition) throws(RedisError) {
        let information = try client.command("XINFO", "STREAM", reader.streams[stream].key)
        guard let added = information["entries-added"]?.integer, let length = information["length"]?.integer else {
            return
        }
        try client.command(
            "XGROUP", "SETID", reader.streams[stream].key, reader.group, position.lastDelivered.description,
            "ENTRIESREAD", "\(added - length)")
    }

    /// Two commands; `position` reads their replies.
    public static func appendPositionQuery(of stream: StreamName, to commands: inout CommandBuffer) {
        commands.command(["XINFO", "STREAM", stream.key])
        commands.command(["XINFO", "GROUPS", stream.key])
    }

    /// Nil when the group is not there.
    public static func position(_ name: String, _ stream: RedisValue, _ groups: RedisValue) -> GroupPosition? {
        guard let group = groups.elements.first(where: { $0["name"]?.text == name }),
            let last = StreamId(group["last-delivered-id"]?.text ?? "")
        else { return nil }
        var lost: Int64 = 0
        if let added = stream["entries-added"]?.integer, let read = group["entries-read"]?.integer,
            let length = stream["length"]?.integer
        {
            let first = stream["first-entry"]?.elements.first?.text.flatMap { StreamId($0) }
            // What the stream holds is all unread once its first entry is beyond the group's position.
            if first.map({ $0 > last }) ?? (length == 0) { lost = max(0, added - read - length) }
        }
        return GroupPosition(
            lastDelivered: last, lostCount: lost, pendingCount: group["pending"]?.integer ?? 0,
            lag: group["lag"]?.integer)
    }

    // MARK: Pending entries

    /// All pending entries of this consumer.
    public func pending() throws(RedisError) -> [PendingEntry] {
        var all: [PendingEntry] = []
        for stream in reader.streams.indices {
            var after = StreamId.zero
            while true {
                var commands = CommandBuffer()
                commands.command([
                    "XREADGROUP", "GROUP", reader.group, reader.consumer, "COUNT", "500", "STREAMS",
                    reader.streams[stream].key, after.description,
                ])
                try client.send(commands)
                let page = try Self.entries(try client.receive(), stream: stream, at: RedisReply.root + 3)
                guard let last = page.last else { break }
                after = last.id
                all.append(contentsOf: page)
            }
        }
        return all
    }

    private static func entries(_ reply: RedisReply, stream: Int, at first: Int) throws(RedisError) -> [PendingEntry] {
        if let error = reply.error { throw .refused(error) }
        guard reply.elementCount(RedisReply.root) > 0 else { return [] }
        var entries: [PendingEntry] = []
        var node = first
        for _ in 0..<reply.elementCount(first) {
            guard let id = reply.id(node + 2) else { throw .unexpectedReply("entry without an id") }
            var fields = Fields()
            let isThere = reply.read(node + 3, into: &fields)
            entries.append(PendingEntry(stream: stream, id: id, fields: isThere ? fields : nil))
            node = reply.after(node + 1) - 1
        }
        return entries
    }

    /// Makes entries of consumers that have been silent for `deadAfterMs` this consumer's. Gives how many.
    public func claim(deadAfterMs: Int) throws(RedisError) -> Int {
        var claimed = 0
        for stream in reader.streams {
            let idle = try client.command(
                "XPENDING", stream.key, reader.group, "IDLE", "\(deadAfterMs)", "-", "+", "1000"
            ).elements.filter { $0.elements.count == 4 && $0.elements[1].text != reader.consumer }
            guard !idle.isEmpty else { continue }
            let dead = try client.command("XINFO", "CONSUMERS", stream.key, reader.group).elements.compactMap {
                ($0["idle"]?.integer ?? 0) >= Int64(deadAfterMs) ? $0["name"]?.text : nil
            }
            let ids = idle.compactMap { entry in
                dead.contains(entry.elements[1].text ?? "") ? entry.elements[0].text : nil
            }
            guard !ids.isEmpty else { continue }
            claimed += try client.command(
                ["XCLAIM", stream.key, reader.group, reader.consumer, "\(deadAfterMs)"] + ids + ["JUSTID"]
            ).elements.count
        }
        return claimed
    }

    /// Whether a lane whose answer was lost has been committed.
    public func isCommitted(_ evidence: HopBuffer.Evidence) throws(RedisError) -> Bool {
        switch evidence {
        case .pending(let stream, let id):
            let pending = try client.command(
                "XPENDING", reader.streams[stream].key, reader.group, id.description, id.description, "1",
                reader.consumer)
            return pending.elements.isEmpty
        case .marker(let key, let number):
            return try client.command("GET", String(decoding: key, as: UTF8.self)).integer == Int64(number)
        }
    }
}

extension StreamId {
    /// Nil for what is not `milliseconds-sequence`.
    public init?(_ text: String) {
        var text = text
        guard let id = text.withUTF8({ StreamId(text: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = id
    }
}
