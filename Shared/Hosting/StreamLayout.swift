public import SignalContracts
import TradingPrimitives

/// How the streams that a host reads are divided: into lanes, whose entries have one order, and parts, which are read together.
public struct StreamLayout: Equatable, Sendable {
    public let streams: [StreamName]
    /// For each stream the number of its lane: one lane a symbol, the last one for global streams; on a cluster one for each
    /// global stream, so that all keys of a lane lie in one slot.
    public let lanes: [Int]
    /// What its keys have in braces; nil for global streams of a single Redis.
    public let laneTags: [String?]
    /// Streams that are read with one command: all, or on a cluster those of one lane.
    public let parts: [[Int]]

    /// At least one stream.
    public init(_ streams: [StreamName], isCluster: Bool = false) {
        precondition(!streams.isEmpty)
        var tags: [String?] = []
        func tag(_ stream: StreamName) -> String? { stream.symbol?.name ?? (isCluster ? stream.key : nil) }
        for stream in streams where tag(stream) != nil && !tags.contains(tag(stream)) { tags.append(tag(stream)) }
        if !isCluster { tags.append(nil) }
        let lanes = streams.map { stream in tags.firstIndex(of: tag(stream)) ?? tags.count - 1 }
        self.streams = streams
        self.lanes = lanes
        laneTags = tags
        parts =
            isCluster
            ? tags.indices.map { lane in lanes.indices.filter { lanes[$0] == lane } } : [Array(streams.indices)]
    }

    /// Parts entries that were delivered and never processed: held are those whose turn has not come, since beside them, in
    /// another `md.*` stream of their symbol, earlier ones are unread. In the order of their ids.
    public func parted(
        _ pending: [PendingEntry], _ positions: [GroupPosition]
    ) -> (due: [PendingEntry], held: [PendingEntry]) {
        var unreadAfter: [StreamId?] = Array(repeating: nil, count: laneTags.count)
        for stream in streams.indices where streams[stream].kind.isMarketData && positions[stream].lag != 0 {
            let last = positions[stream].lastDelivered
            unreadAfter[lanes[stream]] = min(unreadAfter[lanes[stream]] ?? last, last)
        }
        func mustWait(_ entry: PendingEntry) -> Bool {
            guard streams[entry.stream].kind.isMarketData, entry.fields != nil,
                let last = unreadAfter[lanes[entry.stream]]
            else { return false }
            return entry.id > last
        }
        return (pending.filter { !mustWait($0) }, pending.filter(mustWait).sorted { $0.id < $1.id })
    }
}

/// Where a group stands in one stream.
public struct GroupPosition: Equatable, Sendable {
    public var lastDelivered: StreamId
    /// Entries that were trimmed away before the group read them, as far as Redis knows.
    public var lostCount: Int64
    /// Delivered entries that no consumer has acknowledged.
    public var pendingCount: Int64
    /// Entries that the group has not read; nil when Redis can't tell.
    public var lag: Int64?

    public init(lastDelivered: StreamId, lostCount: Int64 = 0, pendingCount: Int64 = 0, lag: Int64? = 0) {
        self.lastDelivered = lastDelivered
        self.lostCount = lostCount
        self.pendingCount = pendingCount
        self.lag = lag
    }

    /// What was trimmed away unread is known from the count alone: there it stays.
    public var mayBeMiscounted: Bool { lag ?? 0 > 0 && lostCount == 0 }
}

/// An entry that was delivered and not acknowledged. Its fields are nil when it has been trimmed away.
public struct PendingEntry: Equatable, Sendable {
    /// Its place among the layout's streams.
    public var stream: Int
    public var id: StreamId
    public var fields: Fields?

    public init(stream: Int, id: StreamId, fields: Fields?) {
        self.stream = stream
        self.id = id
        self.fields = fields
    }
}
