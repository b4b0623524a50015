import SignalContracts
public import TradingPrimitives

/// How numbers and events are told to people.
public enum NoticeText {
    /// `43,250.5`: the decimals that there are, and commas between thousands.
    public static func grouped(_ text: String) -> String {
        let isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" }.split(separator: ".", maxSplits: 1)
        var whole = ""
        let digits = parts.first ?? "0"
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { whole.append(",") }
            whole.append(digit)
        }
        return (isNegative ? "-" : "") + whole + (parts.count > 1 ? "." + parts[1] : "")
    }

    /// Rounded to so many decimals, the half away from zero.
    public static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return "-" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded(.toNearestOrAwayFromZero)
        guard scaled < 9e15 else { return "\(value)" }
        let number = Int64(scaled), step = Int64(scale)
        var fraction = String(number % step)
        while fraction.count < decimals { fraction = "0" + fraction }
        let sign = value < 0 && number != 0 ? "-" : ""
        return sign + String(number / step) + (decimals > 0 ? "." + fraction : "")
    }

    /// `+$10.70`, `-$9.30`.
    public static func change(_ value: Notional) -> String {
        let amount = Double(value.raw) / Double(fixedScale)
        let text = grouped(fixed(amount.magnitude, 2))
        return (amount < 0 && text != "0.00" ? "-$" : "+$") + text
    }

    /// `$5,000`, `$4,999.99`.
    public static func dollars(_ value: Notional) -> String {
        let amount = Double(value.raw) / Double(fixedScale)
        let text = fixed(amount, 2)
        return "$" + grouped(text.hasSuffix(".00") ? String(text.dropLast(3)) : text)
    }

    static func price(_ value: Price) -> String { "$" + grouped(value.description) }

    /// `2m 15s`, `1h 03m`.
    public static func duration(_ ms: Int64) -> String {
        let seconds = ms / 1000
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3600 { return "\(seconds / 60)m \(seconds % 60)s" }
        return "\(seconds / 3600)h \(seconds % 3600 / 60)m"
    }

    static func name(_ strategy: Strategy?) -> String {
        switch strategy {
        case .momentum: "A (Momentum)"
        case .reversion: "B (Mean reversion)"
        case .cascade: "C (Cascade)"
        case nil: "none: it was found"
        }
    }

    // MARK: Events

    /// `terms` are those of the position's plan, when it is known.
    static func opened(_ symbol: Symbol, _ event: ExecutionEvent, _ plan: TradePlan?) -> String {
        let mark = event.direction == .long ? "🟢" : "🔴"
        var lines = ["\(mark) \(event.direction.rawValue) \(symbol)", "Strategy: \(name(event.strategy))"]
        let entry = event.averageEntryPrice ?? event.price
        guard let plan, case .approved(let terms) = plan.verdict, let entry else {
            if let entry { lines.append("Entry: \(price(entry))") }
            return lines.joined(separator: "\n")
        }
        let sign = event.direction.sign
        func leg(_ distance: Price, _ side: Int64) -> String {
            let level = Price(raw: entry.raw + side * distance.raw)
            let share = Double(side * sign * distance.raw) / Double(entry.raw) * 100
            return "\(price(level)) (\(share < 0 ? "" : "+")\(fixed(share, 2))%)"
        }
        lines += [
            "Entry: \(price(entry))", "SL: \(leg(terms.stopDistance, -sign))",
            "TP1: \(leg(terms.takeProfitDistance, sign))", "Size: \(dollars(terms.notional)) (\(terms.leverage)x)",
            "Confidence: \(fixed(plan.confidence, 0))%",
        ]
        return lines.joined(separator: "\n")
    }

    static func partial(_ symbol: Symbol, _ direction: Direction, net: Notional, closedShare: Double) -> String {
        """
        ✅ PARTIAL TP1 — \(symbol) \(direction.rawValue)
        \(change(net)) net (\(fixed(closedShare * 100, 0))% closed)
        Trailing \(fixed(100 - closedShare * 100, 0))% with SL at breakeven
        """
    }

    static func closed(_ symbol: Symbol, _ direction: Direction, _ summary: TradeSummary) -> String {
        let title =
            switch summary.exitReason {
            case .takeProfit1: "✅ TAKE PROFIT"
            case .takeProfit2: "✅ TRAILING STOP"
            case .stopLoss: "🔴 STOP LOSS"
            case .timeout: "⏱ TIME-OUT"
            case .manual: "✋ CLOSED BY HAND"
            case .emergency: "🚨 EMERGENCY CLOSE"
            case .liquidation: "🚨 LIQUIDATION"
            case .external: "✋ CLOSED AT THE VENUE"
            case .noFill: "⚪️ ENTRY GIVEN UP"
            }
        return """
            \(title) — \(symbol) \(direction.rawValue)
            \(change(summary.netPnl)) net
            Hold: \(duration(summary.exitTime - summary.entryTime))
            """
    }

    static func alert(_ alert: Alert, _ topic: Topic) -> String {
        switch topic {
        case .breaker: "⚠️ CIRCUIT BREAKER\n\(alert.text)"
        case .emergency: "🚨 \(title(alert))\n\(alert.text)"
        case .warning: "⚠️ \(title(alert))\n\(alert.text)"
        default: "ℹ️ \(title(alert))\n\(alert.text)"
        }
    }

    /// `FEED LOST — BTCUSDT (executor)`.
    private static func title(_ alert: Alert) -> String {
        let words = alert.event.uppercased().map { $0 == "_" ? " " : String($0) }.joined()
        return words + (alert.symbol.map { " — \($0)" } ?? "") + " (\(alert.service))"
    }

    static func report(_ day: TradingDay) -> String {
        let trades = day.wins + day.losses
        let winRate = trades > 0 ? "\(fixed(Double(day.wins) / Double(trades) * 100, 0))%" : "-"
        func rate(_ part: Notional, _ all: Notional) -> String {
            all > .zero ? "\(fixed(part.double / all.double * 100, 0))%" : "-"
        }
        return """
            📊 DAILY REPORT \(day.date)
            Trades: \(trades) | Wins: \(day.wins) | Losses: \(day.losses) | No fills: \(day.noFills)
            Gross: \(change(day.gross)) | Fee: \(change(Notional.zero - day.fees)) | Funding: \(change(day.funding))
            NET: \(change(day.net)) | Win Rate: \(winRate)
            Maker: \(rate(day.enteredAsMaker, day.entered)) of entries, \(rate(day.tradedAsMaker, day.traded)) of all fills
            """
    }
}
