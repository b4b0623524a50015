import SignalContracts
import TradingPrimitives

/// The weighted score of the `phase1` profile, from E1 and E2 alone.
struct Score {
    /// In [−1, 1]; positive is long.
    let value: Double
    /// Signed strength × conviction of E1, signed strength of E2; 0 when cold or old.
    let orderFlow: Double
    let tick: Double
    let isFresh: Bool
    let isStrong: Bool
    /// Of the two, how many point in the score's direction.
    let enginesAgree: Int

    init(_ signals: SignalSnapshot, at time: Timestamp, _ configuration: DecisionConfiguration) {
        func isUsable(_ signalTime: Timestamp?, _ isWarm: Bool?, _ ageMaxMs: Int64) -> Bool {
            guard let signalTime, isWarm == true else { return false }
            return time - signalTime <= ageMaxMs
        }
        let e1 = signals.orderFlow, e2 = signals.tick
        let isOrderFlowUsable = isUsable(e1?.eventTime, e1?.isWarm, configuration.orderFlowAgeMaxMs)
        let isTickUsable = isUsable(e2?.eventTime, e2?.isWarm, configuration.tickAgeMaxMs)
        let flow = isOrderFlowUsable ? e1.map { Double($0.direction.sign) * $0.strength * $0.conviction } ?? 0 : 0
        let push = isTickUsable ? e2.map { Double($0.direction.sign) * $0.strength } ?? 0 : 0
        let weights = configuration.orderFlowWeight + configuration.tickWeight
        orderFlow = flow
        tick = push
        isFresh = isOrderFlowUsable && isTickUsable
        value = (configuration.orderFlowWeight * flow + configuration.tickWeight * push) / weights
        isStrong = abs(flow) >= configuration.orderFlowScoreMin && abs(push) >= configuration.tickScoreMin
        let sign = value < 0 ? -1.0 : 1.0
        enginesAgree = (flow * sign > 0 ? 1 : 0) + (push * sign > 0 ? 1 : 0)
    }
}

/// The scores of the last while.
struct ScoreHistory {
    private var scores: [(time: Timestamp, value: Double)] = []

    init() { scores.reserveCapacity(64) }

    /// Size of the change against the last score at or before `time` − `spanMs` (0 without one); then remembers this score.
    mutating func change(to value: Double, at time: Timestamp, over spanMs: Int64) -> Double {
        while scores.count > 1, scores[1].time <= time - spanMs { scores.removeFirst() }
        let before = scores.first.flatMap { $0.time <= time - spanMs ? $0.value : nil }
        scores.append((time, value))
        return before.map { abs(value - $0) } ?? 0
    }
}
