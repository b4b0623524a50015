import Indicators
public import SignalContracts
import TradingPrimitives

/// E3: what indicators on candles say, with the trend and against an extreme.
///
/// Evaluated once a second of event time, when a live update crosses into a new second, on closed candles plus the one in
/// progress. Candles may come late and again: the engine stands where the same candles in order would have brought it. Where a
/// candle begins before the close of the last one has come, that one stands for the candle in progress until then.
/// Definitions: strategy reference, "E3 technical".
public struct Technical: StreamProcessor {
    private let configuration: TechnicalConfiguration
    private var minutes: CandleTrack<MinuteIndicators>
    private var threes: CandleTrack<SlopeIndicators>
    private var fives: CandleTrack<LevelIndicators>
    private var evaluatedSecond = Timestamp(milliseconds: .min)

    /// Closed candles kept: as many as the venue gives at once.
    private static let candlesKept = 1500

    public init(_ configuration: TechnicalConfiguration = TechnicalConfiguration()) {
        self.configuration = configuration
        func track<Indicators>(_ timeframe: Timeframe, _ indicators: Indicators) -> CandleTrack<Indicators> {
            CandleTrack(timeframe, capacity: Self.candlesKept, graceMs: configuration.candleGraceMs, indicators)
        }
        minutes = track(.oneMinute, MinuteIndicators(configuration))
        threes = track(.threeMinutes, SlopeIndicators())
        fives = track(.fiveMinutes, LevelIndicators(candlesMax: configuration.levelCandles))
    }

    public mutating func process(_ input: TechnicalInput, emit: (TechnicalOutput) -> Void) {
        let update = input.candle
        let candle = Candle(update)
        switch update.timeframe {
        case .oneMinute: minutes.take(candle, update)
        case .threeMinutes: threes.take(candle, update)
        case .fiveMinutes: fives.take(candle, update)
        case .fifteenMinutes: return
        }
        // A fetched candle tells of the past, not that time has passed.
        guard !update.isBackfill else { return }
        minutes.setPresent(update.eventTime)
        threes.setPresent(update.eventTime)
        fives.setPresent(update.eventTime)
        let second = update.eventTime.floored(to: 1000)
        guard second > evaluatedSecond else { return }
        evaluatedSecond = second
        emit(TechnicalOutput(symbol: input.symbol, signal: evaluate(at: update.eventTime, cause: input.id)))
    }

    private mutating func evaluate(at time: Timestamp, cause: StreamId) -> TechnicalSignal {
        minutes.settle()
        threes.settle()
        fives.settle()
        var signal = TechnicalSignal(cause: cause, eventTime: time)
        guard minutes.isCurrent(at: time),
            let reading = minutes.indicators.reading(with: minutes.current, closed: minutes.newestClosed)
        else { return signal }
        describe(reading, &signal)
        var isWarm = reading.isWarm
        if threes.isCurrent(at: time), let slope = threes.indicators.slope(with: threes.current) {
            signal.emaSlope3m = slope
        } else {
            isWarm = false
        }
        let hasLevels = fives.isCurrent(at: time) && fives.indicators.isWarm
        if hasLevels { describeLevels(&signal, price: reading.price) }
        signal.isWarm = isWarm && hasLevels
        if signal.isWarm { Judgement(configuration).judge(&signal) }
        return signal
    }

    private func describe(_ reading: MinuteReading, _ signal: inout TechnicalSignal) {
        let price = reading.price
        signal.price = price
        if let distance = reading.emaDistance {
            let limit = configuration.emaTrendMin
            signal.emaTrend = distance > limit ? .bullish : distance < -limit ? .bearish : .neutral
        }
        signal.emaCross = direction(reading.emaCross)
        if let rsi = reading.rsi {
            signal.rsi = rsi
            let zone = configuration.rsiZone
            signal.rsiZone = rsi < zone ? .oversold : rsi > 100 - zone ? .overbought : .normal
        }
        signal.rsiDivergenceDirection = direction(reading.divergence)
        signal.rsiDivergence = reading.divergence != 0
        signal.macdHistogram = reading.histogram
        signal.macdMomentum = reading.macdMomentum > 0 ? .up : reading.macdMomentum < 0 ? .down : .neutral
        if let bands = reading.bands {
            signal.bollingerUpper = bands.upper
            signal.bollingerMiddle = bands.middle
            signal.bollingerLower = bands.lower
            signal.bollingerZone = price > bands.upper ? .upper : price < bands.lower ? .lower : .middle
        }
        signal.bollingerSqueeze = reading.isSqueezed
        if let vwap = reading.vwap, vwap > 0 {
            signal.vwap = vwap
            signal.vwapSide = price > vwap ? .above : price < vwap ? .below : nil
            signal.vwapDistance = (price - vwap) / vwap
        }
        signal.atr = reading.atr
    }

    private func describeLevels(_ signal: inout TechnicalSignal, price: Double) {
        guard let price = Price(price, rounding: .nearest) else { return }
        let (below, above) = fives.indicators.nearest(to: price, max: configuration.levelsMax)
        signal.nearestSupport = below.last
        signal.nearestResistance = above.first
        var levels: [Price] = []
        levels.reserveCapacity(below.count + above.count)
        levels += below
        levels += above
        signal.keyLevels = PriceList(levels)
    }

    private func direction(_ sign: Int) -> Direction? { sign > 0 ? .long : sign < 0 ? .short : nil }
}

extension Candle {
    init(_ update: CandleUpdate) {
        self.init(
            openTime: update.openTime, high: update.high.double, low: update.low.double, close: update.close.double,
            volume: update.volume.double)
    }
}

extension CandleTrack {
    fileprivate mutating func take(_ candle: Candle, _ update: CandleUpdate) {
        if update.isClosed { close(candle) } else { self.update(candle, at: update.eventTime) }
    }
}
