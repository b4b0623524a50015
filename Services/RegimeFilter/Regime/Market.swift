import Indicators
import SignalContracts
import TradingPrimitives

/// What the regime filter knows of one contract.
struct Market {
    private var candles: CandleTrack<RegimeIndicators>
    private var clock = TimeGate()
    private(set) var gate: SpreadGate
    private var grid = MidPriceGrid()
    private(set) var time = Timestamp(milliseconds: .min)
    private var evaluated: Timestamp?
    /// Whether an evaluation is to be made as soon as the newest candle is there, or no longer waited for.
    private var isDue = false
    private(set) var reading = RegimeReading()
    /// What was last published of the gate.
    var isOpenTold: Bool?
    var pace = ProjectionPace()

    /// Closed candles kept: as many as the venue gives at once.
    private static let candlesKept = 1500

    init(_ configuration: RegimeConfiguration) {
        let indicators = RegimeIndicators(volatilityCandles: configuration.volatilityCandles)
        candles = CandleTrack(
            .threeMinutes, capacity: Self.candlesKept, graceMs: configuration.candleGraceMs, indicators)
        gate = SpreadGate(configuration)
    }

    mutating func take(_ update: CandleUpdate) {
        guard update.timeframe == candles.timeframe else { return }
        let candle = Candle(
            openTime: update.openTime, high: update.high.double, low: update.low.double, close: update.close.double,
            volume: update.volume.double)
        // Of candles in progress the indicators take nothing.
        guard update.isClosed else { return }
        candles.close(candle)
        isDue = true
    }

    /// Forgets what was before the venue's time began anew.
    mutating func beginAnew(_ configuration: RegimeConfiguration) {
        let clock = clock
        self = Market(configuration)
        self.clock = clock
    }

    /// Whether a book of this time is to be taken, by the venue's clock until now.
    mutating func judge(_ book: BookUpdate) -> TimeGate.Verdict { clock.judge(.now(book.eventTime)) }

    /// Takes a book in; says which multiple of five seconds it reaches, if it does.
    mutating func take(_ book: BookUpdate) -> MidPriceGrid.Step? {
        time = max(book.eventTime, time)
        gate.update(book)
        return grid.update(book, at: time)
    }

    /// Evaluates if it is time to: at the first book of each span, and at the first one after a close. A close that may still
    /// come is waited for, and the last reading stands meanwhile.
    mutating func evaluate(_ configuration: RegimeConfiguration) -> Bool {
        let slot = time.floored(to: configuration.evaluateEveryMs)
        if evaluated.map({ slot > $0 }) ?? true {
            evaluated = slot
            isDue = true
        }
        guard isDue else { return false }
        candles.setPresent(time)
        let standing = candles.standing(at: time)
        if standing == .awaited { return false }
        isDue = false
        candles.settle()
        reading = RegimeReading(
            candles.indicators, isCurrent: standing == .current, hasBook: gate.spread != nil, configuration)
        return true
    }
}
