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
    public var scoreThreshold: Double
    public var minTakeProfitMultiplier: Double
    public var takeProfitMultiplier: Double
    public var entryOffsetTicks: Int
    public var reason: String

    public init(
        number: Int = 0, state: State, round: Int, upToTrade: Int64, tradeCount: Int, weights: [Int],
        scoreThreshold: Double, minTakeProfitMultiplier: Double, takeProfitMultiplier: Double, entryOffsetTicks: Int,
        reason: String
    ) {
        self.number = number
        self.state = state
        self.round = round
        self.upToTrade = upToTrade
        self.tradeCount = tradeCount
        self.weights = weights
        self.scoreThreshold = scoreThreshold
        self.minTakeProfitMultiplier = minTakeProfitMultiplier
        self.takeProfitMultiplier = takeProfitMultiplier
        self.entryOffsetTicks = entryOffsetTicks
        self.reason = reason
    }

    fileprivate init?(_ row: [String?]) {
        let texts = row.compactMap { $0 }
        let numbers = texts.map { Double($0) ?? .nan }
        guard texts.count == 14, let state = State(rawValue: texts[1]), let upTo = Int64(texts[3]) else { return nil }
        let whole = [0, 2, 4, 5, 6, 7, 8, 12].map { numbers[$0] }
        guard whole.allSatisfy({ $0.isFinite }), numbers[9...11].allSatisfy(\.isFinite) else { return nil }
        self.init(
            number: Int(numbers[0]), state: state, round: Int(numbers[2]), upToTrade: upTo, tradeCount: Int(numbers[4]),
            weights: numbers[5...8].map { Int($0) }, scoreThreshold: numbers[9], minTakeProfitMultiplier: numbers[10],
            takeProfitMultiplier: numbers[11], entryOffsetTicks: Int(numbers[12]), reason: texts[13])
    }
}

/// The table of learned sets.
public enum LearnedSets {
    private static let columns = """
        number, state, round, up_to_trade, trade_count, e1, e2, e3, e4, score_threshold, min_tp_multiplier, tp_multiplier,
        entry_offset_ticks, reason
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
                min_tp_multiplier, tp_multiplier, entry_offset_ticks, reason)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING number
            """,
            [row.state.rawValue, "\(row.round)", "\(row.upToTrade)", "\(row.tradeCount)"] + row.weights.map { "\($0)" }
                + [
                    "\(row.scoreThreshold)", "\(row.minTakeProfitMultiplier)", "\(row.takeProfitMultiplier)",
                    "\(row.entryOffsetTicks)", row.reason,
                ])
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

/// A trade as the learner reads it.
public struct LearnableTrade: Equatable, Sendable {
    public var id: Int64
    public var isLong: Bool
    public var strategy: String
    public var net: Double
    public var gross: Double
    public var fees: Double
    public var holdSeconds: Double
    /// Value of the entries, USDT, and what of it was filled as maker; nil where that was not told.
    public var entryValue: Double
    public var entryMakerShare: Double?
    /// Of E1 to E4: its direction in words, and its strength; nil for one that was not there.
    public var opinions: [(direction: String, strength: Double)?]

    public static func == (left: LearnableTrade, right: LearnableTrade) -> Bool { left.id == right.id }

    /// Closed trades behind `id`, oldest first, at most `count`; those whose signals are not known are left out.
    public static func after(_ id: Int64, count: Int, in database: Database) throws(DatabaseError) -> [LearnableTrade] {
        try read("t.id > $1 ORDER BY t.id LIMIT $2", ["\(id)", "\(count)"], database)
    }

    /// Those up to `id`, oldest first.
    public static func upTo(_ id: Int64, count: Int, in database: Database) throws(DatabaseError) -> [LearnableTrade] {
        try read("t.id <= $1 ORDER BY t.id DESC LIMIT $2", ["\(id)", "\(count)"], database).reversed()
    }

    private static func read(
        _ condition: String, _ parameters: [String], _ database: Database
    ) throws(DatabaseError) -> [LearnableTrade] {
        let engines = (1...4).map { engine in
            """
            t.engine_signals->'E\(engine)'->>'direction',
            COALESCE((t.engine_signals->'E\(engine)'->>'strength')::DOUBLE PRECISION, 0)
                * COALESCE((t.engine_signals->'E\(engine)'->>'conviction')::DOUBLE PRECISION, 1)
            """
        }
        let rows = try database.run(
            """
            SELECT t.id, t.side, t.strategy, t.pnl_net, t.pnl_gross, t.fee_total, t.hold_duration_sec, t.size_usdt, t.entry_maker_share,
                \(engines.joined(separator: ", "))
            FROM trades t WHERE t.exit_time IS NOT NULL AND t.is_counted AND t.engine_signals IS NOT NULL AND \(condition)
            """, parameters)
        return rows.compactMap { LearnableTrade($0) }
    }

    private init?(_ row: [String?]) {
        guard row.count == 17, let id = row[0].flatMap({ Int64($0) }), let side = row[1], let strategy = row[2] else {
            return nil
        }
        func number(_ column: Int) -> Double { row[column].flatMap { Double($0) } ?? 0 }
        self.id = id
        isLong = side == "LONG"
        self.strategy = strategy
        net = number(3)
        gross = number(4)
        fees = number(5)
        holdSeconds = number(6)
        entryValue = number(7)
        entryMakerShare = row[8].flatMap { Double($0) }
        opinions = stride(from: 9, to: 17, by: 2).map { column in row[column].map { ($0, number(column + 1)) } }
    }
}
