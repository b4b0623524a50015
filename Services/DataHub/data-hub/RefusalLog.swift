import DataHub
import ServiceKit
import SignalContracts
import TradingPrimitives

/// Tells what did not come in: each field of each contract, and trades and closes that are missing, at once, and then no more than once a
/// minute, with how many there were.
final class RefusalLog {
    private struct Key: Hashable {
        let symbol: Int
        let kind: DataHub.Kind
        let field: String
    }

    private struct Told {
        var atUs: Int64
        /// Since then.
        var count: Int64 = 0
    }

    private static let everyUs: Int64 = 60_000_000
    private let log: Logger
    private let symbols: [Symbol]
    private var told: [Key: Told] = [:]

    init(_ log: Logger, _ symbols: [Symbol]) {
        self.log = log
        self.symbols = symbols
    }

    func add(_ refusal: RefusedInput, symbol: Int) {
        guard let before = due(Key(symbol: symbol, kind: refusal.kind, field: refusal.field), 1) else { return }
        log.warning("value_refused") {
            $0.put("symbol", symbols[symbol])
            $0.put("kind", refusal.kind.name)
            $0.put("field", refusal.field)
            $0.put("value", String(refusal.value.prefix(80)))
            $0.put("reason", refusal.reason.rawValue)
            $0.put("more_before", before)
        }
    }

    func missed(_ count: Int64, symbol: Int) {
        guard let before = due(Key(symbol: symbol, kind: .trade, field: "missing"), count) else { return }
        log.warning("trades_missed") {
            $0.put("symbol", symbols[symbol])
            $0.put("count", count)
            $0.put("more_before", before)
        }
    }

    func missed(close: MissingClose, _ timeframe: Timeframe, symbol: Int) {
        let field = "close \(timeframe.rawValue)"
        guard let before = due(Key(symbol: symbol, kind: .candle, field: field), 1) else { return }
        log.warning("close_missed") {
            $0.put("symbol", symbols[symbol])
            $0.put("timeframe", timeframe.rawValue)
            $0.put("open_time", close.openTime)
            $0.put("attempt", close.attempt)
            $0.put("more_before", before)
        }
    }

    /// How many were not told since the last time, if it is time to tell; else they are noted.
    private func due(_ key: Key, _ count: Int64) -> Int64? {
        let now = SystemClock.monotonicUs()
        if let last = told[key], now - last.atUs < Self.everyUs {
            told[key]?.count = last.count.addingReportingOverflow(count).partialValue
            return nil
        }
        defer { told[key] = Told(atUs: now) }
        return told[key]?.count ?? 0
    }
}
