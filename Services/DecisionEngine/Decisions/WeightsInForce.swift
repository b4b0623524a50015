import SignalContracts
import TradingPrimitives

/// What the engines' words count for in a contract at present: the strategy reference's or the learner's weights, changed by the regime.
public struct WeightsInForce: Equatable, Sendable {
    /// They add up to 1.
    let weights: Weights
    /// Least size of the score for an entry.
    let scoreMin: Double
    /// Number of the learner's set; nil while there is none.
    let number: Int?

    init(_ weights: Weights, scoreMin: Double, number: Int?) {
        let sum = weights.sum
        let share = sum > 0 ? 1 / sum : 0
        self.weights = Weights(
            orderFlow: weights.orderFlow * share, tick: weights.tick * share, technical: weights.technical * share,
            sentiment: weights.sentiment * share)
        self.scoreMin = scoreMin
        self.number = number
    }

    /// As `engine_weights:{S}` shows them; set 0 is the strategy reference's.
    func shown(at time: Timestamp) -> Fields {
        var fields = Fields()
        fields.put("event_time", time)
        fields.put("e1", Self.rounded(weights.orderFlow))
        fields.put("e2", Self.rounded(weights.tick))
        fields.put("e3", Self.rounded(weights.technical))
        fields.put("e4", Self.rounded(weights.sentiment))
        fields.put("score_min", scoreMin)
        fields.put("set", number ?? 0)
        return fields
    }

    private static func rounded(_ weight: Double) -> Double { (weight * 10_000).rounded() / 10_000 }
}
