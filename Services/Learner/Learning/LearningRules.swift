/// How weights and parameters follow the trades: by fixed rules, in bounded steps (blueprint, chapter 17).
public struct LearningRules: Sendable {
    /// Trades after which the weights are looked at.
    public static let roundTrades = 100
    /// Rounds after which the parameters are looked at: 200 trades.
    public static let parameterRounds = 2
    static let gapShare = 0.3
    /// In thousandths.
    static let weightMin = 50
    static let weightMax = 600
    static let stepMax = 50

    /// The set that nothing has been learned for; parameters stay near it.
    public let base: LearnedSet

    public init(base: LearnedSet) { self.base = base }

    /// Per engine: of the trades in which it said long or short, the part in which that was the trade's side and the trade won.
    /// Nil for an engine that never did.
    public static func accuracies(_ trades: [LearnedTrade]) -> [Double?] {
        (0..<4).map { engine in
            let spoken = trades.filter { $0.opinions.indices.contains(engine) && ($0.opinions[engine]?.sign ?? 0) != 0 }
            guard !spoken.isEmpty else { return nil }
            return Double(spoken.count { $0.opinions[engine]?.sign == $0.sign && $0.isWin }) / Double(spoken.count)
        }
    }

    /// Each weight moves by 30 % of its gap to its engine's share of all accuracy. An engine that said nothing keeps its own.
    public static func weights(_ current: [Int], _ accuracies: [Double?]) -> [Int] {
        let known = accuracies.compactMap { $0 }.reduce(0, +)
        let free = zip(current, accuracies).filter { $0.1 != nil }.map(\.0).reduce(0, +)
        guard known > 0, free > 0 else { return current }
        let wanted = zip(current, accuracies).map { weight, accuracy in
            guard let accuracy else { return Double(weight) / 1000 }
            let target = accuracy / known * Double(free) / 1000
            return Double(weight) / 1000 + (target - Double(weight) / 1000) * gapShare
        }
        return fitted(wanted, from: current)
    }

    /// An engine is as reliable as it was right, but never less than a half: what is wrong more often is no opposite word. One that said
    /// nothing keeps its own.
    static func reliabilities(_ current: [Int], _ accuracies: [Double?]) -> [Int] {
        zip(current, accuracies).map { known, accuracy in
            accuracy.map { Int((min(1, max(0.5, $0)) * 1000).rounded()) } ?? known
        }
    }

    /// Weights in thousandths with the sum 1000, as near to `wanted` as bounds and the longest step from `current` allow: all are
    /// shifted by the same amount, those at a bound by less.
    static func fitted(_ wanted: [Double], from current: [Int]?) -> [Int] {
        let low = wanted.indices.map { index in max(weightMin, (current?[index]).map { $0 - stepMax } ?? weightMin) }
        let high = wanted.indices.map { index in min(weightMax, (current?[index]).map { $0 + stepMax } ?? weightMax) }
        func shifted(_ shift: Double) -> [Double] {
            wanted.indices.map { min(Double(high[$0]), max(Double(low[$0]), wanted[$0] * 1000 + shift)) }
        }
        var least = -1000.0, most = 1000.0
        for _ in 0..<60 {
            let middle = (least + most) / 2
            if shifted(middle).reduce(0, +) < 1000 { least = middle } else { most = middle }
        }
        let exact = shifted(most)
        var whole = exact.map { Int($0.rounded(.down)) }
        // The greatest remainders are rounded up, the first of equal ones.
        let order = exact.indices.sorted { left, right in
            let (a, b) = (exact[left] - Double(whole[left]), exact[right] - Double(whole[right]))
            return a == b ? left < right : a > b
        }
        var missing = 1000 - whole.reduce(0, +)
        for index in order + order where missing > 0 && whole[index] < high[index] {
            whole[index] += 1
            missing -= 1
        }
        return whole
    }

