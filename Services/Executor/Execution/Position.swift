public import SignalContracts
public import TradingPrimitives
import Venue

/// One trade of one symbol, from its plan to flat: orders, fills, stops, and what they came to.
public struct Position: Equatable, Sendable {
    public let symbol: Symbol
    public let plan: TradePlan
    public let terms: TradeTerms
    public internal(set) var state = PositionState.pendingEntry
    /// Entries, targets and market exits, oldest first.
    public internal(set) var orders: [OrderSlot] = []
    /// Stops, oldest first. While one replaces another there are two.
    public internal(set) var stops: [StopSlot] = []
    public internal(set) var entered = FillSum()
    public internal(set) var exited = FillSum()
    /// What the venue's word leaves us to assume: so much was closed by others (below zero: opened) in fills that have not
    /// come, at about `assumedPrice`.
    var assumedClosed = Quantity.zero
    var assumedPrice: Price?
    /// Fees in another asset than profit: those whose worth is not known yet, and the worth of the others.
    var unpricedFees: [UnpricedFee] = []
    var convertedFees = Notional.zero
    /// Funding received, below zero when paid.
    public internal(set) var funding = Notional.zero
    var fundedAt: Timestamp?
    /// Orders and stops of which it has been said that their outcome is unknown, and not yet that it is known.
    var doubted: [String] = []
    /// Ids of the trades counted, so that none counts twice.
    public internal(set) var tradeIds: [Int64] = []
    /// Those of them that no order of ours is known for.
    var foreignTradeIds: [Int64] = []
    /// Why it is being closed, while it is.
    public internal(set) var exitReason: ExitReason?
    /// Whether the first target was reached.
    public internal(set) var hasReachedTarget = false
    /// Best price seen since then.
    public internal(set) var extreme: Price?
    public internal(set) var stopMovedAt = Timestamp.zero
    /// Since when it has been held without a confirmed stop.
    var nakedSince: Timestamp?
    /// Found at the venue, not planned: it is of no strategy.
    public internal(set) var isAdopted = false
    /// The venue's name for the account that it is of; nil until that has been told.
    var account: String?
    public let openedAt: Timestamp
    /// The symbol's last trade of ours before this position: trades up to it belong to earlier ones.
    let afterTradeId: Int64
    /// It is to be over, whatever its state: a person wants that, or what it was planned for is gone.
    var isAbandoned = false
    /// Why, for people.
    var abandonedBecause = "asked by a person"
    /// When something last happened that fills may explain which nobody told: they are asked for until they are told.
    var fillsWantedAt: Timestamp?
    /// Stops that a person or the venue took away.
    var stopsCancelledByOthers = 0
    /// Since when its market can't be seen.
    var feedLostAt: Timestamp?
    /// When the venue last refused an order that was to reduce, how often in a row, and when a person was told.
    var exitRefusedAt: Timestamp?
    var exitRefusals = 0
    var exitRefusalToldAt: Timestamp?
    /// True from a restart until its orders have been looked up and what is held is protected.
    var isRecovering = false
    /// After a restart no stop is placed before this time, unless a look at the venue has shown which of ours stand there.
    var awaitsStopsUntil: Timestamp?

    init(symbol: Symbol, plan: TradePlan, terms: TradeTerms, at time: Timestamp, afterTradeId: Int64 = 0) {
        self.symbol = symbol
        self.plan = plan
        self.terms = terms
        openedAt = time
        self.afterTradeId = afterTradeId
    }

    /// Whether a fill can be of this position: by the name of its order, else by its place among the trades and its time.
    func canOwn(_ fill: Fill) -> Bool {
        if let id = fill.clientOrderId, id.hasPrefix(Self.prefix) { return owns(order: id) }
        return fill.tradeId > afterTradeId && fill.time >= openedAt - 1000
    }

    public var direction: Direction { plan.direction }
    /// What is held now; never below zero.
    public var held: Quantity { max(.zero, entered.quantity - exited.quantity - assumedClosed) }
    var isOver: Bool { state == .closed || state == .noFill }
    /// A stop for all that is held, which the venue has confirmed; a triggered one is about to close the position.
    var isProtected: Bool {
        stops.contains { $0.protects(held) }
    }
    func orders(_ kind: OrderSlot.Kind) -> [OrderSlot] { orders.filter { $0.kind == kind } }
    /// The newest entry order; only that one can be open.
    var entry: OrderSlot? { orders.last { $0.kind == .entry } }
    /// No order of it can fill any more.
    var isWoundUp: Bool {
        isOver && orders.allSatisfy(\.isSettled) && !stops.contains(where: \.isPending)
    }
    var hasUnknownOrder: Bool { unknownOrderCount > 0 }
    package var unknownOrderCount: Int {
        orders.count { $0.status == .unknown } + stops.count { $0.status == .unknown }
    }

    /// Takes a step of the table; an illegal one changes nothing and returns false.
    @discardableResult
    mutating func take(_ step: PositionStep) -> Bool {
        guard let next = state.after(step) else { return false }
        state = next
        return true
    }

    /// The tightest trigger of the stops that the venue has confirmed.
    var stopPrice: Price? {
        let triggers = stops.filter { $0.status == .open || $0.status == .triggered }.map(\.trigger)
        return direction == .long ? triggers.max() : triggers.min()
    }

    /// Client id of the next order of a kind: `v7-<plan>-e`, `-e2`, `-sl1`, `-tp1`, `-x1`.
    func clientOrderId(_ leg: String) -> String { "\(Self.prefix)\(plan.id)-\(leg)" }
    /// The same for the next of several: one that a look at the venue found may have taken a number already.
    func clientOrderId(_ leg: String, number: Int) -> String {
        var number = number
        while role(clientOrderId: clientOrderId("\(leg)\(number)"), orderId: nil) != .foreign { number += 1 }
        return clientOrderId("\(leg)\(number)")
    }
    /// All our orders begin with it.
    static let prefix = "v7-"

    /// The order or stop that is meant: by its client id, else by the venue's id, which is all that some sources tell.
    func role(clientOrderId: String?, orderId: Int64?) -> OrderRole {
        if let clientOrderId {
            if let index = orders.firstIndex(where: { $0.clientOrderId == clientOrderId }) { return .order(index) }
            if let index = stops.firstIndex(where: { $0.clientOrderId == clientOrderId }) { return .stop(index) }
        }
        if let orderId, orderId > 0 {
            if let index = orders.firstIndex(where: { $0.orderId == orderId }) { return .order(index) }
            if let index = stops.firstIndex(where: { $0.orderId == orderId }) { return .stop(index) }
        }
        return .foreign
    }
}

/// Which of a position's orders one is.
enum OrderRole: Equatable {
    case order(Int)
    case stop(Int)
    /// None of them: the venue's own (liquidation) or a person's.
    case foreign
}

/// Fills of one side, added up.
public struct FillSum: Equatable, Sendable {
    public internal(set) var quantity = Quantity.zero
    public internal(set) var value = Notional.zero
    public internal(set) var fees = Notional.zero
    public internal(set) var realizedPnl = Notional.zero
    public internal(set) var makerCount = 0
    public internal(set) var takerCount = 0
    /// Of the quantity, what was filled as maker.
    public internal(set) var makerQuantity = Quantity.zero
    public internal(set) var firstTime: Timestamp?
    public internal(set) var lastTime: Timestamp?

    /// Mean price, rounded down to 1e-8; nil without fills.
    public var averagePrice: Price? {
        quantity > .zero ? Price(clamping: Int128(value.raw) * Int128(fixedScale) / Int128(quantity.raw)) : nil
    }
}
