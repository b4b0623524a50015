import Indicators
import SignalContracts
import TradingPrimitives

/// Says whether the spread allows a new entry.
///
/// Open while (ask − bid)/bid ≤ the limit and, once the mean of the last books is known, not above a multiple of it. A spread
/// of one tick always passes the second: the mean can't be less than that.
struct SpreadGate {
    private let limit: Double
    private let multiple: Double
    private var mean: SimpleMovingAverage
    /// Nil for a book without both sides, or with crossed ones.
    private(set) var spread: Double?
    private(set) var isOpen = false

    init(_ configuration: RegimeConfiguration) {
        limit = configuration.spreadMax
        multiple = configuration.spreadMultiple
        mean = SimpleMovingAverage(period: configuration.spreadReadings)
    }

    /// The mean is that of the books before this one.
    mutating func update(_ book: BookUpdate) {
        guard let spread = Quote(bid: book.bids.best?.price, ask: book.asks.best?.price)?.spread else {
            self.spread = nil
            isOpen = false
            return
        }
        self.spread = spread
        isOpen = spread <= limit && mean.value.map { spread <= multiple * $0 } ?? true
        mean.update(spread)
    }
}
