public import Hosting
public import SignalContracts
import TradingPrimitives

/// A consumer's place among the streams it reads: writes the reads, and brings what they bring into one order.
///
/// Entries are given in the order of their ids. The `md.*` streams of a symbol carry one increasing order of ids; when a
/// read of one of them came back full, there may be more in it, so later entries of the symbol's other `md.*` streams
/// are held back until it has caught up.
public struct GroupReader {
    public let group: String
    public let consumer: String
    public let layout: StreamLayout
    public let keys: [[UInt8]]
    /// Entries of one stream in one read.
    public let countMax: Int

    private struct Entry {
        var id: StreamId
        var stream: Int
        /// Node of the fields in the reply; for a held one, −1 − its index.
        var node: Int
    }

    private struct Held {
        var id: StreamId
        var stream: Int
        var fields: Fields
    }

    private var ready: [Entry] = []
    private var later: [Entry] = []
    /// For each part what is held back.
    private var held: [[Held]]
    private var loadedPart = 0
    /// For each stream, up to which id it is known when more may follow.
    private var knownUpTo: [StreamId?]
    private var horizons: [StreamId?]
    /// For each stream, entries held back.
    private var heldCounts: [Int]
    private let isMarketData: [Bool]

    public init(group: String, consumer: String, _ layout: StreamLayout, countMax: Int = 256) {
        precondition(countMax > 0)
        self.group = group
        self.consumer = consumer
        self.layout = layout
        self.countMax = countMax
        keys = layout.streams.map { Array($0.key.utf8) }
        held = Array(repeating: [], count: layout.parts.count)
        isMarketData = layout.streams.map(\.kind.isMarketData)
        knownUpTo = Array(repeating: nil, count: layout.streams.count)
        horizons = Array(repeating: nil, count: layout.laneTags.count)
        heldCounts = Array(repeating: 0, count: layout.streams.count)
    }

    public var streams: [StreamName] { layout.streams }
    public var lanes: [Int] { layout.lanes }
    public var laneTags: [String?] { layout.laneTags }
    public var parts: [[Int]] { layout.parts }

    /// Entries that wait for another stream to catch up.
    public var heldCount: Int { held.reduce(0) { $0 + $1.count } }
    /// Entries of the loaded batch.
    public var readyCount: Int { ready.count }

    /// Forgets what was read: after a reconnection Redis tells it again.
    public mutating func reset() {
        ready.removeAll()
        later.removeAll()
        for part in held.indices { held[part].removeAll() }
        for stream in streams.indices { heldCounts[stream] = 0 }
    }

    /// Keeps entries, whose turn has not come, until the streams beside them have caught up.
    public mutating func hold(_ entries: [PendingEntry]) {
        for entry in entries {
            guard let fields = entry.fields, let part = parts.firstIndex(where: { $0.contains(entry.stream) }) else {
                continue
            }
            held[part].append(Held(id: entry.id, stream: entry.stream, fields: fields))
            heldCounts[entry.stream] += 1
        }
    }

    /// Asks for new entries of a part's streams, except those of which some are held back. Waits at most `blockMs` for the
    /// first one, or not at all while something is held back. With `news` only the lanes are asked for that have some, or
    /// in which something waits for another stream, for what is there.
    public func appendRead(to commands: inout CommandBuffer, part: Int = 0, blockMs: Int, news: [Bool]? = nil) {
        var wanted = news
        for entry in held[part] { wanted?[lanes[entry.stream]] = true }
        let asked = parts[part].filter { heldCounts[$0] == 0 && (wanted?[lanes[$0]] ?? true) }
        let mayWait = held[part].isEmpty && news == nil
        commands.begin("XREADGROUP", arguments: 7 + (mayWait ? 2 : 0) + 2 * asked.count)
        commands.add("GROUP")
        commands.add(group)
        commands.add(consumer)
        commands.add("COUNT")
        commands.add(countMax)
        if mayWait {
            commands.add("BLOCK")
            commands.add(blockMs)
        }
        commands.add("STREAMS")
        for stream in asked { commands.add(keys[stream]) }
        for _ in asked { commands.add(">") }
    }

