public import SignalContracts
public import TradingPrimitives

/// What tells how well the suite trades, with its target and the value from which it is dangerous (blueprint, chapter 20).
public enum Kpi: String, CaseIterable, Sendable {
    /// Trades that earned something after fees.
    case winRate = "win_rate"
    /// Fees to what the winning trades earned before fees.
    case feeRatio = "fee_ratio"
    /// Minutes.
    case holdTime = "avg_hold_minutes"
    /// What winners earned to what losers lost, after fees.
    case profitFactor = "profit_factor"
    /// Deepest fall of the balance from its highest, as part of that.
    case maxDrawdown = "max_drawdown"
    /// Part of the entries that was filled as maker, by value.
    case makerRate = "maker_rate"
    /// Mean winner to mean loser.
    case rewardToRisk = "avg_rr"
    case tradesPerDay = "trades_per_day"
    /// Of today, as part of the balance at midnight UTC.
    case dailyNet = "daily_net"
    /// Entries that did not fill, or so little that they were given up.
    case noFillRate = "no_fill_rate"

    public enum Status: String, Sendable { case good, watch, danger, unknown }

    public var title: String {
        switch self {
        case .winRate: "Win rate"
        case .feeRatio: "Fee ratio"
        case .holdTime: "Hold time"
        case .profitFactor: "Profit factor"
        case .maxDrawdown: "Max drawdown"
        case .makerRate: "Maker entries"
        case .rewardToRisk: "Reward:risk"
        case .tradesPerDay: "Trades a day"
        case .dailyNet: "Net today"
        case .noFillRate: "No-fill rate"
        }
    }

    /// Target and danger, as people read them.
    public var bounds: (target: String, danger: String) {
        switch self {
        case .winRate: ("> 55 %", "< 48 %")
        case .feeRatio: ("< 30 %", "> 45 %")
        case .holdTime: ("1-8 min", "> 15 min")
        case .profitFactor: ("> 1.4", "< 1.1")
        case .maxDrawdown: ("< 5 %", "> 8 %")
        case .makerRate: ("> 80 %", "< 60 %")
        case .rewardToRisk: ("> 1.3", "< 1.0")
        case .tradesPerDay: ("15-30", "> 50")
        case .dailyNet: ("> 0.5 %", "< -1 %")
        case .noFillRate: ("< 30 %", "> 50 %")
        }
    }

    /// Trades below which it says nothing yet.
    public var tradesMin: Int {
        switch self {
        case .winRate, .feeRatio, .holdTime, .profitFactor, .makerRate, .rewardToRisk, .noFillRate: 20
        // Money that is gone, and trades that were made, are so from the first one on.
        case .maxDrawdown, .tradesPerDay, .dailyNet: 0
        }
    }

    /// Over `trades` trades.
    public func status(of value: Double?, trades: Int) -> Status {
        guard let value, trades >= tradesMin else { return .unknown }
        let (isGood, isDanger): (Bool, Bool) =
            switch self {
            case .winRate: (value > 0.55, value < 0.48)
            case .feeRatio: (value < 0.30, value > 0.45)
            case .holdTime: (1...8 ~= value, value > 15)
            case .profitFactor: (value > 1.4, value < 1.1)
            case .maxDrawdown: (value < 0.05, value > 0.08)
            case .makerRate: (value > 0.80, value < 0.60)
            case .rewardToRisk: (value > 1.3, value < 1.0)
            case .tradesPerDay: (15...30 ~= value, value > 50)
            case .dailyNet: (value > 0.005, value < -0.01)
            case .noFillRate: (value < 0.30, value > 0.50)
            }
        return isDanger ? .danger : isGood ? .good : .watch
    }

    /// What may be wrong when it is dangerous, and what helps; nil where the blueprint knows none.
    public var remedy: String? {
        switch self {
        case .winRate: "thresholds too low or an engine inaccurate: raise the threshold, look at engine accuracy"
        case .feeRatio: "targets too near, or stops hit before them: raise the least target"
        case .holdTime: "the market does not reach the target: lower it, or let the stop trail closer"
        case .makerRate: "wide spread or a fast market: raise entry offset and entry time-out"
        case .noFillRate: "time-out too short or the market too fast: change the entry offset"
        case .profitFactor, .maxDrawdown, .rewardToRisk, .tradesPerDay, .dailyNet: nil
        }
    }

    public enum Unit: String, Sendable {
        /// Of one: 0.61 is 61 %.
        case share
        case minutes, ratio, count
    }

    public var unit: Unit {
        switch self {
        case .winRate, .feeRatio, .maxDrawdown, .makerRate, .dailyNet, .noFillRate: .share
        case .holdTime: .minutes
        case .profitFactor, .rewardToRisk: .ratio
        case .tradesPerDay: .count
        }
    }

    /// `61.1 %`, `1.42`, `-` for none.
    public func text(of value: Double?) -> String {
        guard let value, value.isFinite else { return "-" }
        let isShare = unit == .share
        let shown = isShare ? (value * 1000).rounded() / 10 : (value * 100).rounded() / 100
        return isShare ? "\(shown) %" : "\(shown)"
    }
}

/// The KPIs of the trades that ended in a window.
public struct KpiReport: Equatable, Sendable {
    public let tradeCount: Int
    public let values: [Kpi: Double]
    /// Whose trades they are.
    public let scope: TradeScope

