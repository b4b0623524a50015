public import TradingPrimitives

/// A numbered set of engine weights and parameters from the learner. On `weights`.
public struct EngineWeights: StreamMessage {
    public static let version = 2
    /// Of a reliability.
    public static let reliable = 0.5...1.0

    /// Grows by one with each set.
    public var number: Int
    public var eventTime: Timestamp
    /// What each engine's word counts for; they add up to 1. Entries of version 1 have `weight_e1` … `weight_e4` in its place.
    public var weights: EngineList<EngineShare>
    /// How often each engine was right, 0.5…1; absent in entries of earlier versions. Of use where `decision-engine.reliability` is
    /// on.
    public var reliabilities: EngineList<EngineShare>?
    /// Least size of the score for a trade.
    public var scoreThreshold: Double
    /// By which the least target is stretched.
    public var minTakeProfitMultiplier: Double
    /// By which targets are stretched.
    public var takeProfitMultiplier: Double
    /// How far inside the spread an entry rests.
    public var entryOffsetTicks: Int
    /// Trades that it was learned from.
    public var tradeCount: Int

    public init(
        number: Int, eventTime: Timestamp, weights: EngineList<EngineShare>, scoreThreshold: Double,
        minTakeProfitMultiplier: Double, takeProfitMultiplier: Double, entryOffsetTicks: Int,
        tradeCount: Int
    ) {
        self.number = number
        self.eventTime = eventTime
        self.weights = weights
        self.scoreThreshold = scoreThreshold
        self.minTakeProfitMultiplier = minTakeProfitMultiplier
        self.takeProfitMultiplier = takeProfitMultiplier
        self.entryOffsetTicks = entryOffsetTicks
        self.tradeCount = tradeCount
    }

    public init(_ fields: Fields) throws(ContractError) {
        try Self.checkVersion(fields)
        number = try fields.count("number")
        eventTime = try fields.time("event_time")
        if try fields.required("v") as Int == 1 {
            weights = EngineList(house: [
                try fields.required("weight_e1", in: MarketBounds.multipliers),
                try fields.required("weight_e2", in: MarketBounds.multipliers),
                try fields.required("weight_e3", in: MarketBounds.multipliers),
                try fields.required("weight_e4", in: MarketBounds.multipliers),
            ])
            // Four numbers without names.
            reliabilities = try fields.optionalShortText("reliabilities").map { text in
                EngineList(house: text.split(separator: ",").compactMap { Double($0) })
            }
        } else {
            weights = try fields.required("weights")
            reliabilities = try fields.optional("reliabilities")
        }
        if let reliabilities, !reliabilities.all.allSatisfy({ Self.reliable.contains($0.value) }) {
            throw fields.outOfRange("reliabilities", "0.5 to 1 each")
        }
        scoreThreshold = try fields.required("score_threshold", in: 0...1)
        minTakeProfitMultiplier = try fields.required("min_tp_multiplier", in: MarketBounds.multipliers)
        takeProfitMultiplier = try fields.required("tp_multiplier", in: MarketBounds.multipliers)
        entryOffsetTicks = try fields.required("entry_offset_ticks", in: 0...10_000)
        tradeCount = try fields.count("trade_count")
    }

    public func encode(into fields: inout Fields) {
        fields.put("v", Self.version)
        fields.put("number", number)
        fields.put("event_time", eventTime)
        fields.put("weights", weights)
        fields.put("reliabilities", reliabilities)
        fields.put("score_threshold", scoreThreshold)
        fields.put("min_tp_multiplier", minTakeProfitMultiplier)
        fields.put("tp_multiplier", takeProfitMultiplier)
        fields.put("entry_offset_ticks", entryOffsetTicks)
        fields.put("trade_count", tradeCount)
    }
}
