import ServiceKit
public import SignalContracts
public import StreamBus
public import TradingPrimitives

/// One market event through all streams that still hold it.
public struct StreamTrace {
    /// An entry that it led to.
    public struct Hop {
        public let stream: StreamName
        public let id: StreamId
        /// In a few words.
        public let what: String
    }

    /// How long after a market event its last word may come.
    private static let spanMs: UInt64 = 3_600_000

    /// In the order of the way.
    public let hops: [Hop]

    public init(of cause: StreamId, _ symbol: Symbol, _ client: RedisClient) throws(RedisError) {
        var hops: [Hop] = [], plans: Set<String> = []
        func add(_ kind: StreamKind, spanMs: UInt64, _ what: (Fields) -> String?) throws(RedisError) {
            let stream = StreamName(kind, symbol)
            let end = "\(cause.milliseconds + spanMs)"
            let from = kind.isMarketData ? cause.description : "\(cause.milliseconds)"
            let rows = try client.command(
                "XRANGE", stream.key, from, kind.isMarketData ? cause.description : end, "COUNT", "20000")
            for entry in rows.elements.compactMap({ StreamEntry($0) }) {
                if let text = what(entry.fields) { hops.append(Hop(stream: stream, id: entry.id, what: text)) }
            }
        }
        for kind in StreamKind.allCases where kind.isMarketData {
            try add(kind, spanMs: 0) { fields in
                fields.pairs.prefix(6).map { "\($0.name)=\($0.value.prefix(40))" }.joined(separator: " ")
            }
        }
        try add(.signal, spanMs: 10_000) { fields in
            guard fields["cause"] == cause.description else { return nil }
            return [fields["engine"], fields["direction"] ?? fields["regime"], fields["strength"].map(shortNumber)]
                .compactMap { $0 }.joined(separator: " ")
        }
        try add(.decision, spanMs: 10_000) { fields in
            guard fields["cause"] == cause.description, let id = fields["id"] else { return nil }
            plans.insert(id)
            return "\(id) \(fields["action"] ?? "") \(fields["reason"]?.prefix(60) ?? "")"
        }
        if !plans.isEmpty {
            try add(.plan, spanMs: 10_000) { fields in
                fields["id"].flatMap { plans.contains($0) ? "\($0) \(fields["verdict"] ?? "")" : nil }
            }
            try add(.execution, spanMs: Self.spanMs) { fields in
                guard let plan = fields["plan"], plans.contains(plan) else { return nil }
                return [fields["event"], fields["client_order_id"], fields["price"], fields["detail"]]
                    .compactMap { $0 }.joined(separator: " ")
            }
        }
        self.hops = hops
    }
}
