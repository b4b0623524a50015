import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

/// Writes approved plans in the place of the engines and the risk manager, one a contract at a time.
final class Trader {
    private let redis: RedisClient
    private let rules: [InstrumentRules]
    /// Of each contract, when its next plan is due; monotonic microseconds.
    private var dueUs: [Int64]
    private var number = 0

    init(_ redis: RedisClient, _ rules: [InstrumentRules]) {
        self.redis = redis
        self.rules = rules
        dueUs = rules.map { _ in 0 }
    }

    /// Writes plans for the contracts of `symbols` that had none for two seconds.
    func plan(_ symbols: [Symbol], holdMs: Int64) throws(RedisError) {
        let now = SystemClock.monotonicUs()
        for (index, rule) in rules.enumerated() where symbols.contains(rule.symbol) && dueUs[index] <= now {
            guard let book = try book(rule.symbol), let best = book.bids.best?.price else { continue }
            dueUs[index] = now + 2_000_000
            number += 1
            try write(plan(rule, at: best, holdMs), of: rule.symbol)
        }
    }

    private func book(_ symbol: Symbol) throws(RedisError) -> BookUpdate? {
        let reply = try redis.command("XREVRANGE", StreamName(.book, symbol).key, "+", "-", "COUNT", "1")
        return reply.elements.first.flatMap { StreamEntry($0) }.flatMap { try? BookUpdate($0.fields) }
    }

    private func plan(_ rule: InstrumentRules, at price: Price, _ holdMs: Int64) -> TradePlan {
        let cause = StreamId(microseconds: SystemClock.wallUs())
        let size = Quantity(raw: Int64(Int128(300 * fixedScale) * Int128(fixedScale) / Int128(price.raw)))
        let quantity = max(rule.minQuantity, size.rounded(toMultipleOf: rule.stepSize, .down))
        let distance = Price(raw: price.raw / 100).rounded(toMultipleOf: rule.tickSize, .down)
        let terms = TradeTerms(
            entryPrice: price, quantity: quantity, notional: price * quantity, leverage: 10, margin: .zero,
            stopDistance: distance, takeProfitDistance: distance, trailDistance: distance,
            takeProfitFraction: Ratio(raw: 60_000_000), entryOffsetTicks: 0, entryTimeoutMs: 1800, maxHoldMs: holdMs,
            riskRatio: 0.001, riskBound: "bench", grossRewardToRisk: 1, effectiveRewardToRisk: 1,
            breakevenWinRate: 0.5, makerFeeRate: Ratio(raw: 20_000), takerFeeRate: Ratio(raw: 50_000))
        return TradePlan(
            id: TradeId(symbol: rule.symbol, cause: cause), cause: cause, eventTime: SystemClock.now(),
            direction: number % 2 == 0 ? .long : .short, strategy: .momentum, confidence: 50,
            verdict: .approved(terms))
    }

    private func write(_ plan: TradePlan, of symbol: Symbol) throws(RedisError) {
        var commands = CommandBuffer()
        commands.xadd(Array(StreamName(.plan, symbol).key.utf8), plan.fields)
        _ = try redis.pipeline(commands)
    }

    /// Milliseconds from each position's first fill at the venue to the moment when the executor knew that its stop stands.
    func protectionTimes() throws(RedisError) -> [Double] {
        var times: [Double] = []
        for rule in rules {
            var filled: [TradeId: Timestamp] = [:]
            let reply = try redis.command("XRANGE", StreamName(.execution, rule.symbol).key, "-", "+")
            for element in reply.elements {
                guard let entry = StreamEntry(element), let event = try? ExecutionEvent(entry.fields) else { continue }
                switch event.kind {
                case .entryFilled: filled[event.plan] = filled[event.plan] ?? event.eventTime
                case .stopAccepted:
                    if let time = filled.removeValue(forKey: event.plan) {
                        times.append(Double(event.eventTime - time))
                    }
                default: break
                }
            }
        }
        return times
    }
}
