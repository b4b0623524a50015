public import TradingPrimitives

/// A numbered set of engine weights and parameters from the learner. On `weights`.
public struct EngineWeights: StreamMessage {
    public static let version = 1

    /// Grows by one with each set.
    public var number: Int
    public var eventTime: Timestamp
    /// The four weights add up to 1.
    public var orderFlow: Double
    /// The same for E2.
    public var tick: Double
    /// The same for E3.
    public var technical: Double
    /// The same for E4.
    public var sentiment: Double
    /// How often each engine was right, 0.5…1, `e1,e2,e3,e4`; absent in entries of earlier versions. Of use where
    /// `decision-engine.reliability` is on.
    public var reliabilities: EngineReliabilities?
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
        number: Int, eventTime: Timestamp, orderFlow: Double, tick: Double, technical: Double, sentiment: Double,
        scoreThreshold: Double, minTakeProfitMultiplier: Double, takeProfitMultiplier: Double, entryOffsetTicks: Int,
        tradeCount: Int
    ) {
        self.number = number
        self.eventTime = eventTime
        self.orderFlow = orderFlow
        self.tick = tick
        self.technical = technical
        self.sentiment = sentiment
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
        orderFlow = try fields.required("weight_e1", in: MarketBounds.multipliers)
        tick = try fields.required("weight_e2", in: MarketBounds.multipliers)
        technical = try fields.required("weight_e3", in: MarketBounds.multipliers)
        sentiment = try fields.required("weight_e4", in: MarketBounds.multipliers)
        reliabilities = try fields.optional("reliabilities")
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
        fields.put("weight_e1", orderFlow)
        fields.put("weight_e2", tick)
        fields.put("weight_e3", technical)
        fields.put("weight_e4", sentiment)
        fields.put("reliabilities", reliabilities)
        fields.put("score_threshold", scoreThreshold)
        fields.put("min_tp_multiplier", minTakeProfitMultiplier)
        fields.put("tp_multiplier", takeProfitMultiplier)
        fields.put("entry_offset_ticks", entryOffsetTicks)
        fields.put("trade_count", tradeCount)
    }
}

/// How often each of E1 to E4 was right, from a half to 1, in one field: `0.7,0.5,1,0.62`.
public struct EngineReliabilities: FieldValue, Equatable {
    public static let bounds = 0.5...1.0
    /// Of E1 to E4.
    public let values: [Double]

    /// Nil unless there are four within the bounds.
    public init?(_ values: [Double]) {
        guard values.count == 4, values.allSatisfy(Self.bounds.contains) else { return nil }
        self.values = values
    }

    /// Their plain mean.
    public var mean: Double { values.reduce(0, +) / 4 }

    public init?(text: UnsafeRawBufferPointer) {
        var values: [Double] = []
        for part in text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let value = Double(text: UnsafeRawBufferPointer(rebasing: part)) else { return nil }
            values.append(value)
        }
        self.init(values)
    }

    public func write(into bytes: inout [UInt8]) {
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            value.write(into: &bytes)
        }
    }
}
