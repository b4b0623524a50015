/// Weights and parameters that decisions and plans are made with. Weights are in thousandths, so that they add up exactly.
public struct LearnedSet: Equatable, Sendable {
    /// Of E1 to E4, in thousandths: they add up to 1000.
    public var weights: [Int]
    /// How often each of them was right, in thousandths, from 500 to 1000.
    public var reliabilities: [Int]
    /// Least size of the score for a trade.
    public var scoreThreshold: Double
    public var minTakeProfitMultiplier: Double
    public var takeProfitMultiplier: Double
    public var entryOffsetTicks: Int

    public init(
        weights: [Int], reliabilities: [Int] = [1000, 1000, 1000, 1000], scoreThreshold: Double,
        minTakeProfitMultiplier: Double = 1, takeProfitMultiplier: Double = 1,
        entryOffsetTicks: Int
    ) {
        self.weights = weights
        self.reliabilities = reliabilities
        self.scoreThreshold = scoreThreshold
        self.minTakeProfitMultiplier = minTakeProfitMultiplier
        self.takeProfitMultiplier = takeProfitMultiplier
        self.entryOffsetTicks = entryOffsetTicks
    }

    /// Those of the strategy reference: .35, .25, .20 and .12 without E5's share, brought to a sum of 1.
    public static func base(scoreThreshold: Double, entryOffsetTicks: Int) -> LearnedSet {
        LearnedSet(
            weights: LearningRules.fitted([0.35 / 0.92, 0.25 / 0.92, 0.20 / 0.92, 0.12 / 0.92], from: nil),
            scoreThreshold: scoreThreshold, entryOffsetTicks: entryOffsetTicks)
    }
}

/// What one trade teaches.
public struct LearnedTrade: Equatable, Sendable {
    /// What an engine said when the position was opened.
    public struct Opinion: Equatable, Sendable {
        /// +1 for long, −1 for short, 0 for nothing.
        public var sign: Int
        /// 0…1, for E1 with its conviction in it.
        public var strength: Double
        public init(sign: Int, strength: Double) {
            self.sign = sign
            self.strength = strength
        }
    }

    /// +1 for long, −1 for short.
    public var sign: Int
    /// Of E1 to E4; nil for one that was not there.
    public var opinions: [Opinion?]
    /// USDT, after and before fees, and the fees.
    public var net: Double
    public var gross: Double
    public var fees: Double
    /// Part of the strategy's longest time that it was held for.
    public var holdShare: Double
    /// Value of the entries, USDT, and what part of it was filled as maker; 0 and 0 where that is not known.
    public var entryValue: Double
    public var entryMakerShare: Double

    public init(
        sign: Int, opinions: [Opinion?], net: Double, gross: Double, fees: Double, holdShare: Double,
        entryValue: Double,
        entryMakerShare: Double
    ) {
        self.sign = sign
        self.opinions = opinions
        self.net = net
        self.gross = gross
        self.fees = fees
        self.holdShare = holdShare
        self.entryValue = entryValue
        self.entryMakerShare = entryMakerShare
    }

    var isWin: Bool { net > 0 }
}
