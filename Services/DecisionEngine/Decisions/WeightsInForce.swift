import SignalContracts
import TradingPrimitives

/// What the engines' words count for in a contract at present: the strategy reference's or the learner's weights, changed by the regime.
public struct WeightsInForce: Equatable, Sendable {
    /// Of E1–E4; with those of engines of others they add up to 1.
    let house: EngineList<EngineShare>
    let foreign: EngineList<EngineShare>
    /// Least size of the score for an entry.
    let scoreMin: Double
    /// Number of the learner's set; nil while there is none.
    let number: Int?

    /// What engines of others said last: shown with the decision, since they may write no key.
    let heard: [ForeignSignal]

    init(
        _ weights: Weights, foreign: EngineList<EngineShare>, scoreMin: Double, number: Int?, heard: [ForeignSignal]
    ) {
        var house = EngineList<EngineShare>()
        for engine in HouseEngine.voters { house.append(EngineShare(engine.id, weights.share(of: engine))) }
        self.house = house
        self.foreign = foreign
        self.scoreMin = scoreMin
        self.number = number
        self.heard = heard
    }

    /// As `engine_weights:{S}` shows them; set 0 is the strategy reference's.
    func shown(at time: Timestamp) -> Fields {
        var fields = Fields()
        fields.put("event_time", time)
        fields.put("e1", weight(.orderFlow))
        fields.put("e2", weight(.tick))
        fields.put("e3", weight(.technical))
        fields.put("e4", weight(.sentiment))
        fields.put("others", foreign.isEmpty ? nil : foreign)
        fields.put("score_min", scoreMin)
        fields.put("set", number ?? 0)
        return fields
    }

    private func weight(_ engine: HouseEngine) -> Double { Self.rounded(house.value(of: engine.id) ?? 0) }
    private static func rounded(_ weight: Double) -> Double { (weight * 10_000).rounded() / 10_000 }
}
