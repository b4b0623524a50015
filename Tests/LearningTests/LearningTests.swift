import Learning
import Testing

struct LearningTests {
    private static let base = LearnedSet.base(scoreThreshold: 0.55, entryOffsetTicks: 2)
    private let rules = LearningRules(base: base)

    /// A trade in which engine `i` said `signs[i]`.
    private func trade(
        _ sign: Int, _ signs: [Int], net: Double, fees: Double = 0.1, hold: Double = 0.3, makers: Double = 0.75
    ) -> LearnedTrade {
        LearnedTrade(
            sign: sign, opinions: signs.map { LearnedTrade.Opinion(sign: $0, strength: 0.8) }, net: net,
            gross: net + fees, fees: fees, holdShare: hold, entryValue: 1000, entryMakerShare: makers)
    }

    @Test func `the base weights are the strategy's, without E5's share`() {
        #expect(Self.base.weights == [380, 272, 217, 131] && Self.base.weights.reduce(0, +) == 1000)
    }

    @Test func `accuracy counts an engine that was right in a trade that won`() {
        let trades = [
            trade(1, [1, 1, -1, 0], net: 2), trade(1, [1, -1, 1, 0], net: -1), trade(-1, [-1, 1, 0, 0], net: 1),
            trade(-1, [-1, -1, 0, 0], net: 1),
        ]
        #expect(LearningRules.accuracies(trades) == [0.75, 0.5, 0, nil])
    }

    @Test func `a weight moves three tenths of its gap, by a twentieth at most, and the sum stays`() {
        // Worked by hand: shares of accuracy .25 each; E1 would move −.039, E2 −.0066, E3 +.0099, E4 +.0357.
        let next = LearningRules.weights(Self.base.weights, [0.5, 0.5, 0.5, 0.5])
        #expect(next == [341, 265, 227, 167])
        #expect(LearningRules.weights(Self.base.weights, [nil, nil, nil, nil]) == Self.base.weights)
        #expect(LearningRules.weights(Self.base.weights, [0, 0, 0, 0]) == Self.base.weights)
        // E4 said nothing and keeps its own.
        #expect(LearningRules.weights(Self.base.weights, [0.6, 0.6, 0.6, nil])[3] == 131)
    }

    @Test func `a thousand trades with a useless engine take its weight to the floor, in bounded steps`() {
        var random = SystemRandomNumberGenerator()
        for useless in 0..<4 {
            var set = Self.base
            var history = [set]
            for _ in 0..<30 {
                let trades = (0..<100).map { _ in
                    let sign = Bool.random(using: &random) ? 1 : -1
                    // The others are right in two of three; the useless one says the opposite of what would have won.
                    let isWin = Int.random(in: 0..<3, using: &random) < 2
                    let signs = (0..<4).map { $0 == useless ? (isWin ? -sign : sign) : sign }
                    return trade(sign, signs, net: isWin ? 1 : -1)
                }
                set.weights = LearningRules.weights(set.weights, LearningRules.accuracies(trades))
                history.append(set)
            }
            for (before, after) in zip(history, history.dropFirst()) {
                #expect(after.weights.reduce(0, +) == 1000)
                #expect(after.weights.allSatisfy { 50...600 ~= $0 })
                #expect(zip(before.weights, after.weights).allSatisfy { abs($0 - $1) <= 50 })
            }
            #expect(history[10].weights[useless] <= 60, "\(history[10].weights)")
            #expect(set.weights[useless] == 50)
            #expect(set.weights.enumerated().allSatisfy { $0.offset == useless || $0.element > 250 })
        }
    }

    @Test func `parameters follow their five rules, and stop at their bounds`() {
        let good = (0..<200).map { trade(1, [1, 1, 1, 1], net: $0 % 3 == 0 ? -1 : 2) }
        #expect(rules.parameters(Self.base, good).0 == Self.base && rules.parameters(Self.base, good).reasons.isEmpty)
        let bad = (0..<200).map { trade(1, [1, 1, 1, 1], net: $0 % 3 == 0 ? 1 : -1, fees: 1, hold: 0.9, makers: 0.5) }
        let (next, reasons) = rules.parameters(Self.base, bad)
        #expect(reasons.count == 5, "\(reasons)")
        #expect(next.scoreThreshold == 0.6 && next.minTakeProfitMultiplier == 1.1 && next.takeProfitMultiplier == 1.05)
        #expect(next.entryOffsetTicks == 1 && next.weights == Self.base.weights)
        var set = Self.base
        for _ in 0..<50 { set = rules.parameters(set, bad).0 }
        #expect(set.scoreThreshold == 0.7 && set.minTakeProfitMultiplier == 1.5 && set.takeProfitMultiplier == 1.3)
        #expect(set.entryOffsetTicks == 0)
    }

    @Test func `parameters are looked at in every second round, from the trades of both`() {
        let bad = (0..<100).map { trade(1, [1, 1, 1, 1], net: $0 % 3 == 0 ? 1 : -1) }
        #expect(rules.round(Self.base, trades: bad, before: nil).0.scoreThreshold == 0.55)
        #expect(rules.round(Self.base, trades: bad, before: bad).0.scoreThreshold == 0.58)
    }

    @Test func `an engine is as reliable as it was right, and never less than a half`() {
        // E1 speaks for each trade and is right in two of three, E2 for the other side, E3 never, E4 in the winners alone.
        let trades = (0..<99).map { number in
            let wins = number % 3 != 0
            return trade(1, [1, -1, 0, wins ? 1 : 0], net: wins ? 2 : -1)
        }
        var set = Self.base
        set.reliabilities[2] = 700
        let (next, _) = rules.round(set, trades: trades, before: nil)
        #expect(next.reliabilities == [667, 500, 700, 1000])
    }

    @Test func `a proposal is judged by the trades that it would not have entered`() {
        let trades = [
            trade(1, [1, 1, 1, 1], net: 2), trade(1, [1, 0, 0, 0], net: -3), trade(-1, [1, -1, -1, -1], net: 5),
        ]
        let (count, net) = LearningRules.wouldSkip(Self.base, trades)
        #expect(count == 2 && net == 2)
    }
}
