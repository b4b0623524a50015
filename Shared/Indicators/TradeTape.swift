public import TradingPrimitives

/// The trades of the last while, for engines that sum them over several windows at once.
public struct TradeTape {
    /// One trade, with exact quantities in steps of 1e-8.
    public struct Entry: BitwiseCopyable {
        public let time: Timestamp
        public let price: Price
        /// Base units.
        public let quantity: Quantity
        public let takerSide: Side

        /// Quantity with the taker's sign.
        @inlinable public var delta: Int64 { takerSide.sign * quantity.raw }
    }

    public private(set) var ring = Ring<Entry>(capacity: 4096)
    private var lastTime = Timestamp(milliseconds: .min)

    public init() {}

    /// Times must not fall; one that does counts as the latest seen. Returns the time that it counts as.
    @discardableResult
    public mutating func append(time: Timestamp, price: Price, quantity: Quantity, takerSide: Side) -> Timestamp {
        lastTime = max(lastTime, time)
        ring.append(Entry(time: lastTime, price: price, quantity: quantity, takerSide: takerSide))
        return lastTime
    }

    public mutating func removeAll(before position: Int) { ring.removeAll(before: position) }
}

/// Exact sums over the trades of a tape whose time is in (t − span, t]. They are wider than what they add up: of cheap contracts
/// one trade can be near the greatest quantity that there is.
public struct TapeWindow: Sendable {
    public let spanMs: Int64
    public private(set) var count = 0
    /// Sum of quantities, steps of 1e-8.
    public private(set) var volume: Int128 = 0
    /// Sum of signed quantities, steps of 1e-8.
    public private(set) var delta: Int128 = 0
    /// Positions on the tape of the first trade inside and the first beyond.
    public private(set) var start = 0
    public private(set) var end = 0

    public init(spanMs: Int64) {
        precondition(spanMs > 0)
        self.spanMs = spanMs
    }

    /// Moves the window's end to `time`, which must not fall. Calls `entered` for each trade that comes in and
    /// `left` for each that goes out.
    public mutating func advance(
        to time: Timestamp, over tape: TradeTape, entered: (TradeTape.Entry) -> Void = { _ in },
        left: (TradeTape.Entry) -> Void = { _ in }
    ) {
        while end < tape.ring.end, tape.ring[end].time <= time {
            let entry = tape.ring[end]
            count += 1
            volume += Int128(entry.quantity.raw)
            delta += Int128(entry.delta)
            end += 1
            entered(entry)
        }
        let oldest = time - spanMs
        while start < end, tape.ring[start].time <= oldest {
            let entry = tape.ring[start]
            count -= 1
            volume -= Int128(entry.quantity.raw)
            delta -= Int128(entry.delta)
            start += 1
            left(entry)
        }
    }
}
