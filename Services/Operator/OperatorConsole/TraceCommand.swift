import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

extension Console {
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
        let hops = try StreamTrace(of: cause, symbol, client).hops
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
            print("\nnext: \(settings.redis.commandLine) XRANGE 'STREAM' ID ID shows an entry whole")
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
        guard let id = TradeId(text), let story = try TradeStory(id, ofOneOf: settings.symbols, client),
            let cause = story["cause"].flatMap({ StreamId($0) })
        else { return nil }
        return (story.symbol, cause)
    }
}
