import ServiceKit
import SignalContracts
public import StreamBus
public import TradingPrimitives

extension Console {
    /// The funnel that a symbol's day went through: each gate, then each rule of the risk manager.
    func whyNot() throws(RedisError) -> ExitCode {
        guard let name = invocation.arguments.first, let symbol = Symbol(name), settings.symbols.contains(symbol) else {
            Invocation.refuse("why-not needs a symbol: \(settings.symbols.map(\.name).joined(separator: ", "))")
        }
        guard let funnel = try GateFunnel(try RedisClient(settings.redis), symbol) else {
            complain("vortexctl: there is no decision on \(symbol) yet; is the hub's market up? see 'vortexctl status'")
            return .failure
        }
        print(invocation.isJSON ? funnel.json.line : funnel.text)
        return .success
    }
}

/// What stopped a symbol's entries since midnight UTC: each gate, then each rule of the risk manager.
public struct GateFunnel {
    private let symbol: Symbol
    private let decision: Decision
    private let refusals: [(rule: String, count: Int)]
    private let readiness: Readiness?
    /// The newest word of the executor, who speaks every few seconds.
    private let now: Timestamp

    /// Nil before the first decision.
    public init?(_ client: RedisClient, _ symbol: Symbol) throws(RedisError) {
        guard let newest = try client.newest(of: StreamName(.decision, symbol)).first,
            let decision = try? Decision(newest.fields)
        else { return nil }
        self.symbol = symbol
        self.decision = decision
        let told: AccountUpdate? = try client.newest(of: StreamName(.account))
        now = max(decision.eventTime, told?.eventTime ?? .zero)
        readiness = try client.newest(of: StreamName(.readiness, symbol)).first.flatMap { try? Readiness($0.fields) }
        refusals = try Self.refusals(client, symbol, since: decision.gateCounts.since)
    }

    var text: String {
        let counts = decision.gateCounts
        var table = Table()
        table.add("GATE", "PASSED", "FAILED", "ALONE", "LAST FAILURE")
        for gate in Gate.allCases {
            let row = counts[gate]
            table.add(
                gate.rawValue, "\(counts.evaluations - row.failed)", "\(row.failed)", "\(row.failedAlone)",
                row.failed > 0 ? "\(row.lastFailure)" : "-")
        }
        var lines = [
            "\(symbol): \(counts.evaluations) evaluations since \(counts.since)",
            "entries now: \(readiness?.summary(at: now) ?? "no word from the decision engine yet")", table.text, "",
            "ALONE counts the near misses: evaluations that this gate alone stopped.",
        ]
        if !refusals.isEmpty {
            lines.append("decisions to trade: " + refusals.map { "\($0.count) \($0.rule)" }.joined(separator: ", "))
        }
        lines.append("last: \(decision.id) \(decision.action.rawValue): \(decision.reason)")
        return lines.joined(separator: "\n")
    }

    public var json: JSONNode {
        let counts = decision.gateCounts
        let gates = Gate.allCases.map { gate -> (String, JSONNode) in
            let row = counts[gate]
            return (
                gate.rawValue,
                .object([
                    ("passed", .integer(Int64(counts.evaluations - row.failed))),
                    ("failed", .integer(Int64(row.failed))),
                    ("alone", .integer(Int64(row.failedAlone))),
                    ("last_failure", row.failed > 0 ? .integer(row.lastFailure.milliseconds) : .null),
                ])
            )
        }
        return .object([
            ("since", .integer(counts.since.milliseconds)), ("evaluations", .integer(Int64(counts.evaluations))),
            ("gates", .object(gates)), ("plans", .object(refusals.map { ($0.rule, .integer(Int64($0.count))) })),
            ("readiness", readiness?.json ?? .null), ("last", .text(decision.id.text)),
            ("reason", .text(decision.reason)),
        ])
    }

    /// What the risk manager made of the day's decisions to trade, in the order of its rules.
    private static func refusals(
        _ client: RedisClient, _ symbol: Symbol, since: Timestamp
    ) throws(RedisError) -> [(rule: String, count: Int)] {
        let plans = try client.newest(of: StreamName(.plan, symbol), count: 5000)
            .compactMap { try? TradePlan($0.fields) }.filter { $0.eventTime >= since }
        var counts = [(rule: "approved", count: plans.count { if case .approved = $0.verdict { true } else { false } })]
        for rule in RiskRule.allCases {
            let count = plans.count { if case .rejected(rule, _) = $0.verdict { true } else { false } }
            counts.append(("refused by \(rule.rawValue)", count))
        }
        return counts.filter { $0.count > 0 }
    }
}
