public import Hosting
public import SignalContracts

/// Reads the past of several streams in the order of the entries' ids, with pending entries in their places.
public struct StreamReplay {
    private struct Source {
        var stream: Int
        /// Last id to read of the stream; nil for a list of pending entries.
        var end: StreamId?
        var page: [(id: StreamId, fields: Fields?)] = []
        var position = 0
        var isPending: Bool { end == nil }
    }

    private let client: RedisClient
    private let reader: GroupReader
    private var sources: [Source] = []
    /// Sources that have an entry, by the entry's id, greatest first.
    private var queue: [(id: StreamId, source: Int)] = []
    private var pendingIds: [Set<StreamId>]
    /// Entries in one page.
    private let pageSize = 500

    public init(_ client: RedisClient, _ reader: GroupReader) {
        self.client = client
        self.reader = reader
        pendingIds = Array(repeating: [], count: reader.streams.count)
    }

    /// One entry of the past. `isPending` ones were never processed; their fields are nil when trimmed away.
    public struct Entry {
        public let stream: Int
        public let id: StreamId
        public let fields: Fields?
        public let isPending: Bool
    }

    /// Calls `body` with the entries of the last `windowMs` before each lane's oldest pending entry, or its position where there
    /// is none, and with all pending ones but those that are held back.
    public mutating func run(
        windowMs: (StreamName) -> Int64, positions: [GroupPosition], pending: [PendingEntry],
        heldBack: [PendingEntry] = [], _ body: (Entry) -> Void
    ) throws(RedisError) {
        addPending(pending)
        for entry in heldBack { pendingIds[entry.stream].insert(entry.id) }
        try addPast(windowMs, positions, pending + heldBack)
        while let (id, index) = queue.popLast() {
            let source = sources[index]
            let isKnown = !source.isPending && pendingIds[source.stream].contains(id)
            if !isKnown {
                body(
                    Entry(
                        stream: source.stream, id: id, fields: source.page[source.position].fields,
                        isPending: source.isPending))
            }
            try advance(index)
        }
    }

    private mutating func addPending(_ pending: [PendingEntry]) {
        for stream in reader.streams.indices {
            let entries = pending.filter { $0.stream == stream }
            guard let first = entries.first else { continue }
            pendingIds[stream] = Set(entries.map(\.id))
            sources.append(Source(stream: stream, end: nil, page: entries.map { ($0.id, $0.fields) }))
            enqueue(first.id, sources.count - 1)
        }
    }

    private mutating func addPast(
        _ windowMs: (StreamName) -> Int64, _ positions: [GroupPosition], _ pending: [PendingEntry]
    ) throws(RedisError) {
        var ends = Array(repeating: UInt64(0), count: reader.laneTags.count)
        for stream in reader.streams.indices {
            let lane = reader.lanes[stream]
            ends[lane] = max(ends[lane], positions[stream].lastDelivered.milliseconds)
        }
        for entry in pending {
            let lane = reader.lanes[entry.stream]
            ends[lane] = min(ends[lane], entry.id.milliseconds)
        }
        for stream in reader.streams.indices where positions[stream].lastDelivered > .zero {
            let window = windowMs(reader.streams[stream])
            guard window > 0 else { continue }
            let end = ends[reader.lanes[stream]]
            let start = StreamId(milliseconds: end - min(end, UInt64(window)), sequence: 0)
            sources.append(Source(stream: stream, end: positions[stream].lastDelivered))
            try fill(sources.count - 1, from: start)
        }
    }

    private mutating func advance(_ index: Int) throws(RedisError) {
        sources[index].position += 1
        let source = sources[index]
        if source.position < source.page.count {
            enqueue(source.page[source.position].id, index)
        } else if let last = source.page.last?.id, !source.isPending {
            try fill(index, from: last.next)
        }
    }

    private mutating func fill(_ index: Int, from start: StreamId) throws(RedisError) {
        guard let end = sources[index].end, start <= end else { return }
        var commands = CommandBuffer()
        commands.command([
            "XRANGE", reader.streams[sources[index].stream].key, start.description, end.description, "COUNT",
            "\(pageSize)",
        ])
        try client.send(commands)
        let reply = try client.receive()
        if let error = reply.error { throw .refused(error) }
        sources[index].page.removeAll(keepingCapacity: true)
        sources[index].position = 0
        var node = RedisReply.root + 1
        for _ in 0..<reply.elementCount(RedisReply.root) {
            guard let id = reply.id(node + 1) else { throw .unexpectedReply("XRANGE: entry without an id") }
            var fields = Fields()
            _ = reply.read(node + 2, into: &fields)
            sources[index].page.append((id, fields))
            node = reply.after(node)
        }
        if let first = sources[index].page.first?.id { enqueue(first, index) }
    }

    private mutating func enqueue(_ id: StreamId, _ source: Int) {
        var low = 0
        var high = queue.count
        while low < high {
            let middle = (low + high) / 2
            if (queue[middle].id, queue[middle].source) > (id, source) { low = middle + 1 } else { high = middle }
        }
        queue.insert((id, source), at: low)
    }
}
