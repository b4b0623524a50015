import Indicators
import SignalContracts
import TradingPrimitives

/// What the engine remembers of one symbol.
struct SymbolState {
    let symbol: Symbol
    var signals = SignalSnapshot()
    var voices: Voices
    var readiness = ReadinessWatch()
    /// What keeps the executor from entering this contract, by its last word: made with it, not at each evaluation.
    var hindrances: [EntryHindrance] = []
    /// The rule that refused the last plan, until one is approved or a while has passed.
    var refusal: (rule: RiskRule, at: Timestamp)?
    var momentumScores = ScoreHistory()
    var reversionScores = ScoreHistory()
    var counts = GateCounts()
    private var recalled = OwnWord<Decision>()
    private var recalledWholeAt = Timestamp.zero
    /// When the last decision with its signals was published.
    private var wholeAt = Timestamp.zero
    private var published: (action: Action, strategy: Strategy?, failedGates: GateSet, at: Timestamp)?

    init(_ symbol: Symbol, _ engines: [ForeignEngine]) {
        self.symbol = symbol
        voices = Voices(engines)
    }

    /// Returns whether it can have come from the engine that it names.
    mutating func hear(_ signal: EngineSignal) -> Bool {
        signals.update(signal)
        return voices.hear(signal)
    }

    /// Newest event time of what the engines said last. One that was out of its mind counts no longer than until it speaks again.
    var newest: Timestamp {
        var newest = Timestamp.zero
        if let time = signals.orderFlow?.eventTime { newest = max(newest, time) }
        if let time = signals.tick?.eventTime { newest = max(newest, time) }
        if let time = signals.technical?.eventTime { newest = max(newest, time) }
        if let time = signals.sentiment?.eventTime { newest = max(newest, time) }
        if let time = signals.regime?.eventTime { newest = max(newest, time) }
        return newest
    }

    /// Whether a judgement differs from the last one published, or that one is old; then it counts as published.
    mutating func isNews(_ judgement: borrowing Judgement, at time: Timestamp, everyMs: Int64) -> Bool {
        if let published, published.action == judgement.action, published.strategy == judgement.strategy,
            published.failedGates == judgement.failed, time - published.at < everyMs
        {
            return false
        }
        published = (judgement.action, judgement.strategy, judgement.failed, time)
        return true
    }

    /// Whether what is published now holds its signals; then it counts as the last that did.
    mutating func isWhole(_ judgement: borrowing Judgement, at time: Timestamp, everyMs: Int64) -> Bool {
        let isWhole = judgement.failed.count <= 1 || !time.isWithin(everyMs - 1, of: wholeAt)
        if isWhole { wholeAt = time }
        return isWhole
    }

    /// Remembers the last decision that was made before a restart, until the evaluation that made it has been made again.
    mutating func recall(_ decision: Decision) {
        guard counts.evaluations == 0 else { return }
        if decision.isWhole { recalledWholeAt = max(recalledWholeAt, decision.eventTime) }
        recalled.recall(decision, setOffBy: decision.cause)
    }

    mutating func count(_ judgement: borrowing Judgement, on trigger: borrowing OrderFlowSignal) {
        if let decision = recalled.take(before: trigger.cause) { resume(decision) }
        counts.count(judgement.failed, at: trigger.eventTime)
        if let decision = recalled.take(at: trigger.cause) { resume(decision) }
    }

    private mutating func resume(_ decision: Decision) {
        counts = decision.gateCounts
        published = (decision.action, decision.strategy, decision.failedGates, decision.eventTime)
        wholeAt = recalledWholeAt
    }
}

/// The scores of the last while.
struct ScoreHistory {
    private struct Reading: BitwiseCopyable {
        let time: Timestamp
        let value: Double
    }

    private var readings = Ring<Reading>(capacity: 64)

    /// Size of the change against the last score at or before `time` − `spanMs` (0 without one); then remembers this score.
    mutating func change(to value: Double, at time: Timestamp, over spanMs: Int64) -> Double {
        while readings.count > 1, readings[readings.start + 1].time <= time - spanMs {
            readings.removeAll(before: readings.start + 1)
        }
        var change = 0.0
        if !readings.isEmpty, readings[readings.start].time <= time - spanMs {
            change = abs(value - readings[readings.start].value)
        }
        readings.append(Reading(time: time, value: value))
        return change
    }
}
