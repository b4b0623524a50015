import SignalContracts
import TradingPrimitives

/// The signals that count at one moment: what is old, cold or missing is left out.
struct Readings {
    var orderFlow: OrderFlowSignal?
    var tick: TickSignal?
    var technical: TechnicalSignal?
    var sentiment: SentimentSignal?
    var regime: RegimeSignal?

    init(_ signals: borrowing SignalSnapshot, at time: Timestamp, _ configuration: DecisionConfiguration) {
        func isUsable(_ signalTime: Timestamp, _ isWarm: Bool, _ ageMaxMs: Int64) -> Bool {
            // A signal from the future would be young for ever.
            isWarm && time.isWithin(ageMaxMs, of: signalTime)
        }
        if let signal = signals.orderFlow,
            isUsable(signal.eventTime, signal.isWarm, configuration.orderFlowAgeMaxMs)
        {
            orderFlow = signal
        }
        if let signal = signals.tick, isUsable(signal.eventTime, signal.isWarm, configuration.tickAgeMaxMs) {
            tick = signal
        }
        if let signal = signals.technical, isUsable(signal.eventTime, signal.isWarm, configuration.technicalAgeMaxMs) {
            technical = signal
        }
        if let signal = signals.sentiment, isUsable(signal.eventTime, signal.isWarm, configuration.sentimentAgeMaxMs) {
            sentiment = signal
        }
        if let signal = signals.regime, isUsable(signal.eventTime, signal.isWarm, configuration.regimeAgeMaxMs) {
            regime = signal
        }
    }
}

/// Two readings of E3: with the trend (strategies A and C) or back to the mean (B).
enum TechnicalReading {
    case trend, reversion
}

/// What the four engines say together.
struct Score {
    /// Weighted mean of what each engine says, in [−1, 1]; positive is long.
    let value: Double
    /// What each engine says: strength with its direction's sign (× conviction for E1).
    let orderFlow: Double
    let tick: Double
    let technical: Double
    let sentiment: Double
    /// Engines that point up, and down.
    let longCount: Int
    let shortCount: Int

    var direction: Direction { value < 0 ? .short : .long }
    func agreement(with direction: Direction) -> Int { direction == .long ? longCount : shortCount }

    /// `weights` need not add up to 1. `reliabilities` make each word as small as its engine is unreliable.
    init(
        _ readings: borrowing Readings, _ reading: TechnicalReading, weights: Weights,
        reliabilities: EngineReliabilities? = nil
    ) {
        let e1 = readings.orderFlow?.direction.sign ?? 0
        let e2 = readings.tick?.direction.sign ?? 0
        let (e3, e3Strength) =
            switch reading {
            case .trend: (readings.technical?.direction.sign ?? 0, readings.technical?.strength ?? 0)
            case .reversion:
                (readings.technical?.reversionDirection.sign ?? 0, readings.technical?.reversionStrength ?? 0)
            }
        let e4 = readings.sentiment?.direction.sign ?? 0
        orderFlow = Double(e1) * (readings.orderFlow?.strength ?? 0) * (readings.orderFlow?.conviction ?? 0)
        tick = Double(e2) * (readings.tick?.strength ?? 0)
        technical = Double(e3) * e3Strength
        sentiment = Double(e4) * (readings.sentiment?.strength ?? 0)
        let counted = weights.times(reliabilities)
        let sum =
            orderFlow * counted.orderFlow + tick * counted.tick + technical * counted.technical
            + sentiment * counted.sentiment
        value = weights.sum > 0 ? sum / weights.sum : 0
        longCount = (e1 > 0 ? 1 : 0) + (e2 > 0 ? 1 : 0) + (e3 > 0 ? 1 : 0) + (e4 > 0 ? 1 : 0)
        shortCount = (e1 < 0 ? 1 : 0) + (e2 < 0 ? 1 : 0) + (e3 < 0 ? 1 : 0) + (e4 < 0 ? 1 : 0)
    }
}

/// Weights of E1–E4, before normalising.
struct Weights: Equatable {
    var orderFlow: Double
    var tick: Double
    var technical: Double
    var sentiment: Double

    var sum: Double { orderFlow + tick + technical + sentiment }

    func times(_ reliabilities: EngineReliabilities?) -> Weights {
        guard let values = reliabilities?.values else { return self }
        return Weights(
            orderFlow: orderFlow * values[0], tick: tick * values[1], technical: technical * values[2],
            sentiment: sentiment * values[3])
    }

    /// The strategy reference's.
    static let base: Weights = {
        let base = RegimeSignal.baseWeights
        return Weights(
            orderFlow: base.orderFlow, tick: base.tick, technical: base.technical, sentiment: base.sentiment)
    }()

    /// E1 and E2 alone.
    static let phase1 = Weights(orderFlow: base.orderFlow, tick: base.tick, technical: 0, sentiment: 0)

    /// The learner's weights, each by the factor that the regime changes its base weight by.
    func adjusted(by regime: borrowing RegimeSignal?) -> Weights {
        guard let regime = copy regime else { return self }
        let base = RegimeSignal.baseWeights
        return Weights(
            orderFlow: orderFlow * regime.weight1 / base.orderFlow, tick: tick * regime.weight2 / base.tick,
            technical: technical * regime.weight3 / base.technical,
            sentiment: sentiment * regime.weight4 / base.sentiment)
    }
}
