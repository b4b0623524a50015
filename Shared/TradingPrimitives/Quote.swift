/// Best prices of a book that has both sides and is not crossed.
public struct Quote: Equatable, Sendable, BitwiseCopyable {
    public let bid: Price
    public let ask: Price

    /// Nil unless 0 < bid < ask.
    public init?(bid: Price?, ask: Price?) {
        guard let bid, let ask, bid > .zero, ask > bid else { return nil }
        self.bid = bid
        self.ask = ask
    }

    /// (ask − bid)/bid.
    public var spread: Double { Double(ask.raw - bid.raw) / Double(bid.raw) }

    /// Whether the middle is no farther from `mark` than `share` of it.
    public func isNear(_ mark: Price, within share: Double) -> Bool {
        Self.isNear(Price(raw: bid.raw / 2 + ask.raw / 2), mark, within: share)
    }

    public static func isNear(_ price: Price, _ mark: Price, within share: Double) -> Bool {
        abs(Double(price.raw) / Double(mark.raw) - 1) <= share
    }

    /// Price of an entry that does not take: LONG min(bid + offset, ask − 1 tick), never above `level`; SHORT mirrored.
    public func postOnlyPrice(_ direction: Direction, offsetTicks: Int, tick: Price, level: Price? = nil) -> Price {
        let offset = tick * Int64(offsetTicks)
        switch direction {
        case .long:
            let best = min(bid + offset, ask - tick)
            return level.map { min($0, best) } ?? best
        case .short:
            let best = max(ask - offset, bid + tick)
            return level.map { max($0, best) } ?? best
        }
    }
}
