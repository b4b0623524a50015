public import SignalContracts

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

    /// Which trades are learned from: those of one account, made by one profile's rules. Trades of versions that wrote neither down are
    /// taken as they are, as long as no account has a name.
    public struct Lesson: Equatable, Sendable {
        public let scope: TradeScope
        public let profile: Profile

        public init(_ scope: TradeScope, _ profile: Profile) {
            self.scope = scope
            self.profile = profile
        }
    }

    /// Closed trades behind `id`, oldest first, at most `count`; those whose signals are not known are left out.
    public static func after(
        _ id: Int64, count: Int, of lesson: Lesson, in database: Database
    ) throws(DatabaseError) -> [LearnableTrade] {
        try read(lesson, "t.id > $1 ORDER BY t.id LIMIT $2", ["\(id)", "\(count)"], database)
    }

    /// Those up to `id`, oldest first.
    public static func upTo(
        _ id: Int64, count: Int, of lesson: Lesson, in database: Database
    ) throws(DatabaseError) -> [LearnableTrade] {
        try read(lesson, "t.id <= $1 ORDER BY t.id DESC LIMIT $2", ["\(id)", "\(count)"], database).reversed()
    }

    private static func read(
        _ lesson: Lesson, _ condition: String, _ parameters: [String], _ database: Database
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
            FROM trades t WHERE t.exit_time IS NOT NULL AND t.is_counted AND t.engine_signals IS NOT NULL
                AND \(lesson.scope.ofTrades)
                AND (profile = '\(lesson.profile.rawValue)' OR profile IS NULL AND account IS NULL) AND \(condition)
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
