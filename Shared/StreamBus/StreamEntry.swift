public import SignalContracts

/// One entry of a stream, as XRANGE, XREVRANGE and XREADGROUP give it. For tools and slow paths: it copies.
public struct StreamEntry: Sendable {
    public let id: StreamId
    public let fields: Fields

    /// Nil for a reply of another form.
    public init?(_ row: RedisValue) {
        guard row.elements.count == 2, let text = row.elements[0].text,
            let id = Array(text.utf8).withUnsafeBytes({ StreamId(text: $0) })
        else { return nil }
        self.id = id
        fields = Fields(row.elements[1])
    }
}

extension Fields {
    /// From a flat list of names and values, as entries and HGETALL have it.
    public init(_ list: RedisValue) {
        self.init()
        let items = list.elements.map { Array(($0.text ?? "").utf8) }
        for index in stride(from: 0, to: items.count - 1, by: 2) {
            items[index].withUnsafeBytes { name in
                items[index + 1].withUnsafeBytes { append(name: name, value: $0) }
            }
        }
    }
}

extension RedisValue {
    /// A flat list of names and values, as a dictionary.
    public var pairs: [String: RedisValue] {
        var pairs: [String: RedisValue] = [:]
        let items = elements
        for index in stride(from: 0, to: items.count - 1, by: 2) { pairs[items[index].text ?? ""] = items[index + 1] }
        return pairs
    }
}
