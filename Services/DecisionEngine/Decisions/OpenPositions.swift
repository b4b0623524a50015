import SignalContracts
import TradingPrimitives

/// Positions and orders of unknown outcome, as the executor's events tell them.
struct OpenPositions {
    private struct Doubt {
        let symbol: Symbol
        let plan: TradeId
        let clientOrderId: String
    }

    private var open: [(symbol: Symbol, direction: Direction)] = []
    private var doubts: [Doubt] = []

    var count: Int { open.count }
    subscript(symbol: Symbol) -> Direction? { open.first { $0.symbol == symbol }?.direction }
    func isLocked(_ symbol: Symbol) -> Bool { doubts.contains { $0.symbol == symbol } }

    mutating func apply(_ event: ExecutionEvent, of symbol: Symbol) {
        switch event.kind {
        case .entryFilled: if self[symbol] == nil { open.append((symbol, event.direction)) }
        case .positionAdopted:
            // What the executor finds at the venue counts, whatever it was before.
            open.removeAll { $0.symbol == symbol }
            open.append((symbol, event.direction))
        case .positionClosed:
            open.removeAll { $0.symbol == symbol }
            end(event.plan)
        case .noFill, .planDenied: end(event.plan)
        case .orderUnknown:
            guard let id = event.clientOrderId, !doubts.contains(where: { $0.clientOrderId == id }) else { return }
            doubts.append(Doubt(symbol: symbol, plan: event.plan, clientOrderId: id))
        case .orderResolved:
            doubts.removeAll { $0.symbol == symbol && $0.clientOrderId == event.clientOrderId }
        case .entrySent, .entryAccepted, .entryRepriced, .stopAccepted, .stopMoved, .stopRefused, .takeProfitAccepted,
            .takeProfitRefused, .takeProfitFilled, .exitSent, .exitFilled, .fundingPaid:
            break
        }
    }

    /// A lock ends with what it was for.
    private mutating func end(_ plan: TradeId) { doubts.removeAll { $0.plan == plan } }

    /// The executor knows of no doubt in the contract.
    mutating func unlock(_ symbol: Symbol) { doubts.removeAll { $0.symbol == symbol } }
}
