import BinanceFutures
import Foundation
import ServiceKit
import TradingPrimitives
import WebClient

/// The simulated venue's own ledger, asked without the delay.
final class VenueView {
    private let context: ServiceContext
    private let rest: RestClient

    init?(configuration: String, url: String) {
        context = ServiceContext.start("vortexctl", purpose: "", arguments: ["vortexctl", "-c", configuration])
        guard let signer = Signer(apiKey: "paper-key", secret: "paper-secret"),
            let rest = RestClient(context, baseURL: url, signer: signer)
        else { return nil }
        self.rest = rest
    }

    private func ask(_ request: RestRequest) -> JSONValue? {
        var outcome: RestOutcome?
        rest.send(request) { outcome = $0 }
        let end = SystemClock.monotonicUs() + 10_000_000
        while outcome == nil, SystemClock.monotonicUs() < end { context.reactor.poll(timeoutMs: 5) }
        guard case .success(let value) = outcome else { return nil }
        return value
    }

    /// Rules of the contracts, once the venue is up; nil after two minutes without it.
    func rules(_ symbols: [Symbol]) -> [InstrumentRules]? {
        for _ in 0..<1200 {
            if let value = ask(MarketRest.exchangeInfo()) { return MarketRest.instruments(value, symbols) }
            let end = SystemClock.monotonicUs() + 100_000
            while SystemClock.monotonicUs() < end { context.reactor.poll(timeoutMs: 20) }
        }
        return nil
    }

    func cancelStops(_ symbol: Symbol) {
        _ = ask(RestRequest(.delete, "/fapi/v1/algoOpenOrders", [("symbol", symbol.name)], security: .signed))
    }

    private func account() -> JSONValue? {
        ask(RestRequest(.get, "/sim/v1/ledger", weight: 0))?["accounts"]?.elements.first
    }

    /// Contracts that are held, and those of them without a stop that waits at the venue.
    func exposure() -> (held: [Symbol], naked: [Symbol])? {
        guard let account = account() else { return nil }
        func symbols(_ values: [JSONValue]?) -> [Symbol] {
            (values ?? []).compactMap { $0["symbol"]?.text.flatMap { Symbol($0) } }
        }
        let held = symbols(account["positions"]?.elements)
        let stopped = symbols(account["algoOrders"]?.elements.filter { $0["algoStatus"]?.text == "NEW" })
        return (held, held.filter { !stopped.contains($0) })
    }

    /// For each plan of which an entry has filled, the milliseconds from its first fill to the making of its first stop.
    func protectionTimes() -> [Double] {
        guard let account = account() else { return [] }
        var plans: [Int64: Substring] = [:], fills: [Substring: Int64] = [:], stops: [Substring: Int64] = [:]
        for order in account["orders"]?.elements ?? [] {
            guard let id = order["clientOrderId"]?.text, let number = order["orderId"]?.integer,
                let leg = id.range(of: "-e", options: .backwards)
            else { continue }
            plans[number] = id[..<leg.lowerBound]
        }
        for fill in account["fills"]?.elements ?? [] {
            guard let number = fill["orderId"]?.integer, let plan = plans[number], let time = fill["time"]?.integer
            else {
                continue
            }
            fills[plan] = min(fills[plan] ?? time, time)
        }
        for stop in account["algoOrders"]?.elements ?? [] {
            guard let id = stop["clientAlgoId"]?.text, let time = stop["createTime"]?.integer,
                let leg = id.range(of: "-sl", options: .backwards)
            else { continue }
            let plan = id[..<leg.lowerBound]
            stops[plan] = min(stops[plan] ?? time, time)
        }
        return fills.compactMap { plan, filled in stops[plan].map { Double($0 - filled) } }
    }
}
