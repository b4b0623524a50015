public import SignalContracts
public import TradingPrimitives

/// The outputs and acknowledgements of one batch, one transaction a lane: they commit together or not at all.
///
/// Lanes are the reader's: all keys of a lane lie in one slot of a cluster.
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
    private let laneSymbols: [Symbol?]
    private let streamsOf: [[Int]]
    private var lanes: [Lane]
    private var touched: [Int] = []
    private var nextMarker: Int
    private var scratch = Fields()
    private let isOneTransaction: Bool

    /// `firstMarker` must be greater than any that this consumer has written, such as the time in microseconds.
    /// With `isOneTransaction` all lanes commit as one, always in a transaction, so that one `WATCH` guards all of it.
    public init(_ reader: GroupReader, firstMarker: Int, isOneTransaction: Bool = false) {
        self.isOneTransaction = isOneTransaction
        group = reader.group
        consumer = reader.consumer
        streams = reader.streams
        keys = reader.keys
        laneOf = isOneTransaction ? reader.lanes.map { _ in 0 } : reader.lanes
        laneSymbols = isOneTransaction ? [nil] : reader.laneSymbols
        let lanesOfStreams = laneOf
        streamsOf = laneSymbols.indices.map { lane in lanesOfStreams.indices.filter { lanesOfStreams[$0] == lane } }
        lanes = Array(repeating: Lane(), count: laneSymbols.count)
        nextMarker = firstMarker
    }

    /// Lanes with something to commit, in the order of their first entry.
    public var lanesTouched: [Int] { touched }
    public var isEmpty: Bool { touched.isEmpty }
    /// Whether nothing is to be written: the batch only acknowledges. To be asked before `seal`.
    public var isOnlyAcknowledgements: Bool {
        touched.allSatisfy { lanes[$0].commands.isEmpty && !lanes[$0].acknowledged.isEmpty }
    }

    /// The lane that a stream's symbol has, for outputs that no entry set off.
    public func lane(of symbol: Symbol?) -> Int { laneSymbols.firstIndex(of: symbol) ?? laneSymbols.count - 1 }
    public func lane(ofStream stream: Int) -> Int { laneOf[stream] }

    public mutating func acknowledge(stream: Int, id: StreamId) {
        let lane = laneOf[stream]
        touch(lane)
        lanes[lane].acknowledged.append((stream, id))
    }

    public mutating func emit(_ fields: borrowing Fields, to key: [UInt8], lane: Int) {
        touch(lane)
        begin(lane)
        lanes[lane].commands.xadd(key, fields)
    }

    public mutating func project(_ projection: Projection, lane: Int) {
        touch(lane)
        begin(lane)
        lanes[lane].commands.project(projection)
    }

    /// Puts an entry that can't be understood aside, with the reason, and acknowledges it.
    public mutating func deadLetter(stream: Int, id: StreamId, fields: borrowing Fields, error: ContractError) {
        let lane = laneOf[stream]
        scratch.removeAll()
        scratch.put("v", 1)
        scratch.put("stream", streams[stream].key)
        scratch.put("id", id)
        scratch.put("service", group)
        scratch.put("error", error.description)
        let key = Array(StreamName(.dead, streams[stream].symbol).key.utf8)
        touch(lane)
        begin(lane)
        lanes[lane].commands.begin("XADD", arguments: 3 + 2 * (scratch.count + fields.count))
        lanes[lane].commands.add(key)
        lanes[lane].commands.add("*")
        lanes[lane].commands.add(scratch)
        var isName = true
        fields.forEachItem { item in
            lanes[lane].commands.add(isName ? Array("field.".utf8) + item : Array(item))
            isName.toggle()
        }
        acknowledge(stream: stream, id: id)
    }

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
        if streamsAcknowledged.count != 1 || isOneTransaction { begin(lane) }
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
        Array("hop:\(laneSymbols[lane].map { "{\($0.name)}" } ?? "global"):\(consumer)".utf8)
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
    }
}
