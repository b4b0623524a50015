public import SignalContracts
import TradingPrimitives

extension Readiness {
    /// A word that is older than this is of an engine that no longer speaks.
    private static let ageMaxMs: Int64 = 60_000

    /// Whether an entry is possible at `now`, the venue's time, and if not, since when and why; for people.
    func summary(at now: Timestamp) -> String {
        if now - eventTime > Self.ageMaxMs { return "UNKNOWN: no word from the decision engine since \(eventTime)" }
        if obstacles.isEmpty { return "possible" }
        let last = possibleAt > .zero ? "last possible \(possibleAt)" : "never possible since the engine began"
        return "\(isFault ? "NONE" : "none"): \(reason) · since \(since) · \(last)"
    }
}

extension Readiness {
    /// `stopped_by` holds names as the stream tells them, the first one the weightiest.
    public var json: JSONNode {
        .object([
            ("event_time", .integer(eventTime.milliseconds)), ("possible", .bool(obstacles.isEmpty)),
            ("possible_at", .optional(possibleAt > .zero ? possibleAt.milliseconds : nil)),
            ("since", .integer(since.milliseconds)), ("stopped_by", .array(obstacles.names.map { .text($0) })),
            ("fault", .bool(isFault)), ("reason", .text(reason)),
        ])
    }
}

extension AccountUpdate {
    /// Why the executor takes no entry in any contract, in words; empty while it takes some.
    var stopReasons: String { hindrances.hindrances.map(\.text).joined(separator: ", ") }
}
