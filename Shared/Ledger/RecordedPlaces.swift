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

    /// To be called in the transaction that writes the entries. One statement, however many streams.
    public mutating func advance(_ newest: [String: StreamId], in database: Database) throws(DatabaseError) {
        let further = newest.filter { $0.value > self[$0.key] }
        guard !further.isEmpty else { return }
        places.merge(further) { _, new in new }
        try database.run(
            """
            INSERT INTO recorded_place SELECT * FROM unnest($1::TEXT[], $2::TEXT[])
            ON CONFLICT (stream) DO UPDATE SET entry_id = EXCLUDED.entry_id
            """, [arrayText(further.keys.map(\.self)), arrayText(further.values.map(\.description))])
    }
}

/// `{"md.candle:{BTCUSDT}",…}`: a list as PostgreSQL reads it.
func arrayText(_ texts: [String]) -> String {
    let quoted = texts.map { text in
        "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
    }
    return "{" + quoted.joined(separator: ",") + "}"
}
