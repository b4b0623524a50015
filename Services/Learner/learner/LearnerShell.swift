import Hosting
import Learning
import Ledger
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

/// Looks for a hundred new trades, lets the rules work on them, keeps what comes of it in the database, and publishes the set
/// that counts.
///
/// The database is the truth: a round is one transaction, and the stream is brought up to its newest set after each turn, also
/// when a person has rolled back, or Redis has lost it. One learner works, by a lease; others stand by.
final class LearnerShell {
    private let context: ServiceContext
    private let settings: LearnerSettings
    private var database: Database?
    private var redis: RedisClient?
    private let kpis: KpiKeeper
    private var lease: OwnerLease?
    private let rounds: Metrics.Counter
    private let number: Metrics.Gauge

    init(_ context: ServiceContext, _ settings: LearnerSettings) {
        self.context = context
        self.settings = settings
        kpis = KpiKeeper(context)
        rounds = context.metrics.counter(
            "learner_rounds_total", help: "Rounds of a hundred trades that were learned from.")
        number = context.metrics.gauge("learned_set", help: "Number of the set of weights that counts.")
    }

    func run() -> ExitCode {
        context.serveMetrics(
            isReady: { [unowned self] in redis != nil && database != nil },
            isRedisUp: { [unowned self] in redis != nil || context.isStandby })
        context.stopOnSignals { [unowned self] in context.reactor.stop() }
        lease = OwnerLease(
            context, name: "WEIGHTS", mayAssume: { false }, onTaken: { [unowned self] in turn() },
            onLost: { [unowned self] in context.isStandby = true })
        context.isStandby = true
        lease?.start()
        context.reactor.every(ms: settings.everyMs) { [unowned self] in turn() }
        context.reactor.run()
        lease?.leave()
        context.log.info("stopped")
        return .success
    }

    private func turn() {
        guard lease?.standing == .held else { return }
        context.isStandby = false
        do {
            let database = try connectDatabase()
            let redis = try connectRedis()
            let account = try redis.newest(AccountUpdate.self, of: StreamName(.account))
            let scope = try TradeScope(of: account, in: database)
            while try learn(LearnableTrade.Lesson(scope, context.settings.profile), database) {}
            try publish(database)
            try kpis.turn(database, redis)
        } catch {
            database = nil
            redis = nil
            context.log.warning("unavailable") { $0.put("error", "\(error)") }
        }
    }

    private func connectDatabase() throws(DatabaseError) -> Database {
        if let database { return database }
        let made = try Database(url: context.settings.postgres.url, password: context.settings.postgres.password)
        try Schema.migrate(made)
        database = made
        return made
    }

    // MARK: A round

    /// Returns whether there was a round to learn from.
    private func learn(_ lesson: LearnableTrade.Lesson, _ database: Database) throws -> Bool {
        let rows = try LearnedSets.all(in: database)
        let newest = rows.first
        let since = newest?.upToTrade ?? 0
        let found = try LearnableTrade.after(since, count: LearningRules.roundTrades, of: lesson, in: database)
        guard found.count == LearningRules.roundTrades, let last = found.last else { return false }
        let round = (newest?.round ?? 0) + 1
        let trades = found.map(learned)
        var alerts: [(String, String)] = []
        try database.transaction { database throws(DatabaseError) in
            var current = rows.first { $0.state == .applied }.map(set) ?? settings.rules.base
            // Its round of waiting is over.
            if let waiting = rows.first(where: { $0.state == .proposed }) {
                try LearnedSets.dropProposals(in: database)
                var row = waiting
                row.state = .applied
                row.upToTrade = last.id
                row.round = round
                let skipped = LearningRules.wouldSkip(set(waiting), trades)
                row.reason = "proposed as \(waiting.number): \(waiting.reason)"
                row.number = try LearnedSets.add(row, to: database)
                current = set(row)
                try LearnedSets.note(row, winRate: winRate(trades), in: database)
                alerts.append(
                    (
                        "weights_applied",
                        "\(describe(row)); of the last \(trades.count) trades it would not have entered \(skipped.count), "
                            + "which came to \((skipped.net * 100).rounded() / 100) USDT"
                    ))
            }
            let before =
                round.isMultiple(of: LearningRules.parameterRounds)
                ? try LearnableTrade.upTo(since, count: LearningRules.roundTrades, of: lesson, in: database).map(
                    learned)
                : nil
            let (next, reasons) = settings.rules.round(current, trades: trades, before: before)
            var row = LearnedSetRow(
                state: settings.isShadowing ? .proposed : .applied, round: round, upToTrade: last.id,
                tradeCount: (newest?.tradeCount ?? 0) + trades.count, weights: next.weights,
                reliabilities: next.reliabilities, scoreThreshold: next.scoreThreshold,
                minTakeProfitMultiplier: next.minTakeProfitMultiplier,
                takeProfitMultiplier: next.takeProfitMultiplier, entryOffsetTicks: next.entryOffsetTicks,
                reason: reasons.joined(separator: "; "))
            row.number = try LearnedSets.add(row, to: database)
            if row.state == .applied { try LearnedSets.note(row, winRate: winRate(trades), in: database) }
            alerts.append(
                (
                    settings.isShadowing ? "weights_proposed" : "weights_applied",
                    "\(describe(row)): \(row.reason)" + (settings.isShadowing ? "; counts after 100 more trades" : "")
                ))
        }
        rounds.add()
        for (event, text) in alerts { try tell(event, text) }
        return true
    }

