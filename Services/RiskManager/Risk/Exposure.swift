import SignalContracts
import TradingPrimitives

/// Margin held by plans and positions: reserved when a plan is approved, released when it ends.
struct Exposure {
    private struct Holding {
        let symbol: Symbol
        let plan: TradeId
        let margin: Notional
        /// A plan that nobody answered for is given up then.
        let until: Timestamp
    }

    /// Plans that are remembered after their end.
    private static let endedMax = 64

    private var holdings: [Holding] = []
    /// Newest last.
    private var ended: [TradeId] = []

    var count: Int { holdings.count }
    var margin: Notional { holdings.reduce(.zero) { $0 + $1.margin } }
    func plan(of symbol: Symbol) -> TradeId? { holdings.first { $0.symbol == symbol }?.plan }

    /// Reserves what an approved plan needs, once, unless it is over.
    mutating func reserve(_ plan: TradePlan, of symbol: Symbol) {
        guard case .approved(let terms) = plan.verdict, !ended.contains(plan.id),
            !holdings.contains(where: { $0.plan == plan.id })
        else { return }
        let until = plan.eventTime + terms.entryTimeoutMs + terms.maxHoldMs + 60_000
        holdings.append(Holding(symbol: symbol, plan: plan.id, margin: terms.margin, until: until))
    }

    mutating func expire(at time: Timestamp) { holdings.removeAll { $0.until < time } }

    mutating func apply(_ event: ExecutionEvent, of symbol: Symbol?) {
        switch event.kind {
        case .planDenied, .noFill, .positionClosed:
            holdings.removeAll { $0.plan == event.plan }
            ended.append(event.plan)
            if ended.count > Self.endedMax { ended.removeFirst() }
        case .positionAdopted:
            guard let symbol else { return }
            // An executor that lost its journal adopts anew what it had adopted or entered before: the old name never ends.
            holdings.removeAll { $0.symbol == symbol }
            holdings.append(
                Holding(symbol: symbol, plan: event.plan, margin: .zero, until: event.eventTime + 86_400_000))
        case .entrySent, .entryAccepted, .entryRepriced, .entryFilled, .stopAccepted, .stopMoved, .stopRefused,
            .takeProfitAccepted, .takeProfitRefused, .takeProfitFilled, .exitSent, .exitFilled, .fundingPaid,
            .orderUnknown, .orderResolved:
            break
        }
    }
}
