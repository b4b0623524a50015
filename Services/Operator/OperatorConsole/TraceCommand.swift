import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

extension Console {
    private struct Hop {
        let stream: StreamName
        let id: StreamId
        let what: String
    }

    /// How long after a market event its last word may come.
    private static let spanMs: UInt64 = 3_600_000

    /// One market event through all hops, read off the streams.
    func trace() throws(RedisError) -> ExitCode {
        guard let text = invocation.arguments.first else {
            Invocation.refuse("trace needs the id of a market event, a decision or a trade")
        }
        let client = try RedisClient(settings.redis)
        guard let (symbol, cause) = try cause(of: text, client) else {
            complain("vortexctl: '\(text)' is in no md.* stream and is no decision that the streams still hold")
            return .notFound
        }
        let hops = try hops(of: cause, symbol, client)
        var table = Table()
        table.add("AFTER", "STREAM", "ID", "WHAT")
        for hop in hops {
            let afterMs = Double(hop.id.microseconds - cause.microseconds) / 1000
            // Ids of later streams are Redis' own, in whole milliseconds.
            let after = hop.stream.kind.isMarketData ? afterMs : max(0, afterMs)
            table.add("\(shortNumber("\(after)")) ms", hop.stream.key, hop.id.description, hop.what)
            guard invocation.isJSON else { continue }
            print(
                JSONNode.object([
                    ("after_ms", .number(after)), ("stream", .text(hop.stream.key)), ("id", .text(hop.id.description)),
                    ("what", .text(hop.what)),
                ]).line)
        }
        if !invocation.isJSON {
            print(table.text)
            print("\nnext: redis-cli XRANGE 'STREAM' ID ID shows an entry whole")
        }
        return .success
    }

    private func cause(of text: String, _ client: RedisClient) throws(RedisError) -> (Symbol, StreamId)? {
        if let id = StreamId(text) {
            for symbol in settings.symbols {
                for kind in StreamKind.allCases where kind.isMarketData {
                    let key = StreamName(kind, symbol).key
                    if try !client.command("XRANGE", key, text, text).elements.isEmpty { return (symbol, id) }
                }
            }
            return nil
        }
        guard let id = TradeId(text), let symbol = settings.symbols.first(where: { id.belongs(to: $0) }),
            let story = try TradeStory(id, symbol, client), let cause = story["cause"].flatMap({ StreamId($0) })
        else { return nil }
        return (symbol, cause)
    }

    private func hops(of cause: StreamId, _ symbol: Symbol, _ client: RedisClient) throws(RedisError) -> [Hop] {
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
        guard !plans.isEmpty else { return hops }
        try add(.plan, spanMs: 10_000) { fields in
            fields["id"].flatMap { plans.contains($0) ? "\($0) \(fields["verdict"] ?? "")" : nil }
        }
        try add(.execution, spanMs: Self.spanMs) { fields in
            guard let plan = fields["plan"], plans.contains(plan) else { return nil }
            return [fields["event"], fields["client_order_id"], fields["price"], fields["detail"]].compactMap { $0 }
                .joined(separator: " ")
        }
        return hops
    }
}
