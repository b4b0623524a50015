import SignalContracts
import TradingPrimitives

/// Redis as the services see it: streams, consumer groups, transactions, and what can go wrong with it.
///
/// One log holds the entries of all streams in the order they were written. A group has read up to a place in it, and has
/// not acknowledged some of what it read.
final class Bus {
    struct Entry {
        let stream: StreamName
        let id: StreamId
        let fields: Fields
    }

    struct Group {
        /// The first entry of the log that has not been delivered.
        var next = 0
        /// Delivered, not acknowledged; places in the log.
        var pending: [Int] = []
    }

    /// What a commit writes.
    struct Word {
        let stream: StreamName
        var id: StreamId?
        let fields: Fields
    }

    private struct Saved {
        let us: Int64
        let count: Int
        let groups: [String: Group]
        let markers: [Symbol?: UInt64]
    }

    private let scheduler: Scheduler
    private(set) var log: [Entry] = []
    private var groups: [String: Group] = [:]
    /// Number of the executor's last word that has been said, by symbol; nil for the global streams.
    private(set) var markers: [Symbol?: UInt64] = [:]
    private var saved: [Saved] = []
    private(set) var isUp = true
    /// Changes when the server has lost something: memory built on it is no longer to be trusted.
    private(set) var serverId = 1
    /// Changes when all connections have broken.
    private(set) var connection = 1
    var onWrite: () -> Void = {}
    /// Called with a group that acknowledges what it has acknowledged before.
    var onSecondAcknowledgement: (String) -> Void = { _ in }

    private static let savedEveryMs: Int64 = 100
    private static let savedForUs: Int64 = 1_000_000

    init(_ scheduler: Scheduler) {
        self.scheduler = scheduler
        scheduler.every(ms: Self.savedEveryMs) { [unowned self] in save() }
    }

    // MARK: Groups

    /// Delivers up to `max` entries of the kinds to a group; they are pending then.
    func read(_ name: String, _ kinds: Set<StreamKind>, max: Int) -> [Int] {
        var group = groups[name] ?? Group()
        var read: [Int] = []
        while group.next < log.count, read.count < max {
            if kinds.contains(log[group.next].stream.kind) { read.append(group.next) }
            group.next += 1
        }
        group.pending += read
        groups[name] = group
        return read
    }

    func group(_ name: String) -> Group { groups[name] ?? Group() }

    /// Outputs and acknowledgements together.
    func commit(_ name: String, acknowledging places: [Int], _ words: [Word]) {
        if !places.allSatisfy(group(name).pending.contains) { onSecondAcknowledgement(name) }
        groups[name]?.pending.removeAll { places.contains($0) }
        for word in words { append(word) }
        if !words.isEmpty { onWrite() }
    }

    /// A writer without a group: the hub, a person.
    func write(_ words: [Word]) {
        for word in words { append(word) }
        onWrite()
    }

    /// One of the executor's words with its number.
    func say(_ word: Word, number: UInt64) {
        append(word)
        markers[word.stream.symbol] = number
        onWrite()
    }

    /// The mark of a lane that has none.
    func mark(_ symbol: Symbol?, _ number: UInt64) { markers[symbol] = number }

    private func append(_ word: Word) {
        let time = scheduler.nowUs
        let id = word.id ?? StreamId(milliseconds: UInt64(time / 1000), sequence: UInt64(log.count))
        log.append(Entry(stream: word.stream, id: id, fields: word.fields))
    }

    // MARK: What can go wrong

    func goDown() {
        isUp = false
        connection += 1
    }

    func comeUp() {
        isUp = true
        onWrite()
    }

    private func save() {
        saved.append(Saved(us: scheduler.nowUs, count: log.count, groups: groups, markers: markers))
        saved.removeAll { scheduler.nowUs - $0.us > Self.savedForUs }
    }

    /// A power cut: what was written in the last moments, up to a second, was not on the disk.
    func loseTail(ms: Int64) {
        guard let kept = saved.last(where: { scheduler.nowUs - $0.us >= ms * 1000 }) ?? saved.first else { return }
        log.removeSubrange(kept.count...)
        groups = kept.groups
        markers = kept.markers
        saved.removeAll { $0.us > kept.us }
        serverId += 1
    }
}
