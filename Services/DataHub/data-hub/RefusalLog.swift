import DataHub
import ServiceKit
import TradingPrimitives

/// Tells what did not come in: each field of each contract at once, and then no more than once a minute, with how many there were.
final class RefusalLog {
    private struct Key: Hashable {
        let symbol: Int
        let kind: DataHub.Kind
        let field: String
    }

    private struct Told {
        var atUs: Int64
        /// Since then.
        var count = 0
    }

    private static let everyUs: Int64 = 60_000_000
    private let log: Logger
    private let symbols: [Symbol]
    private var told: [Key: Told] = [:]

    init(_ log: Logger, _ symbols: [Symbol]) {
        self.log = log
        self.symbols = symbols
    }

    func add(_ refusal: Refusal, symbol: Int) {
        let key = Key(symbol: symbol, kind: refusal.kind, field: refusal.field)
        let now = SystemClock.monotonicUs()
        if let last = told[key], now - last.atUs < Self.everyUs {
            told[key]?.count += 1
            return
        }
        let before = told[key]?.count ?? 0
        told[key] = Told(atUs: now)
        log.warning("value_refused") {
            $0.put("symbol", symbols[symbol])
            $0.put("kind", refusal.kind.name)
            $0.put("field", refusal.field)
            $0.put("value", String(refusal.value.prefix(80)))
            $0.put("reason", refusal.reason.rawValue)
            $0.put("more_before", before)
        }
    }
}
