import SignalContracts
import TradingPrimitives

// What is said of orders whose outcome is not known. Whoever hears that an order is unknown takes no entry in its contract
// until the doubt has ended, so each end must be said, whatever brought it: an answer, a refusal, a fill, a cancel, proof that
// the order is absent. None of those ways says it; they change the order's status, and what changed is said here.
extension Position {
    /// Says which orders have become unknown or known since it was last called. To be called after everything that may have
    /// changed an order, before the position is let go of.
    mutating func tellDoubts(at now: Timestamp, _ actions: inout PositionActions) {
        for slot in orders where slot.status == .unknown && !doubted.contains(slot.clientOrderId) {
            doubted.append(slot.clientOrderId)
            actions.events.append(event(.orderUnknown, of: slot, at: now, detail: slot.lastWord))
        }
        for stop in stops where stop.status == .unknown && !doubted.contains(stop.clientOrderId) {
            doubted.append(stop.clientOrderId)
            actions.events.append(event(.orderUnknown, of: stop, at: now, detail: stop.lastWord))
        }
        for id in doubted {
            switch role(clientOrderId: id, orderId: nil) {
            case .order(let index) where orders[index].status != .unknown:
                actions.events.append(
                    event(.orderResolved, of: orders[index], at: now, detail: orders[index].lastWord))
            case .stop(let index) where stops[index].status != .unknown:
                actions.events.append(event(.orderResolved, of: stops[index], at: now, detail: stops[index].lastWord))
            case .order, .stop, .foreign: continue
            }
            doubted.removeAll { $0 == id }
        }
    }
}