    /// Takes the reply to a part's read in: after it, `forEachReady` gives the entries that may be processed.
    public mutating func load(_ reply: RedisReply, part: Int = 0) throws(RedisError) {
        if let error = reply.error { throw .refused(error) }
        loadedPart = part
        for stream in parts[part] { knownUpTo[stream] = nil }
        ready.removeAll(keepingCapacity: true)
        later.removeAll(keepingCapacity: true)
        for (index, entry) in held[part].enumerated() {
            ready.append(Entry(id: entry.id, stream: entry.stream, node: -1 - index))
            knownUpTo[entry.stream] = entry.id
        }
        try collect(reply)
        holdBack()
        ready.sort { ($0.id, $0.stream) < ($1.id, $1.stream) }
        for stream in parts[part] { heldCounts[stream] = 0 }
        for entry in later { heldCounts[entry.stream] += 1 }
    }

    private mutating func collect(_ reply: RedisReply) throws(RedisError) {
        var node = RedisReply.root + 1
        var stream = -1
        for _ in 0..<reply.elementCount(RedisReply.root) {
            stream = try find(reply.text(node + 1), after: stream)
            let count = reply.elementCount(node + 2)
            node += 3
            for position in 0..<count {
                guard let id = reply.id(node + 1) else { throw .unexpectedReply("XREADGROUP: entry without an id") }
                ready.append(Entry(id: id, stream: stream, node: node + 2))
                node = reply.after(node)
                if position == countMax - 1 { knownUpTo[stream] = id }
            }
        }
    }

    /// Gives the lanes of which there may be more than was loaded.
    public func forEachUnfinishedLane(_ body: (Int) -> Void) {
        for stream in parts[loadedPart] where knownUpTo[stream] != nil { body(lanes[stream]) }
    }

    /// Redis answers in the order of the question.
    private func find(_ name: UnsafeRawBufferPointer, after last: Int) throws(RedisError) -> Int {
        for stream in (last + 1)..<keys.count
        where keys[stream].count == name.count && keys[stream].elementsEqual(name) { return stream }
        throw .unexpectedReply("XREADGROUP: \(String(decoding: name, as: UTF8.self)) was not asked for")
    }

    private mutating func holdBack() {
        for lane in horizons.indices { horizons[lane] = nil }
        var isBounded = false
        for stream in parts[loadedPart] where isMarketData[stream] {
            guard let known = knownUpTo[stream] else { continue }
            isBounded = true
            horizons[lanes[stream]] = min(horizons[lanes[stream]] ?? known, known)
        }
        guard isBounded else { return }
        let (isMarketData, lanes, horizons) = (isMarketData, lanes, horizons)
        func mustWait(_ entry: Entry) -> Bool {
            guard isMarketData[entry.stream], let horizon = horizons[lanes[entry.stream]] else { return false }
            return entry.id > horizon
        }
        later = ready.filter(mustWait)
        ready.removeAll(where: mustWait)
    }

    /// Calls `body` with each ready entry in order, then keeps what is held back. `reply` is the one given to `load`.
    /// `fields` is the memory that the entries are read into.
    public mutating func forEachReady(
        _ reply: RedisReply, _ fields: inout Fields, _ body: (_ stream: Int, _ id: StreamId, _ fields: Fields) -> Void
    ) {
        for entry in ready {
            if entry.node < 0 {
                body(entry.stream, entry.id, held[loadedPart][-1 - entry.node].fields)
            } else {
                _ = reply.read(entry.node, into: &fields)
                body(entry.stream, entry.id, fields)
            }
        }
        held[loadedPart] = later.map { entry in
            if entry.node < 0 { return held[loadedPart][-1 - entry.node] }
            var kept = Fields()
            _ = reply.read(entry.node, into: &kept)
            return Held(id: entry.id, stream: entry.stream, fields: kept)
        }
        ready.removeAll(keepingCapacity: true)
        later.removeAll(keepingCapacity: true)
    }
}
