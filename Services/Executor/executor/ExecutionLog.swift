import ServiceKit
import SignalContracts
import TradingPrimitives

extension Logger {
    /// What happened to an order or a position, in a line: what `vortexctl why` tells of a trade stands here, too.
    func write(_ event: ExecutionEvent, of symbol: Symbol) {
        log(event.kind.level, "execution") {
            $0.put("symbol", symbol)
            $0.put("plan", event.plan)
            $0.put("event", event.kind.rawValue)
            $0.put("state", event.state.rawValue)
            $0.put("direction", event.direction.rawValue)
            if let id = event.clientOrderId { $0.put("order", id) }
            if let price = event.price { $0.put("price", price) }
            if let quantity = event.quantity { $0.put("quantity", quantity) }
            if let held = event.positionQuantity { $0.put("held", held) }
            if let stop = event.stopPrice { $0.put("stop", stop) }
            if let summary = event.summary {
                $0.put("exit", summary.exitReason.rawValue)
                $0.put("net_pnl", summary.netPnl)
                $0.put("fees", summary.fees)
            }
            if let detail = event.detail { $0.put("detail", detail) }
        }
    }
}

extension ExecutionKind {
    fileprivate var level: LogLevel {
        switch self {
        case .planDenied, .stopRefused, .takeProfitRefused, .positionAdopted, .orderUnknown: .warning
        case .entrySent, .entryAccepted, .entryRepriced, .entryFilled, .noFill, .stopAccepted, .stopMoved,
            .takeProfitAccepted, .takeProfitFilled, .exitSent, .exitFilled, .fundingPaid, .positionClosed,
            .orderResolved:
            .info
        }
    }
}