    private func learned(_ trade: LearnableTrade) -> LearnedTrade {
        LearnedTrade(
            sign: trade.isLong ? 1 : -1,
            opinions: trade.opinions.map { opinion in
                opinion.map { LearnedTrade.Opinion(sign: HouseEngine.sign(of: $0.direction), strength: $0.strength) }
            }, net: trade.net, gross: trade.gross, fees: trade.fees,
            holdShare: trade.holdSeconds / (settings.holdMaxSeconds[trade.strategy] ?? 300),
            entryValue: trade.entryMakerShare == nil ? 0 : trade.entryValue, entryMakerShare: trade.entryMakerShare ?? 0
        )
    }

    private func winRate(_ trades: [LearnedTrade]) -> Double {
        Double(trades.count { $0.net > 0 }) / Double(max(trades.count, 1))
    }

    private func set(_ row: LearnedSetRow) -> LearnedSet {
        LearnedSet(
            weights: row.weights, reliabilities: row.reliabilities, scoreThreshold: row.scoreThreshold,
            minTakeProfitMultiplier: row.minTakeProfitMultiplier, takeProfitMultiplier: row.takeProfitMultiplier,
            entryOffsetTicks: row.entryOffsetTicks)
    }

    private func describe(_ row: LearnedSetRow) -> String {
        "set \(row.number): " + row.weights.map { "\(Double($0) / 1000)" }.joined(separator: " ")
            + ", threshold \(row.scoreThreshold), targets × \(row.takeProfitMultiplier), least × "
            + "\(row.minTakeProfitMultiplier), offset \(row.entryOffsetTicks)"
    }

    // MARK: Redis

    private func connectRedis() throws(RedisError) -> RedisClient {
        if let redis { return redis }
        let made = try RedisClient(context.settings.redis, timeoutMs: 1500)
        redis = made
        return made
    }

    private func tell(_ event: String, _ text: String) throws(RedisError) {
        let alert = Alert(
            eventTime: SystemClock.now(), severity: .info, service: context.name, event: event, text: text)
        context.alerts.add(alert)
        try connectRedis().add(alert.fields, to: StreamName(.alert))
    }

    /// The newest set that counts, if the stream ends with another one.
    private func publish(_ database: Database) throws {
        let redis = try connectRedis()
        guard let row = try LearnedSets.all(in: database).first(where: { $0.state == .applied }) else { return }
        number.set(Double(row.number))
        let told = try redis.newest(EngineWeights.self, of: StreamName(.weights))?.number
        guard told != row.number else { return }
        var weights = EngineWeights(
            number: row.number, eventTime: SystemClock.now(),
            weights: EngineList(house: row.weights.map { Double($0) / 1000 }), scoreThreshold: row.scoreThreshold,
            minTakeProfitMultiplier: row.minTakeProfitMultiplier, takeProfitMultiplier: row.takeProfitMultiplier,
            entryOffsetTicks: row.entryOffsetTicks, tradeCount: row.tradeCount)
        weights.reliabilities = EngineList(house: row.reliabilities.map { Double($0) / 1000 })
        try redis.add(weights.fields, to: StreamName(.weights))
        context.log.info("weights_published") { $0.put("number", row.number) }
    }
}
