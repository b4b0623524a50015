import Learning
import ServiceKit

/// The section `learner`.
struct LearnerSettings {
    /// Whether a proposal waits for one more round of trades, and is told of, before it counts.
    let isShadowing: Bool
    /// How often the database is asked for trades.
    let everyMs: Int64
    let rules: LearningRules
    /// Longest time that a position is held, by strategy; seconds.
    let holdMaxSeconds: [String: Double]

    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        isShadowing = try section.bool("shadow", default: true)
        everyMs = Int64(try section.int("every_seconds", default: 10, in: 1...3600)) * 1000
        let threshold = try section.double("score_threshold", default: 0.55, in: 0...1)
        let offset = try section.int("entry_offset_ticks", default: 1, in: 0...100)
        rules = LearningRules(base: .base(scoreThreshold: threshold, entryOffsetTicks: offset))
        holdMaxSeconds = ["A": 300, "B": 600, "C": 480]
    }
}
