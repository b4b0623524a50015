import SignalContracts
import TradingPrimitives

/// What the engine remembers of one symbol.
struct SymbolState {
    let symbol: Symbol
    var signals = SignalSnapshot()
    var scores = ScoreHistory()
    private var published: Decision?

    init(_ symbol: Symbol) { self.symbol = symbol }

    /// Whether the decision differs from the last one published, or that one is old; then it counts as published.
    mutating func isNews(_ decision: Decision, everyMs: Int64) -> Bool {
        if let published, published.action == decision.action, published.strategy == decision.strategy,
            published.failedGates == decision.failedGates, decision.eventTime - published.eventTime < everyMs
        {
            return false
        }
        published = decision
        return true
    }
}

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
            .takeProfitAccepted, .takeProfitFilled, .exitSent, .exitFilled:
            break
        }
    }
}