    /// The parameters after 200 trades, and why each of them changed.
    public func parameters(_ current: LearnedSet, _ trades: [LearnedTrade]) -> (LearnedSet, reasons: [String]) {
        var next = current
        var reasons: [String] = []
        guard !trades.isEmpty else { return (current, []) }
        let count = Double(trades.count)
        let hold = trades.map(\.holdShare).reduce(0, +) / count
        if hold > 0.8 {
            next.scoreThreshold += 0.02
            reasons.append("held for \(percent(hold)) of the longest time: threshold +0.02")
        }
        let winRate = Double(trades.count(where: \.isWin)) / count
        if winRate < 0.5 {
            next.scoreThreshold += 0.03
            reasons.append("win rate \(percent(winRate)): threshold +0.03")
        }
        let fees = trades.map(\.fees).reduce(0, +), profit = trades.filter { $0.gross > 0 }.map(\.gross).reduce(0, +)
        if profit <= 0 || fees / profit > 0.35 {
            next.minTakeProfitMultiplier *= 1.1
            reasons.append("fees are \(profit > 0 ? percent(fees / profit) : "all") of the profit: least target × 1.1")
        }
        let entered = trades.map(\.entryValue).reduce(0, +)
        let asMaker = trades.map { $0.entryValue * $0.entryMakerShare }.reduce(0, +)
        if entered > 0, asMaker / entered < 0.7 {
            next.entryOffsetTicks -= 1
            reasons.append("\(percent(asMaker / entered)) of the entries as maker: entry offset −1 tick")
        }
        let wins = trades.filter(\.isWin).map(\.net), losses = trades.filter { !$0.isWin }.map { -$0.net }
        if !wins.isEmpty, losses.reduce(0, +) > 0 {
            let ratio = (wins.reduce(0, +) / Double(wins.count)) / (losses.reduce(0, +) / Double(losses.count))
            if ratio < 1.2 {
                next.takeProfitMultiplier *= 1.05
                reasons.append("reward to risk \((ratio * 100).rounded() / 100): target × 1.05")
            }
        }
        return (bounded(next), reasons)
    }

    /// On a grid of 1e-4, and never further from the base than what a person would still call the same strategy.
    private func bounded(_ set: LearnedSet) -> LearnedSet {
        func grid(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
        var set = set
        set.scoreThreshold = grid(min(set.scoreThreshold, base.scoreThreshold + 0.15))
        set.minTakeProfitMultiplier = grid(min(set.minTakeProfitMultiplier, 1.5))
        set.takeProfitMultiplier = grid(min(set.takeProfitMultiplier, 1.3))
        set.entryOffsetTicks = max(set.entryOffsetTicks, 0)
        return set
    }

    private func percent(_ value: Double) -> String { "\((value * 1000).rounded() / 10) %" }

    /// What a round teaches: new weights, and in every second round new parameters, from the trades of both.
    public func round(
        _ current: LearnedSet, trades: [LearnedTrade], before: [LearnedTrade]?
    ) -> (LearnedSet, reasons: [String]) {
        let accuracies = Self.accuracies(trades)
        var next = current
        next.weights = Self.weights(current.weights, accuracies)
        next.reliabilities = Self.reliabilities(current.reliabilities, accuracies)
        var reasons = zip(1..., accuracies).map { engine, accuracy in
            "E\(engine) right in \(accuracy.map { percent($0) } ?? "none said")"
        }
        guard let before else { return (next, reasons) }
        let (parameters, why) = parameters(next, before + trades)
        reasons += why
        return (parameters, reasons)
    }

    /// What a set would have made of trades that were made with another: those that it would not have entered, and their net.
    public static func wouldSkip(_ set: LearnedSet, _ trades: [LearnedTrade]) -> (count: Int, net: Double) {
        let skipped = trades.filter { trade in
            let score = zip(set.weights, trade.opinions).map { weight, opinion in
                Double(weight) / 1000 * Double(opinion?.sign ?? 0) * (opinion?.strength ?? 0)
            }.reduce(0, +)
            return score * Double(trade.sign) < set.scoreThreshold
        }
        return (skipped.count, skipped.map(\.net).reduce(0, +))
    }
}
