import Ledger
import ServiceKit
import SignalContracts
import StreamBus

// A database that ends before what was recorded: an old backup stands in its place.
extension Recorder {
    /// Compares what the database has with what Redis says that was recorded. Where the database has less, the stream is read
    /// again from there; what is no longer in it a person is told of.
    func findPlaces(_ redis: RedisClient, _ database: Database) throws -> RecordedPlaces {
        let places = try RecordedPlaces(database)
        var behind: [String] = [], lost: [String] = []
        for stream in streams {
            let known = places[stream.key]
            guard try isBehind(stream, known, redis) else { continue }
            if try isTrimmed(stream, known, redis) { lost.append("\(stream.key) after \(known)") }
            _ = try redis.command("XGROUP", "SETID", stream.key, context.name, known.description)
            behind.append(stream.key)
        }
        if !behind.isEmpty { try tell(behind, lost, redis) }
        return places
    }

    /// Whether an entry behind `known` has been acknowledged: it was written to a database, and not to this one.
    private func isBehind(_ stream: StreamName, _ known: StreamId, _ redis: RedisClient) throws(RedisError) -> Bool {
        let groups = try redis.command("XINFO", "GROUPS", stream.key).elements
        guard let group = groups.first(where: { $0["name"]?.text == context.name }),
            let delivered = group["last-delivered-id"]?.text.flatMap({ StreamId($0) }), delivered > known
        else { return false }
        let waiting = try redis.command("XPENDING", stream.key, context.name).elements
        let firstWaiting = waiting.count > 1 ? waiting[1].text.flatMap { StreamId($0) } : nil
        let next = try redis.command("XRANGE", stream.key, "(\(known)", "+", "COUNT", "1").elements.first
        guard let firstWaiting else { return true }
        return next.flatMap { StreamEntry($0) }.map { $0.id < firstWaiting } ?? false
    }

    /// Whether entries behind `known` may be gone from the stream.
    private func isTrimmed(_ stream: StreamName, _ known: StreamId, _ redis: RedisClient) throws(RedisError) -> Bool {
        let information = try redis.command("XINFO", "STREAM", stream.key)
        if let added = information["entries-added"]?.integer, added == information["length"]?.integer { return false }
        let first = try redis.command("XRANGE", stream.key, "-", "+", "COUNT", "1").elements.first
        return first.flatMap { StreamEntry($0) }.map { $0.id > known } ?? true
    }

    private func tell(_ behind: [String], _ lost: [String], _ redis: RedisClient) throws(RedisError) {
        let gap =
            lost.isEmpty
            ? "all of it is still there"
            : "what was trimmed since is missing: " + lost.joined(separator: ", ")
        let alert = Alert(
            eventTime: SystemClock.now(), severity: lost.isEmpty ? .warning : .critical, service: context.name,
            event: "database_behind",
            text: "the database ends before what was recorded, as an old backup does; read again: "
                + "\(behind.joined(separator: ", ")); \(gap)")
        context.alerts.add(alert)
        try redis.add(alert.fields, to: StreamName(.alert))
    }
}
