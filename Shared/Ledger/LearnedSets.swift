/// Rows of `learned_set`: what the learner proposes and applies, each under a number of its own.
public struct LearnedSetRow: Equatable, Sendable {
    public enum State: String, Sendable {
        case proposed = "PROPOSED"
        case applied = "APPLIED"
        /// Rolled back before it counted.
        case dropped = "DROPPED"
    }

    public var number: Int
    public var state: State
    /// 100 trades each.
    public var round: Int
    /// The last trade that it was learned from.
    public var upToTrade: Int64
    public var tradeCount: Int
    /// Of E1 to E4, in thousandths.
    public var weights: [Int]
    /// How often each of them was right, in thousandths, 500 at least; 1000 where that is not known.
    public var reliabilities: [Int]
    public var scoreThreshold: Double
    public var minTakeProfitMultiplier: Double
    public var takeProfitMultiplier: Double
    public var entryOffsetTicks: Int
    public var reason: String

    public init(
        number: Int = 0, state: State, round: Int, upToTrade: Int64, tradeCount: Int, weights: [Int],
        reliabilities: [Int], scoreThreshold: Double, minTakeProfitMultiplier: Double, takeProfitMultiplier: Double,
        entryOffsetTicks: Int,
        reason: String
    ) {
        self.number = number
        self.state = state
        self.round = round
        self.upToTrade = upToTrade
        self.tradeCount = tradeCount
        self.weights = weights
        self.reliabilities = reliabilities
        self.scoreThreshold = scoreThreshold
        self.minTakeProfitMultiplier = minTakeProfitMultiplier
        self.takeProfitMultiplier = takeProfitMultiplier
        self.entryOffsetTicks = entryOffsetTicks
        self.reason = reason
    }

    fileprivate init?(_ row: [String?]) {
        let texts = row.compactMap { $0 }
        let numbers = texts.map { Double($0) ?? .nan }
        guard texts.count == 18, let state = State(rawValue: texts[1]), let upTo = Int64(texts[3]) else { return nil }
        let whole = [0, 2, 4, 5, 6, 7, 8, 12, 14, 15, 16, 17].map { numbers[$0] }
        guard whole.allSatisfy({ $0.isFinite }), numbers[9...11].allSatisfy(\.isFinite) else { return nil }
        self.init(
            number: Int(numbers[0]), state: state, round: Int(numbers[2]), upToTrade: upTo, tradeCount: Int(numbers[4]),
            weights: numbers[5...8].map { Int($0) }, reliabilities: numbers[14...17].map { Int($0) },
            scoreThreshold: numbers[9], minTakeProfitMultiplier: numbers[10],
            takeProfitMultiplier: numbers[11], entryOffsetTicks: Int(numbers[12]), reason: texts[13])
    }
}

/// The table of learned sets.
public enum LearnedSets {
    private static let columns = """
        number, state, round, up_to_trade, trade_count, e1, e2, e3, e4, score_threshold, min_tp_multiplier, tp_multiplier,
        entry_offset_ticks, reason, r1, r2, r3, r4
        """

    /// Newest first.
    public static func all(in database: Database) throws(DatabaseError) -> [LearnedSetRow] {
        try database.run("SELECT \(columns) FROM learned_set ORDER BY number DESC").compactMap { LearnedSetRow($0) }
    }

    /// Gives the row its number.
    @discardableResult
    public static func add(_ row: LearnedSetRow, to database: Database) throws(DatabaseError) -> Int {
        let made = try database.run(
            """
            INSERT INTO learned_set (state, round, up_to_trade, trade_count, e1, e2, e3, e4, score_threshold,
                min_tp_multiplier, tp_multiplier, entry_offset_ticks, reason, r1, r2, r3, r4)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING number
            """,
            [row.state.rawValue, "\(row.round)", "\(row.upToTrade)", "\(row.tradeCount)"] + row.weights.map { "\($0)" }
                + [
                    "\(row.scoreThreshold)", "\(row.minTakeProfitMultiplier)", "\(row.takeProfitMultiplier)",
                    "\(row.entryOffsetTicks)", row.reason,
                ] + row.reliabilities.map { "\($0)" })
        return made.first?.first.flatMap { $0 }.flatMap { Int($0) } ?? 0
    }

    /// What was proposed and does not count yet is dropped.
    public static func dropProposals(in database: Database) throws(DatabaseError) {
        try database.run("UPDATE learned_set SET state = 'DROPPED' WHERE state = 'PROPOSED'")
    }

    /// A row of `weight_history` for a set that counts from now on; `winRate` is that of the trades behind it.
    public static func note(_ row: LearnedSetRow, winRate: Double, in database: Database) throws(DatabaseError) {
        try database.run(
            """
            INSERT INTO weight_history (trade_count, e1_weight, e2_weight, e3_weight, e4_weight, win_rate)
            VALUES ($1, $2, $3, $4, $5, $6)
            """, ["\(row.tradeCount)"] + row.weights.map { "\(Double($0) / 1000)" } + ["\(winRate)"])
    }

    /// The set `number` counts again, exactly, under a new number. False when there is none that ever counted.
    public static func rollBack(to number: Int, by author: String, in database: Database) throws(DatabaseError) -> Int?
    {
        let rows = try all(in: database)
        guard let newest = rows.first, var row = rows.first(where: { $0.number == number && $0.state == .applied })
        else {
            return nil
        }
        row.round = newest.round
        row.upToTrade = newest.upToTrade
        row.reason = "rolled back to \(number) by \(author)"
        var made: Int?
        try database.transaction { database throws(DatabaseError) in
            try dropProposals(in: database)
            made = try add(row, to: database)
        }
        return made
    }
}
