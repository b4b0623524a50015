/// Where a contract is in its life, by the venue's names.
public enum SymbolStatus: String, CaseIterable, Sendable {
    case pendingTrading = "PENDING_TRADING"
    case trading = "TRADING"
    /// Positions may only be reduced.
    case preSettle = "PRE_SETTLE"
    case settling = "SETTLING"
    case close = "CLOSE"
    case halt = "HALT"
    case pause = "BREAK"

    /// Whether nothing trades, so that book and mark are as they were.
    var standsStill: Bool { self != .trading && self != .preSettle }

    /// Why an order is refused; nil when it is not.
    func refusal(reduces: Bool) -> Refusal? {
        switch self {
        case .trading: nil
        case .preSettle: reduces ? nil : .notOpening
        case .pendingTrading, .halt, .pause: .notTrading
        case .settling, .close: .symbolClosed
        }
    }
}
