import SignalContracts
import TradingPrimitives

/// The trades that ended on one day, midnight to midnight UTC.
struct TradingDay: Equatable, Sendable {
    static let lengthMs: Int64 = 86_400_000
    /// How long after its end a trade of it may still be told, milliseconds.
    static let graceMs: Int64 = 5000
    let start: Timestamp
    /// Whose trades they are; nil where nobody said.
    private(set) var account: String?
    var wins = 0
    var losses = 0
    /// Before fees.
    var gross = Notional.zero
    var fees = Notional.zero
    /// Received, below zero when paid.
    var funding = Notional.zero
    var net = Notional.zero
    /// Entries that did not fill, or so little that they were given up.
    var noFills = 0
    /// Value of the entries, and of what of it was filled as maker; the same of entries and exits.
    var entered = Notional.zero
    var enteredAsMaker = Notional.zero
    var traded = Notional.zero
    var tradedAsMaker = Notional.zero

    init(of time: Timestamp) { start = time.floored(to: Self.lengthMs) }

    func contains(_ time: Timestamp) -> Bool { time.floored(to: Self.lengthMs) == start }

    /// `2026-11-25`.
    var date: String { String(start.description.prefix(10)) }

    /// What belongs to another account than what was counted begins the day anew: nobody's sum is of two.
    mutating func belong(to account: String?) {
        if let account, let own = self.account, account != own { self = TradingDay(of: start) }
        self.account = account ?? self.account
    }

    mutating func add(_ trade: TradeSummary) {
        if !trade.isCounted { noFills += 1 } else if trade.netPnl > .zero { wins += 1 } else { losses += 1 }
        gross += trade.grossPnl
        fees += trade.fees
        funding += trade.funding
        net += trade.netPnl
        guard let entry = trade.entryMakerQuantity, let exit = trade.exitMakerQuantity else { return }
        entered += trade.entryPrice * trade.quantity
        enteredAsMaker += trade.entryPrice * entry
        traded += (trade.entryPrice + trade.exitPrice) * trade.quantity
        tradedAsMaker += trade.entryPrice * entry + trade.exitPrice * exit
    }
}
