import SignalContracts
import TradingPrimitives

/// Positions and orders of unknown outcome, as the executor's events tell them.
struct OpenPositions {
    private var open: [(symbol: Symbol, direction: Direction)] = []
    private var unknown: [(symbol: Symbol, clientOrderId: String)] = []

    var count: Int { open.count }
    subscript(symbol: Symbol) -> Direction? { open.first { $0.symbol == symbol }?.direction }
    func isLocked(_ symbol: Symbol) -> Bool { unknown.contains { $0.symbol == symbol } }

    mutating func apply(_ event: ExecutionEvent, of symbol: Symbol) {
        switch event.kind {
        case .entryFilled, .positionAdopted:
            if self[symbol] == nil { open.append((symbol, event.direction)) }
        case .positionClosed:
            open.removeAll { $0.symbol == symbol }
        case .orderUnknown:
            if let id = event.clientOrderId { unknown.append((symbol, id)) }
        case .orderResolved:
            unknown.removeAll { $0.symbol == symbol && $0.clientOrderId == event.clientOrderId }
        case .planDenied, .entrySent, .entryAccepted, .entryRepriced, .noFill, .stopAccepted, .stopMoved, .stopRefused,
            .takeProfitAccepted, .takeProfitRefused, .takeProfitFilled, .exitSent, .exitFilled, .fundingPaid:
            break
        }
    }
}
