public import SignalContracts
public import TradingPrimitives

/// What the recorder writes down. Each can be written any number of times with the same result.
public enum LedgerEntry: Sendable {
    case decision(Symbol, Decision)
    case plan(Symbol, TradePlan)
    case execution(Symbol, StreamId, ExecutionEvent)
    case alert(StreamId, Alert)
    case risk(RiskState)
    /// A price, for the outcomes of decisions made a while ago.
    case price(Symbol, Price, at: Timestamp)

    /// Writes all of them, in order; prices come last, for they are for decisions that stand.
    public static func write(_ entries: [LedgerEntry], to database: Database) throws(DatabaseError) {
        var prices: [(symbol: Symbol, price: Price, time: Timestamp)] = [], known: Set<Symbol> = []
        for entry in entries {
            if case .price = entry { continue }
            try entry.write(to: database)
        }
        for case .price(let symbol, let price, let time) in entries {
            if !known.insert(symbol).inserted {
                try SignalOutcome.observe(prices, in: database)
                prices = []
                known = [symbol]
            }
            prices.append((symbol, price, time))
        }
        if !prices.isEmpty { try SignalOutcome.observe(prices, in: database) }
    }

    public func write(to database: Database) throws(DatabaseError) {
        switch self {
        case .decision(let symbol, let decision): try decision.write(symbol, to: database)
        case .plan(let symbol, let plan): try plan.write(symbol, to: database)
        case .execution(let symbol, let id, let event): try event.write(symbol, id, to: database)
        case .alert(let id, let alert):
            try database.run(
                "INSERT INTO alerts VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                [
                    id.description, alert.eventTime.description, alert.severity.rawValue, alert.service, alert.event,
                    alert.symbol?.name, alert.text,
                ])
            if Breaker(rawValue: alert.event) != nil, let symbol = alert.symbol {
                try DailySummary.countBreakers(of: symbol, at: alert.eventTime, in: database)
            }
        case .risk(let state): try DailySummary.note(state, in: database)
        case .price(let symbol, let price, let time):
            try SignalOutcome.observe([(symbol, price, time)], in: database)
        }
    }
}

extension Decision {
    fileprivate func write(_ symbol: Symbol, to database: Database) throws(DatabaseError) {
        try database.run(
            """
            INSERT INTO decisions VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING
            """,
            [
                id.text, symbol.name, eventTime.description, action.rawValue, strategy?.rawValue, "\(confidence)",
                "\(finalScore)", failedGates.gates.map(\.rawValue).joined(separator: ","), reason, signalsJSON,
                mode?.rawValue, profile, account, program,
            ])
        // A trade may have been written before its decision.
        if action != .noTrade { try TradeRow.complete(id, in: database) }
        try SignalOutcome.open(self, symbol, in: database)
    }

    /// `{"E1": {…}, …}`: the fields of each engine's signal (of engines that are not the house's, their votes), for trades and near misses. Those that several gates stopped are
    /// written down once a minute for the funnel alone.
    private var signalsJSON: String {
        guard failedGates.count <= 1 else { return "{}" }
        var parts: [String] = []
        let pairs = fields.pairs
        for engine in HouseEngine.allCases {
            let prefix = "\(engine.scope)"
            let own = pairs.filter { $0.name.hasPrefix(prefix) }
            if own.isEmpty { continue }
            let object = JSONText.object(own.map { (String($0.name.dropFirst(prefix.count)), $0.value) })
            parts.append("\(JSONText.string(engine.rawValue)):\(object)")
        }
        for vote in EngineList(votes).foreign {
            parts.append("\(JSONText.string(vote.engine.name)):\(JSONText.object(vote.pairs))")
        }
        return "{" + parts.joined(separator: ",") + "}"
    }
}

extension TradePlan {
    fileprivate func write(_ symbol: Symbol, to database: Database) throws(DatabaseError) {
        var rule: String?, detail: String?, terms: String?
        let word: String
        switch verdict {
        case .approved:
            word = "APPROVED"
            terms = JSONText.object(fields.pairs)
        case .rejected(let broken, let numbers):
            word = "REJECTED"
            rule = broken.rawValue
            detail = numbers
        }
        try database.run(
            "INSERT INTO plans VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
            [id.text, symbol.name, eventTime.description, direction.rawValue, word, rule, detail, terms])
    }
}

extension ExecutionEvent {
    fileprivate func write(_ symbol: Symbol, _ id: StreamId, to database: Database) throws(DatabaseError) {
        try database.run(
            "INSERT INTO executions VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
            [
                symbol.name, id.description, plan.text, eventTime.description, kind.rawValue, state.rawValue,
                JSONText.object(fields.pairs),
            ])
        if let summary {
            try TradeRow.write(self, summary, symbol, to: database)
            try DailySummary.refresh(symbol, of: TradeScope(self), at: summary.exitTime, in: database)
        } else if kind == .noFill {
            try DailySummary.refresh(symbol, of: TradeScope(self), at: eventTime, in: database)
        }
    }
}
