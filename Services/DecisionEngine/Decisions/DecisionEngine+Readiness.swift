import SignalContracts
import TradingPrimitives

// Whether an entry is possible, and who hears of it when it is not.
extension DecisionEngine {
    /// The executor speaks every few seconds: its word is also the clock of contracts that nobody evaluates.
    mutating func hear(_ update: AccountUpdate, _ emit: (DecisionOutput) -> Void) {
        account = update
        for index in symbols.indices {
            let symbol = symbols[index].symbol, time = update.eventTime
            symbols[index].hindrances = update.hindrances.hindrances + update.contracts[symbol]
            if symbols[index].readiness.isLockedAlone(
                positions.isLocked(symbol), unknownOrders: update.unknownOrders, at: time)
            {
                positions.unlock(symbol)
                emit(
                    .alert(
                        Self.alert(
                            .critical, "lock_without_doubt", symbol, at: time,
                            "it was locked for a minute though the executor knows of no order of unknown outcome; the lock is "
                                + "taken away")))
            }
            watch(Obstacles(), index, at: time, isEvaluation: false, emit)
        }
    }

    /// Notes what stops the contract beside `found`, and says what is due.
    mutating func watch(
        _ found: Obstacles, _ index: Int, at time: Timestamp, isEvaluation: Bool = true,
        _ emit: (DecisionOutput) -> Void
    ) {
        var found = found
        let symbol = symbols[index].symbol
        if let account, time.isWithin(configuration.accountAgeMaxMs, of: account.eventTime) {
            found.hindrances = symbols[index].hindrances
        } else {
            found.silences.insert(.executor)
        }
        found.rule = symbols[index].brokenRule(at: time)
        symbols[index].readiness.note(found, at: time, isEvaluation: isEvaluation)
        if symbols[index].readiness.isWordDue(at: time) {
            let reason = explain(symbols[index].readiness.obstacles, index)
            emit(.readiness(symbol, symbols[index].readiness.word(at: time, reason: reason)))
        }
        guard let brokenMs = symbols[index].readiness.brokenForMs(at: time) else { return }
        emit(
            .alert(
                Self.alert(
                    .critical, "entries_impossible", symbol, at: time,
                    "no entry has been possible for \(brokenMs / 60_000) minutes, and nothing but faults stops it: "
                        + explain(symbols[index].readiness.obstacles, index))))
    }

    static func alert(
        _ severity: Severity, _ event: String, _ symbol: Symbol, at time: Timestamp, _ text: String
    ) -> Alert {
        Alert(
            eventTime: time, severity: severity, service: "decision-engine", event: event, symbol: symbol,
            text: "\(symbol): \(text)")
    }

    private func explain(_ obstacles: Obstacles, _ index: Int) -> String {
        var parts: [String] = obstacles.silences.silences.map { silence in
            switch silence {
            case .market: "no evaluation for a while: E1, the hub or the venue's market is silent"
            case .executor: "the executor has said nothing for a while"
            case .risk: "the risk manager has said nothing for a while"
            }
        }
        parts += obstacles.hindrances.map(\.text)
        obstacles.gates.forEach { gate in parts.append(explain(gate, index)) }
        if let rule = obstacles.rule { parts.append("the risk manager refuses plans by \(rule.rawValue)") }
        return parts.joined(separator: "; ")
    }

    private func explain(_ gate: Gate, _ index: Int) -> String {
        switch gate {
        case .hedge: "a position is open"
        case .maxPositions: "\(positions.count) positions are open"
        case .breaker:
            risk.map { state in
                state.isHalted
                    ? "halted by a person"
                    : state.paused.symbols.contains(symbols[index].symbol)
                        ? "paused by a person" : state.breakers.breakers.map(\.breaker.rawValue).joined(separator: ", ")
            } ?? "the risk manager takes no entries"
        case .stale: "E1 or E2 is cold or behind"
        case .locked: "an order's outcome is not known"
        case .tradeable:
            symbols[index].signals.regime.map { "E5: \($0.reason ?? "cold or old")" } ?? "E5 has said nothing"
        case .score, .agreement, .primary, .spread, .stability, .strategy: gate.rawValue
        }
    }
}

extension SymbolState {
    /// How long a refusal says something about what comes after it.
    private static let refusalMs: Int64 = 900_000

    mutating func heard(_ plan: TradePlan) {
        switch plan.verdict {
        case .approved: refusal = nil
        case .rejected(let rule, _): refusal = (rule, plan.eventTime)
        }
    }

    /// The rule by which the last plan was refused, where that was a fault.
    func brokenRule(at time: Timestamp) -> RiskRule? {
        guard let refusal, refusal.rule.isFault, time.isWithin(Self.refusalMs, of: refusal.at) else { return nil }
        return refusal.rule
    }
}
