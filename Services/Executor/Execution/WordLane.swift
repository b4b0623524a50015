/// The executor's words of one symbol, or of no symbol, on their way to the streams: each once and in order, whatever happens to
/// Redis or to the process.
///
/// A word is written together with its number from the journal, the lane's mark. After a reconnection, and after a restart that
/// finds its words in the journal, the mark tells which have been said: those beyond it are said again. A Redis that comes back
/// without its last moments has lost the mark with the words.
public struct WordLane<Message> {
    public struct Word {
        /// Of its record in the journal.
        public let number: UInt64
        public let message: Message
    }

    private var words: [Word] = []
    /// Words that Redis took a moment ago: it may not have them on its disk yet.
    private var young: [(word: Word, us: Int64)] = []
    /// Of the words, how many are on their way.
    private var sentCount = 0
    /// The greatest number of a word.
    private var lastNumber: UInt64 = 0
    /// When the lane's first mark was written by this process; nil when it found one.
    private var firstMarkUs: Int64?
    private static var wordsMax: Int { 50_000 }
    /// Redis brings its log to the disk every second.
    private static var youngUs: Int64 { 3_000_000 }

    public init() {}

    public var waitingCount: Int { words.count }

    /// Adds a word with its number in the journal, greater than those before; false when there is no room for it.
    public mutating func say(_ message: Message, number: UInt64) -> Bool {
        guard words.count < Self.wordsMax else { return false }
        lastNumber = max(lastNumber, number)
        words.append(Word(number: number, message: message))
        return true
    }

    /// The connection is gone, and with it the answers to what was on its way.
    public mutating func disconnected() { sentCount = 0 }

    /// What the lane's mark is, on a new connection; nil when there is none. Gives the mark that is to be written then.
    public mutating func found(mark: UInt64?, atUs us: Int64) -> UInt64? {
        if let mark {
            let lost = young.map(\.word).filter { $0.number > mark }
            young.removeAll { $0.word.number > mark }
            // What the mark has may still be lost, whether its answer came or not.
            young += words.filter { $0.number <= mark }.map { ($0, us) }
            words = lost + words.filter { $0.number > mark }
            return nil
        }
        // A Redis without a mark has lost everything, and is not told the past again; but a mark that was young itself may have been
        // lost with what followed it.
        if let firstMarkUs, us - firstMarkUs <= Self.youngUs { words = young.map(\.word) + words }
        young = []
        firstMarkUs = us
        return words.first.map { Self.before($0.number) } ?? lastNumber
    }

    /// What is to be sent now, in order.
    public mutating func takeUnsent() -> ArraySlice<Word> {
        defer { sentCount = words.count }
        return words[sentCount...]
    }

    /// The first of the words on their way has been written.
    public mutating func confirmed(atUs us: Int64) {
        heard(atUs: us)
        young.append((words.removeFirst(), us))
        sentCount -= 1
    }

    /// Redis answered something on this connection: what it took long before is on its disk. Time alone says nothing, for it may
    /// have died right after it took a word.
    public mutating func heard(atUs us: Int64) { young.removeAll { us - $0.us > Self.youngUs } }

    /// Whether an answer would tell more.
    public var hasYoung: Bool { !young.isEmpty }

    /// The first word that may have to be said again; nil for none.
    var oldestUnsure: UInt64? { young.first?.word.number ?? words.first?.number }

    /// Number up to which all words of all lanes have been said.
    public static func saidUpTo(_ lanes: [WordLane]) -> UInt64 {
        lanes.compactMap(\.oldestUnsure).min().map(before) ?? lanes.map(\.lastNumber).max() ?? 0
    }

    private static func before(_ number: UInt64) -> UInt64 { max(1, number) - 1 }
}
