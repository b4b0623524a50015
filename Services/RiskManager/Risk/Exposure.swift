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

    private var holdings: [Holding] = []

    var count: Int { holdings.count }
    var margin: Notional { holdings.reduce(.zero) { $0 + $1.margin } }
    func plan(of symbol: Symbol) -> TradeId? { holdings.first { $0.symbol == symbol }?.plan }

    mutating func reserve(_ margin: Notional, for plan: TradeId, of symbol: Symbol, until: Timestamp) {
        holdings.append(Holding(symbol: symbol, plan: plan, margin: margin, until: until))
    }

    mutating func expire(at time: Timestamp) { holdings.removeAll { $0.until < time } }

    mutating func apply(_ event: ExecutionEvent, of symbol: Symbol?) {
        switch event.kind {
        case .planDenied, .noFill, .positionClosed:
            holdings.removeAll { $0.plan == event.plan }
        case .positionAdopted:
            guard let symbol, plan(of: symbol) == nil else { return }
            reserve(.zero, for: event.plan, of: symbol, until: event.eventTime + 86_400_000)
        case .entrySent, .entryAccepted, .entryRepriced, .entryFilled, .stopAccepted, .stopMoved, .stopRefused,
            .takeProfitAccepted, .takeProfitFilled, .exitSent, .exitFilled, .fundingPaid, .orderUnknown, .orderResolved:
            break
        }
    }
}
