import SignalContracts
import TradingPrimitives

/// The signals that count at one moment: what is old, cold or missing is left out.
struct Readings {
    var orderFlow: OrderFlowSignal?
    var tick: TickSignal?
    var technical: TechnicalSignal?
    var sentiment: SentimentSignal?
    var regime: RegimeSignal?
    /// What engines of others say, in the order of the configuration; the weights are theirs.
    var foreign = EngineList<EngineVote>()

    /// `voices` leaves out who is spoken for by another, and tells what engines of others say.
    init(
        _ signals: borrowing SignalSnapshot, _ voices: borrowing Voices, at time: Timestamp,
        _ configuration: DecisionConfiguration
    ) {
        func isUsable(_ signal: some Signal, _ ageMaxMs: Int64) -> Bool {
            // A signal from the future would be young for ever.
            signal.isWarm && time.isWithin(ageMaxMs, of: signal.eventTime)
        }
        if let signal = signals.orderFlow, isUsable(signal, configuration.orderFlowAgeMaxMs) { orderFlow = signal }
        if let signal = signals.tick, isUsable(signal, configuration.tickAgeMaxMs) { tick = signal }
        if let signal = signals.technical, isUsable(signal, configuration.technicalAgeMaxMs) { technical = signal }
        if let signal = signals.sentiment, isUsable(signal, configuration.sentimentAgeMaxMs) { sentiment = signal }
        if let signal = signals.regime, isUsable(signal, configuration.regimeAgeMaxMs) { regime = signal }
        if voices.hasDoubts(at: time) { leaveOut(voices, at: time) }
        for (engine, voice) in zip(configuration.engines, voices.foreign) {
            var sign = 0, strength = 0.0
            if let signal = voice.signal, !voice.isFlooding, isUsable(signal, engine.ageMaxMs) {
                (sign, strength) = (signal.sign, signal.strength * signal.confidence)
            }
            foreign.append(
                EngineVote(engine.id, sign: sign, strength: strength, weight: configuration.weight(of: engine)))
        }
    }

    private mutating func leaveOut(_ voices: borrowing Voices, at time: Timestamp) {
        if voices.isDoubted(.orderFlow, at: time) { orderFlow = nil }
        if voices.isDoubted(.tick, at: time) { tick = nil }
        if voices.isDoubted(.technical, at: time) { technical = nil }
        if voices.isDoubted(.sentiment, at: time) { sentiment = nil }
        if voices.isDoubted(.regime, at: time) { regime = nil }
    }

    /// What one of E1–E4 says: which way, and how strongly.
    func word(of engine: HouseEngine, _ reading: TechnicalReading) -> (sign: Int, strength: Double) {
        switch engine {
        case .orderFlow: (orderFlow?.sign ?? 0, (orderFlow?.strength ?? 0) * (orderFlow?.confidence ?? 0))
        case .tick: (tick?.sign ?? 0, tick?.strength ?? 0)
        case .technical:
            switch reading {
            case .trend: (technical?.sign ?? 0, technical?.strength ?? 0)
            case .reversion: (technical?.reversionDirection.sign ?? 0, technical?.reversionStrength ?? 0)
            }
        case .sentiment: (sentiment?.sign ?? 0, sentiment?.strength ?? 0)
        case .regime: (0, 0)
        }
    }
}

/// Two readings of E3: with the trend (strategies A and C) or back to the mean (B).
enum TechnicalReading {
    case trend, reversion
}

/// What the engines say together.
struct Score {
    /// Weighted mean of what each engine says, in [−1, 1]; positive is long.
    let value: Double
    /// What each of E1–E4 says, by its place.
    private var signs = InlineArray<4, Int>(repeating: 0)
    private var strengths = InlineArray<4, Double>(repeating: 0)
    private let weights: Weights
    /// Engines of E1–E4 that point up, and down.
    let longCount: Int
    let shortCount: Int

    var direction: Direction { value < 0 ? .short : .long }
    func agreement(with direction: Direction) -> Int { direction == .long ? longCount : shortCount }
    /// What a house engine says, in [−1, 1].
    func opinion(of engine: HouseEngine) -> Double { Double(signs[engine.place]) * strengths[engine.place] }

    /// The house's mean, and engines of others with their parts of the whole. `reliabilities` make each word as small as its engine is
    /// unreliable.
    init(
        _ readings: borrowing Readings, _ reading: TechnicalReading, weights: Weights,
        reliabilities: EngineList<EngineShare>? = nil
    ) {
        // Not 0: the sum of nothing but −0 is −0.
        var sum = -0.0
        var ups = 0, downs = 0
        for engine in HouseEngine.voters {
            let (sign, strength) = readings.word(of: engine, reading)
            let weight = weights.house[engine.place] * (reliabilities?.value(of: engine.id) ?? 1)
            sum += Double(sign) * strength * weight
            if sign > 0 { ups += 1 }
            if sign < 0 { downs += 1 }
            signs[engine.place] = sign
            strengths[engine.place] = strength
        }
        var value = weights.houseSum > 0 ? sum / weights.houseSum : 0
        if weights.foreignSum > 0 {
            value *= 1 - weights.foreignSum
            for index in 0..<readings.foreign.count {
                value += readings.foreign[index].opinion * readings.foreign[index].weight
            }
        }
        self.value = value
        self.weights = weights
        (longCount, shortCount) = (ups, downs)
    }

    /// Everybody's part in it, for people: E1–E4, then engines of others as the readings have them, to four decimals.
    func votes(_ readings: borrowing Readings) -> EngineList<EngineVote> {
        var votes = EngineList<EngineVote>()
        for engine in HouseEngine.voters {
            let place = engine.place
            votes.append(
                EngineVote(
                    engine.id, sign: signs[place], strength: strengths[place], weight: weights.share(of: engine)
                ).rounded)
        }
        readings.foreign.forEach { votes.append($0.rounded) }
        return votes
    }
}

/// What each engine's word counts for.
struct Weights {
    /// Of E1–E4 by their places, before normalising.
    private(set) var house: InlineArray<4, Double>
    /// Parts of the whole that engines of others have together, whatever the learner and the regime make of the house's.
    let foreignSum: Double

    var houseSum: Double { house[0] + house[1] + house[2] + house[3] }
    /// What a house engine's word counts for, so that all together are 1.
    func share(of engine: HouseEngine) -> Double {
        houseSum > 0 ? house[engine.place] * ((1 - foreignSum) / houseSum) : 0
    }

    /// The learner's, or while there are none the strategy reference's.
    init(_ learned: EngineList<EngineShare>?, foreignSum: Double) {
        self.foreignSum = foreignSum
        house = InlineArray(repeating: 0)
        for engine in HouseEngine.voters {
            house[engine.place] = learned.map { $0.value(of: engine.id) ?? 0 } ?? engine.baseWeight
        }
    }

    /// E1 and E2 alone.
    static let phase1: Weights = {
        var weights = Weights(nil, foreignSum: 0)
        (weights.house[2], weights.house[3]) = (0, 0)
        return weights
    }()

    /// Each house weight by the factor that the regime changes its base weight by.
    func adjusted(by regime: borrowing RegimeSignal?) -> Weights {
        guard let regime = copy regime else { return self }
        var adjusted = self
        for engine in HouseEngine.voters {
            adjusted.house[engine.place] = house[engine.place] * regime.weight(of: engine) / engine.baseWeight
        }
        return adjusted
    }
}
