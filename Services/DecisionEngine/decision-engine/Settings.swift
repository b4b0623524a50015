import Decisions
import ServiceKit

extension DecisionConfiguration {
    /// Reads the section `decision-engine`.
    init(_ section: ConfigurationSection, profile: String) throws(ConfigurationError) {
        self.init()
        guard profile == self.profile else {
            throw ConfigurationError(path: "profile", message: "'\(profile)' is not known; use '\(self.profile)'")
        }
        orderFlowScoreMin = try section.double("order_flow_score_min", default: orderFlowScoreMin, in: 0...1)
        tickScoreMin = try section.double("tick_score_min", default: tickScoreMin, in: 0...1)
        orderFlowWeight = try section.double("order_flow_weight", default: orderFlowWeight, in: 0.01...1)
        tickWeight = try section.double("tick_weight", default: tickWeight, in: 0.01...1)
        orderFlowAgeMaxMs = Int64(
            try section.int("order_flow_age_max_ms", default: Int(orderFlowAgeMaxMs), in: 100...60_000))
        tickAgeMaxMs = Int64(try section.int("tick_age_max_ms", default: Int(tickAgeMaxMs), in: 100...60_000))
        spreadMax = try section.double("spread_max", default: spreadMax, in: 0...0.01)
        positionsMax = try section.int("positions_max", default: positionsMax, in: 1...100)
        scoreJumpMax = try section.double("score_jump_max", default: scoreJumpMax, in: 0...2)
        stabilityMs = Int64(try section.int("stability_ms", default: Int(stabilityMs), in: 0...60_000))
        publishEveryMs = Int64(try section.int("publish_every_ms", default: Int(publishEveryMs), in: 100...3_600_000))
    }
}
