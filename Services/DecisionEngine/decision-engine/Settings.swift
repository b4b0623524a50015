import Decisions
import ServiceKit
import SignalContracts

extension DecisionConfiguration {
    /// Reads the section `decision-engine`.
    init(_ section: ConfigurationSection, profile: Profile, mode: TradingMode) throws(ConfigurationError) {
        self.init()
        self.profile = profile
        (self.mode, program) = (mode, Suite.version)
        orderFlowScoreMin = try section.double("order_flow_score_min", default: orderFlowScoreMin, in: 0...1)
        tickScoreMin = try section.double("tick_score_min", default: tickScoreMin, in: 0...1)
        orderFlowAgeMaxMs = try section.age("order_flow_age_max_ms", orderFlowAgeMaxMs)
        tickAgeMaxMs = try section.age("tick_age_max_ms", tickAgeMaxMs)
        technicalAgeMaxMs = try section.age("technical_age_max_ms", technicalAgeMaxMs)
        sentimentAgeMaxMs = try section.age("sentiment_age_max_ms", sentimentAgeMaxMs)
        regimeAgeMaxMs = try section.age("regime_age_max_ms", regimeAgeMaxMs)
        scoreMin = try section.double("score_min", default: scoreMin, in: 0...1)
        engines = try ForeignEngine.read(try section.section("engines"))
        usesReliability = try section.bool("reliability", default: usesReliability)
        agreementMin = try section.int("agreement_min", default: agreementMin, in: 1...4)
        spreadMax = try section.double("spread_max", default: spreadMax, in: 0...0.01)
        positionsMax = try section.int("positions_max", default: positionsMax, in: 1...100)
        scoreJumpMax = try section.double("score_jump_max", default: scoreJumpMax, in: 0...2)
        stabilityMs = Int64(try section.int("stability_ms", default: Int(stabilityMs), in: 0...60_000))
        strategyScoreMin = try section.double("strategy_score_min", default: strategyScoreMin, in: 0...1)
        try momentum.read(try section.section("momentum"))
        try reversion.read(try section.section("reversion"))
        try cascade.read(try section.section("cascade"))
        publishEveryMs = Int64(try section.int("publish_every_ms", default: Int(publishEveryMs), in: 100...3_600_000))
    }
}

extension ConfigurationSection {
    fileprivate func age(_ key: String, _ value: Int64) throws(ConfigurationError) -> Int64 {
        Int64(try int(key, default: Int(value), in: 100...600_000))
    }
}

extension ForeignEngine {
    /// One section an engine, under its name.
    fileprivate static func read(_ section: ConfigurationSection) throws(ConfigurationError) -> [ForeignEngine] {
        var engines: [ForeignEngine] = []
        for name in section.keys {
            guard let id = EngineId(name), HouseEngine(id) == nil else {
                throw section.error(
                    name,
                    "is no name for an engine: up to \(EngineId.lengthMax) lower-case letters, digits and dashes, a letter first, not e1 … e9"
                )
            }
            let own = try section.section(name)
            engines.append(
                ForeignEngine(
                    id, weight: try own.double("weight", default: 0, in: weights),
                    ageMaxMs: Int64(try own.int("age_max_ms", default: 5000, in: 100...60_000))))
        }
        guard engines.count <= countMax else { throw section.error("", "names more than \(countMax) engines") }
        let total = engines.map(\.weight).reduce(0, +)
        guard total <= weightMaxTotal + 1e-9 else {
            throw section.error("", "the weights add up to \(total), more than \(weightMaxTotal)")
        }
        return engines
    }
}

extension MomentumRules {
    fileprivate mutating func read(_ section: ConfigurationSection) throws(ConfigurationError) {
        velocityRatioMin = try section.double("velocity_ratio_min", default: velocityRatioMin, in: 0...100)
        streakMin = try section.int("streak_min", default: streakMin, in: 1...20)
        confirmationsMin = try section.int("confirmations_min", default: confirmationsMin, in: 0...4)
        imbalanceMin = try section.double("imbalance_min", default: imbalanceMin, in: 0...1)
        roomMin = try section.double("room_min", default: roomMin, in: 0...0.1)
        orderFlowStrengthMin = try section.double("order_flow_strength_min", default: orderFlowStrengthMin, in: 0...1)
    }
}

extension ReversionRules {
    fileprivate mutating func read(_ section: ConfigurationSection) throws(ConfigurationError) {
        rsiExtreme = try section.double("rsi_extreme", default: rsiExtreme, in: 0...50)
        confirmationsMin = try section.int("confirmations_min", default: confirmationsMin, in: 0...3)
        imbalanceMin = try section.double("imbalance_min", default: imbalanceMin, in: 0...1)
    }
}

extension CascadeRules {
    fileprivate mutating func read(_ section: ConfigurationSection) throws(ConfigurationError) {
        proximityMin = try section.double("proximity_min", default: proximityMin, in: 0...1)
        spikeScoreMin = try section.double("spike_score_min", default: spikeScoreMin, in: 0...100)
        confirmationsMin = try section.int("confirmations_min", default: confirmationsMin, in: 0...3)
    }
}
