import ServiceKit
public import SignalContracts
import TradingPrimitives

extension SuiteView {
    var text: String {
        var table = Table()
        table.add("vortex7 \(settings.mode.rawValue)", "\(profile) · \(SystemClock.now())")
        for (index, service) in services.enumerated() {
            let idle = service.idleMs.map { "active \($0) ms ago" } ?? "never seen"
            let state = service.isUp ? "up  " : service.isMissing ? "DOWN" : "off "
            table.add(
                index == 0 ? "services" : "",
                "\(state) \(service.name) · \(idle) · \(service.pending) in hand"
                    + (service.complaint.map { " · \($0)" } ?? ""))
        }
        if !metricsPorts.isEmpty {
            let ports = metricsPorts.map { "\($0.service) \($0.port)" }.joined(separator: " · ")
            table.add("metrics ports", ports)
        }
        table.add("account", accountText)
        table.add("risk", riskText)
        for market in markets {
            table.add(market.symbol.name, market.quoteText)
            for signal in market.signals { table.add("  \(signal.engine.name)", signal.summary) }
            table.add("  entries", market.entriesText(at: now))
            if let decision = market.decision {
                table.add("  decision", "\(decision.action.rawValue) · \(decision.reason) · \(decision.eventTime)")
            }
            if let plan = market.plan { table.add("  plan", plan.summary) }
            table.add("  position", market.positionText)
            if let event = market.lastClosed, let summary = event.summary {
                table.add(
                    "  last trade",
                    "\(event.direction.rawValue) \(summary.exitReason.rawValue) net \(summary.netPnl) USDT, "
                        + "\((summary.exitTime - summary.entryTime) / 1000) s · \(summary.exitTime) · why \(event.plan)"
                )
            }
        }
        if deadLetters > 0 { table.add("dead letters", "\(deadLetters) · see 'vortexctl streams'") }
        return table.text
    }

    var accountText: String {
        guard let account else { return "no word from the executor yet" }
        let entries = account.acceptsEntries ? "entries accepted" : "ENTRIES STOPPED: \(account.stopReasons)"
        return "\(account.walletBalance) USDT · \(account.openPositions) open · \(entries) · "
            + "\(account.unknownOrders) unknown orders · venue \(account.isVenueReachable ? "reached" : "NOT REACHED") · \(account.eventTime)"
    }

    var riskText: String {
        guard let risk else { return "no word from the risk manager yet" }
        let breakers = risk.breakers.breakers.map { "\($0.breaker.rawValue) until \($0.until)" }
        let paused = risk.paused.symbols.map { "\($0) PAUSED by a person" }
        let stops = (risk.isHalted ? ["HALTED by a person"] : []) + paused + breakers
        return (stops.isEmpty ? "no breaker" : stops.joined(separator: ", "))
            + " · today \(risk.tradesToday) trades, net \(risk.pnlToday) USDT, fees \(risk.feesToday)"
            + " · \(risk.lossStreak) losses in a row"
            + (risk.capitalLimit.map { " · of the wallet at most \($0) USDT are seen" } ?? "")
    }

    var json: JSONNode {
        .object([
            ("mode", .text(settings.mode.rawValue)), ("profile", .text(profile)),
            ("services", .array(services.map(\.json))),
            ("account", account.map { .fields($0.fields) } ?? .null),
            ("risk", risk.map { .fields($0.fields) } ?? .null),
            (
                "metrics_ports",
                .object(metricsPorts.map { ($0.service, .integer(Int64($0.port))) })
            ),
            ("symbols", .array(markets.map(\.json))), ("dead_letters", .integer(deadLetters)),
        ])
    }
}

extension SuiteView.Service {
    public var json: JSONNode {
        .object([
            ("name", .text(name)), ("up", .bool(isUp)), ("optional", .bool(isOptional)), ("idle_ms", .optional(idleMs)),
            ("pending", .integer(pending)), ("complaint", .optional(complaint)),
        ])
    }
}

extension SuiteView.Market {
    var quoteText: String {
        guard let bid = book?.bids.best, let ask = book?.asks.best, let book else { return "no book yet" }
        return "\(bid.price) × \(bid.quantity) | \(ask.price) × \(ask.quantity) · \(book.eventTime)"
    }

    func entriesText(at now: Timestamp) -> String {
        readiness?.summary(at: now) ?? "UNKNOWN: no word from the decision engine yet"
    }

    var positionText: String {
        position.isEmpty ? "flat" : position.map { "\($0.0) \($0.1)" }.joined(separator: " · ")
    }

    var json: JSONNode {
        .object([
            ("symbol", .text(symbol.name)), ("bid", .optional(book?.bids.best?.price.description)),
            ("ask", .optional(book?.asks.best?.price.description)),
            ("signals", .object(signals.map { ($0.engine.name, .fields($0.fields)) })),
            ("readiness", readiness?.json ?? .null),
            ("decision", decision.map { .fields($0.fields) } ?? .null),
            ("plan", plan.map { .fields($0.fields) } ?? .null),
            ("position", position.isEmpty ? .null : .object(position.map { ($0.0, .text($0.1)) })),
            ("last_trade", lastClosed.map { .fields($0.fields) } ?? .null),
        ])
    }
}

extension JSONNode {
    public static func fields(_ fields: Fields) -> JSONNode { .object(fields.pairs.map { ($0.name, .text($0.value)) }) }
}

extension EngineSignal {
    /// The few words that a glance needs.
    var summary: String {
        let pairs = fields.pairs
        let wanted = [
            "direction", "sign", "strength", "conviction", "imbalance", "cvd_pressure", "velocity_ratio",
            "aggressor_ratio",
            "streak", "rsi", "regime", "vol_phase", "spread_ok", "reason",
        ]
        let words = pairs.filter { wanted.contains($0.name) }.map {
            "\($0.name) \(shortNumber($0.value))"
        }
        return (pairs.contains { $0.name == "warm" && $0.value == "0" } ? "warming up · " : "")
            + words.joined(separator: " · ")
    }
}

extension TradePlan {
    fileprivate var summary: String {
        switch verdict {
        case .approved(let terms):
            "\(direction.rawValue) \(terms.quantity) at \(terms.entryPrice) · R:R \(rounded(terms.grossRewardToRisk)), after fees "
                + "\(rounded(terms.effectiveRewardToRisk)) · break-even win rate \(rounded(terms.breakevenWinRate * 100)) %"
        case .rejected(let rule, let detail): "refused by \(rule.rawValue): \(detail)"
        }
    }

    private func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