    public func status(_ kpi: Kpi) -> Kpi.Status { kpi.status(of: values[kpi], trades: tradeCount) }

    /// Trades of the present account that ended in the `days` before `now`, by the venue's clock. What the account holds now, and held at the last
    /// midnight UTC, gives drawdown and the day's net their base; without it they are not known.
    public init(
        _ database: Database, days: Int, at now: Timestamp, account: AccountUpdate?, risk: RiskState?
    ) throws(DatabaseError) {
        let nowMs = now.milliseconds
        let dayMs: Int64 = 86_400_000
        let since = nowMs - Int64(days) * dayMs, midnight = nowMs - nowMs % dayMs
        let scope = try TradeScope(of: account, in: database)
        func number(_ text: String??) -> Double? { (text ?? nil).flatMap { Double($0) } }
        let sums =
            try database.run(
                """
                SELECT count(*) FILTER (WHERE is_counted), count(*) FILTER (WHERE is_counted AND pnl_net > 0), sum(fee_total),
                    sum(pnl_gross) FILTER (WHERE pnl_gross > 0), avg(hold_duration_sec) FILTER (WHERE is_counted),
                    sum(pnl_net) FILTER (WHERE is_counted AND pnl_net > 0), -sum(pnl_net) FILTER (WHERE is_counted AND pnl_net <= 0),
                    \(MakerRate.ofEntries), avg(pnl_net) FILTER (WHERE is_counted AND pnl_net > 0),
                    -avg(pnl_net) FILTER (WHERE is_counted AND pnl_net <= 0), sum(pnl_net), min(extract(epoch FROM exit_time)),
                    sum(pnl_net) FILTER (WHERE exit_time >= to_timestamp($3::BIGINT / 1000.0))
                FROM trades WHERE \(scope.ofTrades)
                    AND exit_time > to_timestamp($1::BIGINT / 1000.0) AND exit_time <= to_timestamp($2::BIGINT / 1000.0)
                """, ["\(since)", "\(nowMs)", "\(midnight)"]
            ).first ?? []
        func sum(_ column: Int) -> Double? { sums.indices.contains(column) ? number(sums[column]) : nil }
        func ratio(_ above: Double?, _ below: Double?) -> Double? {
            guard let above, let below, below > 0 else { return nil }
            return above / below
        }
        let count = sum(0) ?? 0
        tradeCount = Int(count)
        var values: [Kpi: Double] = [:]
        values[.winRate] = ratio(sum(1), count)
        values[.feeRatio] = ratio(sum(2), sum(3))
        values[.holdTime] = sum(4).map { $0 / 60 }
        values[.profitFactor] = ratio(sum(5) ?? 0, sum(6))
        values[.makerRate] = sum(7)
        values[.rewardToRisk] = ratio(sum(8), sum(9))
        // A suite that is younger than the window has traded for so many days only.
        let age = sum(11).map { (Double(nowMs) / 1000 - $0) / 86_400 } ?? Double(days)
        values[.tradesPerDay] = count > 0 ? count / min(Double(days), max(1, age)) : nil
        // Just after midnight the risk manager's newest word may still be of yesterday.
        let dayStart = risk.flatMap { $0.eventTime.milliseconds >= midnight ? $0.dayStartBalance.double : nil }
        values[.dailyNet] = ratio(
            sum(12) ?? 0, dayStart ?? account.map { $0.walletBalance.double - (sum(12) ?? 0) })
        let entries =
            try database.run(
                """
                SELECT count(DISTINCT plan) FILTER (WHERE event <> 'ENTRY_SENT'), count(DISTINCT plan) FILTER (WHERE event = 'ENTRY_SENT')
                FROM executions WHERE (event IN ('NO_FILL', 'ENTRY_SENT')
                        OR event = 'POSITION_CLOSED' AND fields->>'exit_reason' = 'NO_FILL') AND \(scope.ofExecutions)
                    AND event_time > to_timestamp($1::BIGINT / 1000.0)
                    AND event_time <= to_timestamp($2::BIGINT / 1000.0)
                """, ["\(since)", "\(nowMs)"]
            ).first ?? []
        values[.noFillRate] = ratio(number(entries.first), number(entries.dropFirst().first))
        if let start = account.map({ $0.walletBalance.double - (sum(10) ?? 0) }), start > 0, count > 0 {
            let falls = try database.run(
                """
                WITH curve AS (SELECT exit_time, id, $3::DOUBLE PRECISION + sum(pnl_net) OVER (ORDER BY exit_time, id) AS equity
                    FROM trades WHERE \(scope.ofTrades) AND exit_time > to_timestamp($1::BIGINT / 1000.0)
                        AND exit_time <= to_timestamp($2::BIGINT / 1000.0)),
                peaks AS (SELECT equity, greatest($3::DOUBLE PRECISION, max(equity) OVER (ORDER BY exit_time, id)) AS peak FROM curve)
                SELECT max((peak - equity) / peak) FROM peaks
                """, ["\(since)", "\(nowMs)", "\(start)"])
            values[.maxDrawdown] = number(falls.first?.first)
        }
        self.values = values
        self.scope = scope
    }
}
