public import Hosting
public import SignalContracts
public import TradingPrimitives

/// Redis as the services see it: streams, consumer groups, transactions, and what can go wrong with it. What is said on it is
/// passed on as it is, or as Redis holds it: as text.
///
/// One log holds the entries of all streams in the order they were written. A group has read up to a place in it, and has
/// not acknowledged some of what it read.
public final class MemoryBus {
    public struct Entry: Sendable {
        public let stream: StreamName
        public let id: StreamId
        public let message: SuiteMessage
    }

    public struct Group: Sendable {
        /// For each symbol, and the streams of none, the first entry of the log that has not been delivered.
        fileprivate var next: [Symbol?: Int] = [:]
        /// Delivered, not acknowledged; places in the log.
        public fileprivate(set) var pending: [Int] = []

        /// Whether an entry of the log has not been delivered.
        func isUnread(_ place: Int, of stream: StreamName) -> Bool { place >= next[stream.symbol] ?? 0 }
    }

    /// What a commit writes.
    public struct Word: Sendable {
        public let stream: StreamName
        /// Nil for one that the bus gives.
        public let id: StreamId?
        public let message: SuiteMessage

        public init(_ stream: StreamName, id: StreamId? = nil, _ message: SuiteMessage) {
            (self.stream, self.id, self.message) = (stream, id, message)
        }
    }

    private struct Saved {
        let us: Int64
        let count: Int
        let groups: [String: Group]
        let markers: [Symbol?: UInt64]
        let leases: [String: LeaseTable]
    }

    private let clock: VirtualClock
    /// All entries, in the order that they were written.
    public private(set) var log: [Entry] = []
    private var groups: [String: Group] = [:]
    /// Number of the executor's last word that has been said, by symbol; nil for the global streams.
    public private(set) var markers: [Symbol?: UInt64] = [:]
    /// Of the services whose workers share the symbols.
    private var leases: [String: LeaseTable] = [:]
    private var saved: [Saved] = []
    public private(set) var isUp = true
    /// Changes when the server has lost something: memory built on it is no longer to be trusted.
    public private(set) var serverId = 1
    /// Changes when all connections have broken.
    public private(set) var connection = 1
    /// Called after something was written, and when it is up again.
    public var onWrite: () -> Void = {}
    /// Called with a group that acknowledges what it has acknowledged before.
    public var onSecondAcknowledgement: (String) -> Void = { _ in }

    /// Called with an entry whose text its own reader refuses.
    public var onUnreadable: (StreamName, ContractError) -> Void = { _, _ in }
    private let isText: Bool
    private var text = Fields()

    private static let savedEveryMs: Int64 = 100
    private static let savedForUs: Int64 = 1_000_000

    /// Each entry goes through its text where `isText`. An entry whose text can't be read is told to `onUnreadable` and left out.
    public init(_ clock: VirtualClock, isText: Bool) {
        self.clock = clock
        self.isText = isText
        clock.every(ms: Self.savedEveryMs) { [unowned self] in save() }
    }

    // MARK: Groups

    /// Delivers up to `max` entries of the kinds, and of these symbols or of none, to a group; they are pending then.
    public func read(_ name: String, _ kinds: Set<StreamKind>, of symbols: [Symbol], max: Int) -> [Int] {
        var group = groups[name] ?? Group()
        let lanes = symbols + [nil]
        var read: [Int] = []
        var place = lanes.map { group.next[$0] ?? 0 }.min() ?? 0
        while place < log.count, read.count < max {
            let stream = log[place].stream
            if kinds.contains(stream.kind), group.isUnread(place, of: stream), lanes.contains(stream.symbol) {
                read.append(place)
            }
            place += 1
        }
        for lane in lanes { group.next[lane] = Swift.max(place, group.next[lane] ?? 0) }
        group.pending += read
        groups[name] = group
        return read
    }

    /// How far a group has read.
    public func group(_ name: String) -> Group { groups[name] ?? Group() }

    /// Outputs and acknowledgements together.
    public func commit(_ name: String, acknowledging places: [Int], _ words: [Word]) {
        if !places.allSatisfy(group(name).pending.contains) { onSecondAcknowledgement(name) }
        groups[name]?.pending.removeAll { places.contains($0) }
        for word in words { append(word) }
        if !words.isEmpty { onWrite() }
    }

    // MARK: Leases

    /// Renews what a worker has of a service's symbols, and takes what is free up to its share.
    public func renew(_ name: String, _ worker: String, _ symbols: [Symbol]) -> LeaseHolding {
        leases[name, default: LeaseTable()].renew(worker, symbols, nowMs: clock.nowUs / 1000)
    }

    /// Gives back what a worker has of them.
    public func release(_ name: String, _ worker: String, _ symbols: [Symbol]) {
        leases[name]?.release(worker, symbols, nowMs: clock.nowUs / 1000)
    }

    /// Whether another worker has taken over from this one.
    public func isFenced(_ worker: String, of name: String) -> Bool { leases[name]?.isFenced(worker) ?? false }

    // MARK: Writers

    /// A writer without a group: the hub, a person.
    public func write(_ words: [Word]) {
        for word in words { append(word) }
        onWrite()
    }

    /// One of the executor's words with its number.
    public func say(_ word: Word, number: UInt64) {
        append(word)
        markers[word.stream.symbol] = number
        onWrite()
    }

    /// The mark of a lane that has none.
    public func mark(_ symbol: Symbol?, _ number: UInt64) { markers[symbol] = number }

    private func append(_ word: Word) {
        let time = clock.nowUs
        let id = word.id ?? StreamId(milliseconds: UInt64(time / 1000), sequence: UInt64(log.count))
        guard isText else { return log.append(Entry(stream: word.stream, id: id, message: word.message)) }
        text.removeAll()
        word.message.encode(into: &text)
        do throws(ContractError) {
            log.append(Entry(stream: word.stream, id: id, message: try SuiteMessage(word.stream.kind, text)))
        } catch {
            onUnreadable(word.stream, error)
        }
    }

    // MARK: What can go wrong

    /// All connections break, and nobody is answered until `comeUp`.
    public func goDown() {
        isUp = false
        connection += 1
    }

    public func comeUp() {
        isUp = true
        onWrite()
    }

    private func save() {
        saved.append(Saved(us: clock.nowUs, count: log.count, groups: groups, markers: markers, leases: leases))
        saved.removeAll { clock.nowUs - $0.us > Self.savedForUs }
    }

    /// A power cut: what was written in the last moments, up to a second, was not on the disk.
    public func loseTail(ms: Int64) {
        guard let kept = saved.last(where: { clock.nowUs - $0.us >= ms * 1000 }) ?? saved.first else { return }
        log.removeSubrange(kept.count...)
        groups = kept.groups
        markers = kept.markers
        leases = kept.leases
        saved.removeAll { $0.us > kept.us }
        serverId += 1
    }
}
