import Ledger
import OperatorConsole
import SignalContracts
import StreamBus
import TradingPrimitives
import WebClient

/// A contract's candles, its key levels, and the trades that fall in them.
enum ChartReport {
    static let limitMax: Int64 = 500

    static func make(
        _ symbol: Symbol, _ timeframe: Timeframe, limit: Int64, _ stores: Stores
    ) throws(RequestError) -> JSONNode {
        let (candles, levels) = try stores.withRedis { client throws(RedisError) in
            let texts = try client.command(
                "ZRANGE", "candles:{\(symbol)}:\(timeframe.rawValue)", "-\(limit)", "-1"
            ).elements.compactMap(\.text)
            let signals = Fields(try client.command("HGETALL", "engine_signals:{\(symbol)}"))
            return (texts.compactMap(candle), keyLevels(signals["e3"] ?? ""))
        }
        let trades =
            if let first = candles.first {
                try stores.withDatabase { database throws(DatabaseError) in
                    try TradeHistory.since(first.openTime, of: symbol.name, database)
                }
            } else { "[]" }
        return .object([
            ("symbol", .text(symbol.name)), ("timeframe", .text(timeframe.rawValue)),
            ("candles", .array(candles.map { .raw($0.json) })), ("key_levels", .array(levels.map(JSONNode.raw))),
            ("trades", .raw(trades)),
        ])
    }

    /// `{"open_time":…,"open":"…",…}`, as the hub keeps it.
    private static func candle(_ text: String) -> (openTime: Int64, json: String)? {
        guard let value = try? JSONValue(Array(text.utf8)), let time = value["open_time"]?.integer else { return nil }
        let numbers = ["open", "high", "low", "close", "volume"].compactMap { value[$0]?.text }
        guard numbers.count == 5, numbers.allSatisfy({ Price($0) != nil }) else { return nil }
        return (time, "[\(time),\(numbers.joined(separator: ","))]")
    }

    private static func keyLevels(_ signal: String) -> [String] {
        let levels = Projection.pairs(ofSignal: signal).first { $0.name == "key_levels" }?.value ?? ""
        return levels.split(separator: ",").map(String.init).filter { Price($0) != nil }
    }
}
