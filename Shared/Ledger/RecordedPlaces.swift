public import SignalContracts

/// Up to which entry each stream has been written down. It stands in the database itself, and goes back with it when an old
/// backup is put in its place: what Redis believes to be recorded does not.
public struct RecordedPlaces: Sendable {
    private var places: [String: StreamId] = [:]

    public init() {}

    public init(_ database: Database) throws(DatabaseError) {
        for row in try database.run("SELECT stream, entry_id FROM recorded_place") {
            guard let stream = row[0], let text = row[1] else { continue }
            places[stream] = Array(text.utf8).withUnsafeBytes { StreamId(text: $0) }
        }
    }

    /// Zero for a stream of which nothing is there.
    public subscript(stream: String) -> StreamId { places[stream] ?? .zero }

    /// To be called in the transaction that writes the entries.
    public mutating func advance(_ stream: String, to id: StreamId, in database: Database) throws(DatabaseError) {
        guard id > self[stream] else { return }
        places[stream] = id
        try database.run(
            "INSERT INTO recorded_place VALUES ($1, $2) ON CONFLICT (stream) DO UPDATE SET entry_id = $2",
            [stream, id.description])
    }
}
