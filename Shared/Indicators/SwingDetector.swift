/// Finds candles whose high (or low) is beyond those of `span` candles on each side. A swing is known only `span` candles
/// after it.
public struct SwingDetector: Sendable {
    public struct Swing: Sendable, BitwiseCopyable, Equatable {
        /// The candle's high when it is a swing high.
        public var high: Double?
        /// The candle's low when it is a swing low.
        public var low: Double?
    }

    public let span: Int
    private var highs: SampleWindow
    private var lows: SampleWindow

    public init(span: Int = 2) {
        precondition(span > 0)
        self.span = span
        highs = SampleWindow(capacity: 2 * span + 1)
        lows = SampleWindow(capacity: 2 * span + 1)
    }

    /// Takes the next candle in; says what the candle `span` ago now is known to be.
    public mutating func update(high: Double, low: Double) -> Swing {
        highs.append(high)
        lows.append(low)
        var swing = Swing()
        guard highs.isFull else { return swing }
        let top = highs[span], bottom = lows[span]
        var isHigh = true, isLow = true
        for age in 0...(2 * span) where age != span {
            if highs[age] >= top { isHigh = false }
            if lows[age] <= bottom { isLow = false }
        }
        if isHigh { swing.high = top }
        if isLow { swing.low = bottom }
        return swing
    }
}
