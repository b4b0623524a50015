public import SignalContracts
import TradingPrimitives

/// The outputs and acknowledgements of one batch, one transaction a lane: they commit together or not at all.
///
/// Lanes are the reader's: all keys of a lane lie in one slot of a cluster. On a cluster, an output whose key lies elsewhere
/// goes ahead of the lanes: it must stand before the entry that set it off is acknowledged. Going ahead twice does no harm,
/// since each such entry has a name, made of what set it off, that it is said under once.
public struct HopBuffer {
    private struct Lane {
        var commands = CommandBuffer()
        var acknowledged: [(stream: Int, id: StreamId)] = []
        var isTouched = false
        /// The number of the transaction, written with it when it has no entry to acknowledge.
        var marker = 0
    }

    /// How a committed lane is told from one that was not, after the connection broke.
    public enum Evidence: Equatable, Sendable {
        /// Committed if this entry of the stream is no longer pending.
        case pending(stream: Int, id: StreamId)
        /// Committed if the key holds this number.
        case marker(key: [UInt8], number: Int)
    }

    private let group: String
    private let consumer: String
    private let streams: [StreamName]
    private let keys: [[UInt8]]
    private let laneOf: [Int]
    private let laneTags: [String?]
    private let streamsOf: [[Int]]
    private var lanes: [Lane]
    private var touched: [Int] = []
    private var nextMarker: Int
    /// A lane always commits in a transaction, so that a `WATCH` guards it.
    private let isGuarded: Bool
    private let isCluster: Bool
    private var ahead: [Ahead] = []
    private var source: Source = .timer
    /// Entries that the source has sent ahead.
    private var saidCount = 0

    /// What goes ahead to one slot.
    public struct Ahead: Sendable {
        public let key: [UInt8]
        let tag: ArraySlice<UInt8>
        public fileprivate(set) var commands = CommandBuffer()
    }

    /// What set an output off.
    public enum Source: Sendable {
        case entry(stream: Int, id: StreamId)
        case timer
    }

    /// How long it is known that an entry has been said ahead: longer than what set it off may wait for the next try.
    private static let saidLifeMs = 7 * 86_400_000
    private static let sayOnce: StaticString = """
        if redis.call('SET', KEYS[1], 1, 'NX', 'PX', ARGV[1]) then
            return redis.call('XADD', KEYS[2], '*', unpack(ARGV, 2))
        end
        return false
        """

    /// `firstMarker` must be greater than any that this consumer has written, such as the time in microseconds.
    /// With `isGuarded` lanes always commit in a transaction, and all as one where one Redis has all of them, so that one
    /// `WATCH` guards all of it.
    public init(_ reader: GroupReader, firstMarker: Int, isGuarded: Bool = false, isCluster: Bool = false) {
        self.isGuarded = isGuarded
        self.isCluster = isCluster
        let isOneTransaction = isGuarded && !isCluster
        group = reader.group
        consumer = reader.consumer
        streams = reader.streams
        keys = reader.keys
        laneOf = isOneTransaction ? reader.lanes.map { _ in 0 } : reader.lanes
        laneTags = isOneTransaction ? [nil] : reader.laneTags
        let lanesOfStreams = laneOf
        streamsOf = laneTags.indices.map { lane in lanesOfStreams.indices.filter { lanesOfStreams[$0] == lane } }
        lanes = Array(repeating: Lane(), count: laneTags.count)
        nextMarker = firstMarker
    }

    /// Lanes with something to commit, in the order of their first entry.
    public var lanesTouched: [Int] { touched }
    public var isEmpty: Bool { touched.isEmpty && ahead.isEmpty }
    /// Whether nothing is to be written: the batch only acknowledges. To be asked before `seal`.
    public var isOnlyAcknowledgements: Bool {
        ahead.isEmpty && touched.allSatisfy { lanes[$0].commands.isEmpty && !lanes[$0].acknowledged.isEmpty }
    }

    /// The lane of a stream, for outputs that no entry set off.
    public func lane(of stream: StreamName) -> Int {
        let tag = stream.symbol?.name ?? (isCluster ? stream.key : nil)
        return laneTags.firstIndex(of: tag) ?? laneTags.count - 1
    }
    public func lane(ofStream stream: Int) -> Int { laneOf[stream] }

    public mutating func acknowledge(stream: Int, id: StreamId) {
        let lane = laneOf[stream]
        touch(lane)
        lanes[lane].acknowledged.append((stream, id))
    }

    /// Says what sets off the outputs that follow.
    public mutating func begin(_ source: Source) {
        self.source = source
        saidCount = 0
    }

    public mutating func emit(_ fields: borrowing Fields, to key: [UInt8], lane: Int) {
        if isCluster, !lies(key, inLane: lane) { return emitAhead(fields, to: key) }
        touch(lane)
        begin(lane)
        lanes[lane].commands.xadd(key, fields)
    }

    public mutating func project(_ projection: Projection, lane: Int) {
        if isCluster {
            let key = Array(projection.key.utf8)
            if !lies(key, inLane: lane) { return ahead[placeAhead(key)].commands.project(projection) }
        }
        touch(lane)
        begin(lane)
        lanes[lane].commands.project(projection)
    }

