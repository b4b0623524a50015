import SignalContracts
import TradingPrimitives
import Venue

/// All that the executor holds about one symbol.
struct Desk {
    let symbol: Symbol
    /// With the brackets, once they are known.
    var rules: InstrumentRules?
    var brackets: [LeverageBracket] = []
    /// What was last told of the contract, and when.
    var termsTold: ContractTerms?
    /// The venue's word for whether it is traded: TRADING when it is.
    var status = "TRADING"
    /// When the venue ends the contract, once it has said so.
    var endsAt: Timestamp?
    /// Whether a person has been told that its position is closed before the contract ends.
    var isEndTold = false
    /// Whether the venue was asked to keep this contract's margin apart.
    var isMarginAsked = false
    /// The account's leverage for the symbol, once we have set it or been told.
    var leverage: Int?
    var bid: Price?
    var ask: Price?
    var bookTime = Timestamp.zero
    /// What is wrong with the last book; nil when nothing is. Prices and time above are those of the last good one.
    var bookFault: String?
    var bookFaultToldAt: Timestamp?
    /// The venue's mark price: what a book is measured by.
    var mark: Price?
    var markTime = Timestamp.zero
    var position: Position?
    /// What the venue held at the last look; nil before the first.
    var venueQuantity: Quantity?
    /// What it held by the last word of the user stream.
    var toldQuantity: Quantity?
    /// Where the venue would liquidate what it holds, by its last word; for people.
    var liquidationPrice: Price?
    /// Greatest trade id seen: fills are asked for from the next one.
    var lastTradeId: Int64?
    /// Something of ours may rest here that no position knows.
    var isLookWanted = false
    /// Last time that an order, a fill or a plan changed something here.
    var changedAt = Timestamp.zero
    /// Looks at the venue in a row that found another position than ours.
    var mismatches = 0
    /// Time of the first of them.
    var mismatchedAt = Timestamp.zero
    /// When the venue last told all fills.
    var fillsHeardAt = Timestamp.zero
    var fillsAskedAt = Timestamp.zero
    /// What the account pays here; nil until the venue has told it.
    var commission: CommissionReport?
    /// When the venue is asked for it next.
    var commissionDueAt = Timestamp.zero

    init(_ symbol: Symbol) { self.symbol = symbol }

    /// What is held, negative for short.
    var signedHeld: Quantity {
        guard let position else { return .zero }
        return position.direction == .long ? position.held : -position.held
    }

    /// Whether a look must ask for its orders and stops.
    var needsLook: Bool { position != nil || venueQuantity ?? .zero != .zero || isLookWanted }

    /// `since`: when this process began to look.
    func around(
        _ now: Timestamp, since: Timestamp, _ configuration: ExecutorConfiguration
    ) -> Surroundings? {
        rules.map {
            Surroundings(
                now: now, configuration: configuration, rules: $0, bid: bid, ask: ask, seenAt: max(bookTime, since))
        }
    }

    /// Whether the venue speaks of fills that have not come; they are asked for, once a second at most.
    mutating func missesFills(at now: Timestamp) -> Bool {
        guard let position, now - fillsAskedAt >= 1000 else { return false }
        let isWanted = position.fillsWantedAt.map { fillsHeardAt <= $0 } ?? false
        let isShort =
            now - changedAt >= 500
            && (position.orders.contains { $0.executed > $0.filled }
                || position.stops.contains { $0.status == .triggered })
        guard isWanted || isShort else { return false }
        fillsAskedAt = now
        return true
    }
}
