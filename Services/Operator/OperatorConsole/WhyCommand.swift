import Ledger
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

extension Console {
    /// One trade or decision explained: the signals, the reason, the plan, what happened.
    func why() throws(RedisError) -> ExitCode {
        guard let text = invocation.arguments.first, let id = TradeId(text) else {
            Invocation.refuse("why needs the id of a decision or a trade, as 'status' and the database show it")
        }
        guard settings.symbols.contains(where: id.belongs(to:)) else {
            complain(
                "vortexctl: '\(id)' is of no symbol that is traded: \(settings.symbols.map(\.name).joined(separator: ", "))"
            )
            return .failure
        }
        guard let story = try story(of: id) else {
            let streams = settings.symbols.filter(id.belongs(to:)).map { "decision:{\($0)}" }
            complain("vortexctl: '\(id)' is neither in \(streams.joined(separator: ", ")) nor in the database")
            return .failure
        }
        print(invocation.isJSON ? story.json.line : story.text)
        return .success
    }

    private func story(of id: TradeId) throws(RedisError) -> TradeStory? {
        if let story = try TradeStory(id, ofOneOf: settings.symbols, try RedisClient(settings.redis)) { return story }
        do throws(DatabaseError) {
            return try TradeStory(
                id, try Database(url: settings.postgres.url, password: settings.postgres.password))
        } catch {
            complain("vortexctl: \(error)")
            return nil
        }
    }
}

extension TradeStory {
    /// What people look at first in each engine's signal.
    private static let keyFields: [String: [String]] = [
        "E1": ["direction", "strength", "conviction", "imbalance", "cvd_pressure", "spoof_ratio"],
        "E2": ["direction", "strength", "velocity_ratio", "streak", "aggressor_ratio", "spike_ratio"],
        "E3": ["direction", "strength", "reversion_direction", "rsi", "ema_trend", "bb_zone", "atr"],
        "E4": ["direction", "strength", "oi_interpretation", "liq_proximity_score", "funding_rate", "long_ratio"],
        "E5": ["tradeable", "regime", "vol_phase", "spread_ok", "size_multiplier", "leverage_max"],
    ]
    private static let termFields = [
        "entry_price", "entry_level", "quantity", "notional", "leverage", "sl_distance", "tp1_distance", "balance",
        "risk_pct",
        "risk_bound", "gross_rr", "effective_rr", "breakeven_win_rate", "rule", "detail",
    ]

    var text: String {
        var lines =
            decision.isEmpty
            ? adoption
            : [
                "\(self["id"] ?? "?")  \(symbol)  \(time(self["event_time"]))",
                "\(self["action"] ?? "?")\(self["strategy"].map { " by \($0)" } ?? "")  score \(shortNumber(self["final_score"] ?? "?"))"
                    + "  confidence \(shortNumber(self["confidence"] ?? "?"))",
                "why: \(self["reason"] ?? "")", "whose: \(whose)", "",
            ]
        if let signalsTime { lines.append("signals of \(signalsTime), the last that were kept before it") }
        for (engine, fields) in signals {
            let shown = Self.keyFields[engine].map { Self.pick($0, from: fields) } ?? fields
            lines.append("\(engine)  " + shown.map { "\($0.name)=\(shortNumber($0.value))" }.joined(separator: "  "))
        }
        lines.append("")
        if decision.isEmpty {
            lines.append("no plan of ours")
        } else if plan.isEmpty {
            lines.append("no plan was made of it")
        } else {
            let verdict = plan.first { $0.name == "verdict" }?.value ?? "?"
            let terms = Self.pick(Self.termFields, from: plan).map { "\($0.name)=\(shortNumber($0.value))" }
            lines.append("plan \(verdict)  " + terms.joined(separator: "  "))
        }
        if !events.isEmpty {
            var table = Table()
            for event in events {
                table.add(
                    "\(event.eventTime)", event.kind.rawValue, event.price.map { "at \($0)" } ?? "",
                    event.quantity.map { "\($0)" } ?? "", event.fee.map { "fee \($0)" } ?? "", event.detail ?? "")
            }
            lines += ["", table.text]
        }
        if let summary = events.compactMap(\.summary).last {
            lines += [
                "",
                "closed by \(summary.exitReason.rawValue)\(Self.inWords(summary.exitReason)) after \((summary.exitTime - summary.entryTime) / 1000) s: "
                    + "\(summary.entryPrice) → \(summary.exitPrice), gross \(summary.grossPnl), fees \(summary.fees), "
                    + "net \(summary.netPnl) USDT",
            ]
        }
        return lines.joined(separator: "\n")
    }

    /// Profile, account and version that it was made with, as far as the decision says.
    private var whose: String {
        let place = self["mode"].map { "\($0) account \(self["account"] ?? "without a name")" }
        return [self["profile"].map { "profile \($0)" }, place, self["program"].map { "version \($0)" }]
            .compactMap { $0 }.joined(separator: " · ")
    }

    private static func inWords(_ reason: ExitReason) -> String {
        reason.blueprintStates.isEmpty ? "" : " (\(reason.blueprintStates))"
    }

    private var adoption: [String] {
        [
            "\(events.first?.plan.text ?? "?")  \(symbol)  \(events.first.map { "\($0.eventTime)" } ?? "?")",
            "why: no decision of ours opened it; it was found on the account, adopted and protected", "",
        ]
    }

    /// `decision`, `signals`, `plan`, `events`, each with its fields as they stand in their streams.
    public var members: [(String, JSONNode)] {
        func object(_ pairs: Pairs) -> JSONNode { .object(pairs.map { ($0.name, .text($0.value)) }) }
        return [
            ("decision", decision.isEmpty ? .null : object(decision)),
            ("signals", .object(signals.map { ($0.engine, object($0.fields)) })),
            ("signals_time", signalsTime.map { .text("\($0.milliseconds)") } ?? .null),
            ("plan", plan.isEmpty ? .null : object(plan)), ("events", .array(events.map { object($0.fields.pairs) })),
        ]
    }

    var json: JSONNode { .object(members) }

    private static func pick(_ names: [String], from pairs: Pairs) -> Pairs {
        names.compactMap { name in pairs.first { $0.name == name } }
    }

    private func time(_ text: String?) -> String {
        text.flatMap { Int64($0) }.map { "\(Timestamp(milliseconds: $0))" } ?? text ?? "?"
    }
}