    /// Puts an entry that can't be understood aside, with the reason, and acknowledges it.
    public mutating func deadLetter(stream: Int, id: StreamId, fields: borrowing Fields, reason: String) {
        let letter = DeadLetter(
            stream: streams[stream].key, entryId: id, service: group, error: reason
        ).whole(fields)
        emit(letter, to: Array(StreamName(.dead, streams[stream].symbol).key.utf8), lane: laneOf[stream])
        acknowledge(stream: stream, id: id)
    }

    // MARK: What goes ahead

    private func lies(_ key: [UInt8], inLane lane: Int) -> Bool {
        laneTags[lane].map { KeySlot.tag(of: key).elementsEqual($0.utf8) } ?? false
    }

    private mutating func placeAhead(_ key: [UInt8]) -> Int {
        let tag = KeySlot.tag(of: key)
        if let known = ahead.firstIndex(where: { $0.tag == tag }) { return known }
        ahead.append(Ahead(key: key, tag: tag))
        return ahead.count - 1
    }

    private mutating func emitAhead(_ fields: borrowing Fields, to key: [UInt8]) {
        let place = placeAhead(key)
        let name = saidKey(ahead[place].tag)
        saidCount += 1
        ahead[place].commands.begin("EVAL", arguments: 6 + 2 * fields.count)
        ahead[place].commands.add(Self.sayOnce)
        ahead[place].commands.add(2)
        ahead[place].commands.add(name)
        ahead[place].commands.add(key)
        ahead[place].commands.add(Self.saidLifeMs)
        ahead[place].commands.add(fields)
    }

    /// Lies in the slot of what is said. Nobody tries again what a timer set off once the process is gone.
    private mutating func saidKey(_ tag: ArraySlice<UInt8>) -> [UInt8] {
        let cause: String
        switch source {
        case .entry(let stream, let id): cause = "\(streams[stream].key):\(id)"
        case .timer:
            cause = "timer:\(nextMarker)"
            nextMarker += 1
        }
        return Array("said:{".utf8) + tag + Array("}:\(consumer):\(cause):\(saidCount)".utf8)
    }

    /// What is to be sent, and answered, before the lanes; as often as needed.
    public var aheadOfLanes: [Ahead] { ahead }

    // MARK: Lanes

    private mutating func touch(_ lane: Int) {
        guard !lanes[lane].isTouched else { return }
        lanes[lane].isTouched = true
        touched.append(lane)
    }

    private mutating func begin(_ lane: Int) {
        if lanes[lane].commands.isEmpty { lanes[lane].commands.begin("MULTI", arguments: 1) }
    }

    /// Ends the transactions. After it, `commands(of:)` gives what is to be sent, as often as needed.
    public mutating func seal() {
        for lane in touched { seal(lane) }
    }

    private mutating func seal(_ lane: Int) {
        let streamsAcknowledged = streamsOf[lane].filter { stream in
            lanes[lane].acknowledged.contains { $0.stream == stream }
        }
        // A single acknowledgement is atomic by itself.
        if streamsAcknowledged.count != 1 || isGuarded { begin(lane) }
        for stream in streamsAcknowledged {
            let count = lanes[lane].acknowledged.count { $0.stream == stream }
            lanes[lane].commands.begin("XACK", arguments: 3 + count)
            lanes[lane].commands.add(keys[stream])
            lanes[lane].commands.add(group)
            for entry in lanes[lane].acknowledged where entry.stream == stream { lanes[lane].commands.add(entry.id) }
        }
        if streamsAcknowledged.isEmpty {
            lanes[lane].marker = nextMarker
            nextMarker += 1
            lanes[lane].commands.begin("SET", arguments: 3)
            lanes[lane].commands.add(markerKey(lane))
            lanes[lane].commands.add(lanes[lane].marker)
        }
        if isTransaction(lane) { lanes[lane].commands.begin("EXEC", arguments: 1) }
    }

    private func markerKey(_ lane: Int) -> [UInt8] {
        Array("hop:\(laneTags[lane].map { "{\($0)}" } ?? "global"):\(consumer)".utf8)
    }

    private func isTransaction(_ lane: Int) -> Bool { lanes[lane].commands.bytes.starts(with: Self.multi) }
    private static let multi = Array("*1\r\n$5\r\nMULTI\r\n".utf8)

    /// The lane's commands; their last reply says whether they were carried out.
    public func commands(of lane: Int) -> CommandBuffer { lanes[lane].commands }

    public func evidence(of lane: Int) -> Evidence {
        guard let first = lanes[lane].acknowledged.first else {
            return .marker(key: markerKey(lane), number: lanes[lane].marker)
        }
        return .pending(stream: first.stream, id: first.id)
    }

    /// For each stream that the batch acknowledges in `lane`, its last entry.
    public func forEachAcknowledged(in lane: Int, _ body: (_ stream: Int, _ id: StreamId) -> Void) {
        for entry in lanes[lane].acknowledged { body(entry.stream, entry.id) }
    }

    /// Begins the next batch.
    public mutating func removeAll() {
        for lane in touched {
            lanes[lane].commands.removeAll()
            lanes[lane].acknowledged.removeAll(keepingCapacity: true)
            lanes[lane].isTouched = false
        }
        touched.removeAll(keepingCapacity: true)
        ahead.removeAll(keepingCapacity: true)
    }
}

extension Projection {
    fileprivate var key: String {
        switch self {
        case .hash(let key, _, _), .delete(let key): key
        }
    }
}
