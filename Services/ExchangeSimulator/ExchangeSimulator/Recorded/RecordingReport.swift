public import TradingPrimitives

/// Something strange in a recording.
public struct RecordingTrouble: Equatable, Sendable, CustomStringConvertible {
    /// Number of the line in its file, from 1.
    public let line: Int
    /// What was seen, and what was expected.
    public let what: String
    /// How the line begins.
    public let text: String

    public var description: String { "line \(line) (\(text)): \(what)" }

    /// How a line begins, fit for a log.
    static func excerpt(_ line: UnsafeRawBufferPointer) -> String {
        let text = String(decoding: line.prefix(90), as: UTF8.self)
        let isShort = line.count <= 90
        return String(text.map { $0.isASCII && ($0.asciiValue ?? 0) < 32 ? " " : $0 }) + (isShort ? "" : "…")
    }
}

/// What a reader found in a recording.
public struct RecordingReport: Equatable, Sendable {
    /// Rows or frames that can't be used, and more than these are no accident.
    public static let skippedMax = 10

    /// Rows of a table, or frames, that are played.
    public internal(set) var rows = 0
    /// What was left out: it can't be read, or can't be true.
    public internal(set) var skipped = 0
    /// What was left out because it had been there before.
    public internal(set) var doubled = 0
    /// Places where ids (candles: minutes) skip, and how many are missing there.
    public internal(set) var gaps = 0
    public internal(set) var missing: Int64 = 0
    /// Places where time or price leap, and go on from there.
    public internal(set) var leaps = 0
    public internal(set) var first: Timestamp?
    public internal(set) var last: Timestamp?
    public internal(set) var firstPrice: Price?
    public internal(set) var lastPrice: Price?
    public internal(set) var firstId: Int64?
    public internal(set) var lastId: Int64?
    /// The first of what was left out, and all leaps that are told.
    public internal(set) var troubles: [RecordingTrouble] = []
    /// Why it can't be played, whatever else is in it.
    public internal(set) var fatal: RecordingTrouble?

    public init() {}

    /// Why it can't be played; nil when it can.
    public var refusal: String? {
        if let fatal { return fatal.description }
        guard skipped > Self.skippedMax || leaps > Self.skippedMax else { return nil }
        let told = troubles.prefix(3).map(\.description).joined(separator: "; ")
        return "more than \(Self.skippedMax) of its rows can't be true: " + told
    }

    /// Joins what was found of one contract's trades, whose rows are counted already.
    mutating func add(_ other: RecordingReport) {
        skipped += other.skipped
        doubled += other.doubled
        gaps += other.gaps
        missing += other.missing
        leaps += other.leaps
        troubles += other.troubles
        troubles.sort { $0.line < $1.line }
        fatal = fatal ?? other.fatal
    }

    mutating func tell(_ line: Int, _ text: String, _ what: String) {
        guard troubles.count < 2 * Self.skippedMax else { return }
        troubles.append(RecordingTrouble(line: line, what: what, text: text))
    }

    mutating func skip(_ line: Int, _ text: String, _ what: String) {
        skipped += 1
        tell(line, text, what)
    }

    mutating func refuse(_ line: Int, _ text: String, _ what: String) {
        if fatal == nil { fatal = RecordingTrouble(line: line, what: what, text: text) }
    }
}
