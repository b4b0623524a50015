import BinanceFutures
import Execution
import ServiceKit
import TradingPrimitives

/// Keeps the contracts' rules and states fresh: asks at the start, every minute, and soon after the venue refused an order
/// in a way that says that they have changed.
final class RulesKeeper {
    struct News {
        let rules: [InstrumentRules]
        let listings: [MarketRest.Listing]
    }

    private let context: ServiceContext
    private let rest: RestClient
    private let everyMs: Int64
    private let onNews: (News) -> Void
    private var isAsking = false
    private var askedUs: Int64 = 0
    private static let retryMs: Int64 = 5000
    /// Least time between two questions that refusals set off.
    private static let pauseUs: Int64 = 2_000_000

    init(_ context: ServiceContext, _ rest: RestClient, everyMs: Int64, onNews: @escaping (News) -> Void) {
        self.context = context
        self.rest = rest
        self.everyMs = everyMs
        self.onNews = onNews
    }

    func start() {
        context.reactor.every(ms: everyMs) { [unowned self] in ask() }
        ask()
    }

    /// The venue refused a request with `code`.
    func refused(with code: Int) {
        guard CodeAction.of(code) == .fetchRules, SystemClock.monotonicUs() - askedUs > Self.pauseUs else { return }
        context.log.warning("rules_refused") { $0.put("code", code) }
        ask()
    }

    private func ask() {
        guard !isAsking else { return }
        isAsking = true
        askedUs = SystemClock.monotonicUs()
        rest.send(MarketRest.exchangeInfo()) { [unowned self] outcome in
            isAsking = false
            guard case .success(let value) = outcome else {
                context.log.warning("rules_unknown") { $0.put("outcome", String("\(outcome)".prefix(200))) }
                context.reactor.after(ms: Self.retryMs) { [unowned self] in ask() }
                return
            }
            rest.learn(MarketRest.limits(value))
            let symbols = context.settings.symbols
            onNews(
                News(
                    // What is held in a halted contract is looked after as any other.
                    rules: MarketRest.instruments(value, symbols, evenHalted: true),
                    listings: MarketRest.listings(value, symbols)))
        }
    }
}
