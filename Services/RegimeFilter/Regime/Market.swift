import Indicators
import SignalContracts
import TradingPrimitives

/// What the regime filter knows of one contract.
struct Market {
    private var candles: CandleTrack<RegimeIndicators>
    private(set) var gate: SpreadGate
    private var grid = MidPriceGrid()
    private(set) var time = Timestamp(milliseconds: .min)
    private var evaluated: Timestamp?
    private(set) var reading = RegimeReading()
    /// What was last published of the gate.
    var isOpenTold: Bool?
    var pace = ProjectionPace()

    /// Closed candles kept: as many as the venue gives at once.
    private static let candlesKept = 1500

    init(_ configuration: RegimeConfiguration) {
        let indicators = RegimeIndicators(volatilityCandles: configuration.volatilityCandles)
        candles = CandleTrack(.threeMinutes, capacity: Self.candlesKept, indicators)
        gate = SpreadGate(configuration)
    }

    mutating func take(_ update: CandleUpdate) {
        guard update.timeframe == candles.timeframe else { return }
        let candle = Candle(
            openTime: update.openTime, high: update.high.double, low: update.low.double, close: update.close.double,
            volume: update.volume.double)
        if update.isClosed { candles.close(candle) } else { candles.update(candle, at: update.eventTime) }
    }

    /// Takes a book in; says which multiple of five seconds it reaches, if it does.
    mutating func take(_ book: BookUpdate) -> MidPriceGrid.Step? {
        time = max(book.eventTime, time)
        gate.update(book)
        return grid.update(book, at: time)
    }

    /// Whether an evaluation was due.
    mutating func evaluate(_ configuration: RegimeConfiguration) -> Bool {
        let slot = time.floored(to: configuration.evaluateEveryMs)
        if let evaluated, slot <= evaluated { return false }
        evaluated = slot
        candles.settle()
        reading = RegimeReading(
            candles.indicators, isCurrent: candles.isCurrent(at: time), hasBook: gate.spread != nil, configuration)
        return true
    }
}
