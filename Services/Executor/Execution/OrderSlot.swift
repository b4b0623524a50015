public import TradingPrimitives

/// One order of a position, from the intent to its end.
public struct OrderSlot: Equatable, Sendable {
    public enum Status: String, Sendable {
        /// Journaled and sent; the venue has not answered.
        case sent
        case open
        /// The venue may or may not have it. Only the venue's evidence ends this.
        case unknown
        /// Looked for in vain, and given up. It is no word of the venue's: should it come after all, it counts.
        case absent
        /// Final: filled, cancelled, expired or refused.
        case done
    }

    public enum Kind: String, Sendable {
        case entry
        case target
        case exit
    }

    public let kind: Kind
    public let clientOrderId: String
    public let price: Price
    public let quantity: Quantity
    public var status = Status.sent
    /// The venue's last word of it, or why there is none; for people.
    var lastWord = ""
    public var orderId: Int64?
    /// Sum of the fills that are known.
    public var filled = Quantity.zero
    /// What the venue says has been executed; fills up to it are still to come.
    public var executed = Quantity.zero
    public var sentAt: Timestamp
    public var isCancelling = false
    /// Looks at the venue since the outcome became unknown that did not find it, and the time of the last look.
    var misses = 0
    var lookedAt = Timestamp.zero

    init(_ kind: Kind, _ clientOrderId: String, price: Price, quantity: Quantity, at time: Timestamp) {
        self.kind = kind
        self.clientOrderId = clientOrderId
        self.price = price
        self.quantity = quantity
        sentAt = time
    }

    /// No more fills can come.
    var isSettled: Bool { !isPending && filled >= executed }
    var isPending: Bool { status != .done && status != .absent }
    /// The venue has not told of it.
    var isUnheard: Bool { status == .sent || status == .unknown || status == .absent }
}

/// One protective stop of a position.
public struct StopSlot: Equatable, Sendable {
    public enum Status: String, Sendable {
        case sent
        case open
        case unknown
        /// Looked for in vain, and given up. It is no word of the venue's: should it come after all, it counts.
        case absent
        /// Its condition is met; its order is in the matching engine or on the way.
        case triggered
        case done
    }

    public let clientOrderId: String
    public let trigger: Price
    /// What it closes; nil for all there is.
    public let quantity: Quantity?
    /// Whether the venue has ever confirmed it.
    public var hasStood = false
    /// When the venue last told of it.
    var seenAt: Timestamp?
    public var status = Status.sent
    /// The venue's last word of it, or why there is none; for people.
    var lastWord = ""
    /// Of the order that it became.
    public var orderId: Int64?
    public var sentAt: Timestamp
    public var isCancelling = false
    var misses = 0
    var lookedAt = Timestamp.zero

    init(_ clientOrderId: String, trigger: Price, quantity: Quantity?, at time: Timestamp) {
        self.clientOrderId = clientOrderId
        self.trigger = trigger
        self.quantity = quantity
        sentAt = time
    }

    var isPending: Bool { status != .done && status != .absent }

    /// Whether the venue holds it for as much as is held; a triggered one is about to close that.
    func protects(_ held: Quantity) -> Bool { (status == .open || status == .triggered) && covers(held) }
    /// Whether it would close as much as is held.
    func covers(_ held: Quantity) -> Bool { quantity.map { $0 >= held } ?? true }
}
