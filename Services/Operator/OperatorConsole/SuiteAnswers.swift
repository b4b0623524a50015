import Ledger
public import ServiceKit
public import SignalContracts
public import StreamBus
public import TradingPrimitives

/// What a person asks from a phone, answered with the words of the operator's commands.
public struct SuiteAnswers {
    public enum Question: Equatable, Sendable {
        case status, balance, engines, risk, breakers, regime, stats, kpi, daily
        case why(TradeId)
        case whyNot(Symbol)
    }

    private let settings: SuiteSettings

    public init(_ settings: SuiteSettings) { self.settings = settings }

    /// Never empty; what could not be asked is said in its place.
    public func answer(_ question: Question, _ client: RedisClient) throws(RedisError) -> String {
        switch question {
        case .status: return try SuiteView(client, settings).short
        case .balance: return try SuiteView(client, settings).accountText
        case .risk: return try SuiteView(client, settings).riskText
        case .engines, .regime: return signals(of: question, try SuiteView(client, settings))
        case .breakers: return breakers(try SuiteView(client, settings).risk)
        case .whyNot(let symbol): return try GateFunnel(client, symbol)?.text ?? "no decision on \(symbol) yet"
        case .why(let id): return try why(id, client)
        case .stats, .kpi, .daily: return counted(question, client)
        }
    }

    private func signals(of question: Question, _ view: SuiteView) -> String {
        var table = Table()
        for market in view.markets {
            table.add(market.symbol.name, "")
            for signal in market.signals where question == .engines || signal.engine == HouseEngine.regime.id {
                table.add("  \(signal.engine.name)", signal.summary)
            }
        }
        return table.text
    }

    private func breakers(_ risk: RiskState?) -> String {
        guard let risk else { return "no word from the risk manager yet" }
        let lines =
            risk.breakers.breakers.map { "\($0.breaker.rawValue) until \($0.until)" }
            + (risk.isHalted ? ["halted by a person, until /resume"] : [])
            + risk.paused.symbols.map { "\($0) paused by a person, until /resume \($0)" }
        return lines.isEmpty ? "no breaker is on" : lines.joined(separator: "\n")
    }

    private func why(_ id: TradeId, _ client: RedisClient) throws(RedisError) -> String {
        guard settings.symbols.contains(where: id.belongs(to:)) else { return "\(id) is of no symbol that is traded" }
        if let story = try TradeStory(id, ofOneOf: settings.symbols, client) { return story.text }
        do throws(DatabaseError) {
            return try TradeStory(id, try database())?.text ?? "\(id) is not known"
        } catch { return "\(error)" }
    }

    private func database() throws(DatabaseError) -> Database {
        try Database(url: settings.postgres.url, password: settings.postgres.password)
    }

    private func counted(_ question: Question, _ client: RedisClient) -> String {
        do throws(DatabaseError) {
            let database = try database()
            switch question {
            case .kpi: return try KpiBoard(database, client).text
            default:
                let account: AccountUpdate? = try? client.newest(of: StreamName(.account))
                let scope = try TradeScope(of: account, in: database)
                return question == .daily ? try days(scope, database) : try statistics(scope, database)
            }
        } catch { return "\(error)" }
    }

    private func days(_ scope: TradeScope, _ database: Database) throws(DatabaseError) -> String {
        let rows = try database.run(
            """
            SELECT date, sum(total_trades), sum(wins), sum(losses), round(sum(total_fees), 2), round(sum(net_pnl), 2)
            FROM daily_summary WHERE \(scope.ofTrades) GROUP BY date ORDER BY date DESC LIMIT 7
            """)
        guard !rows.isEmpty else { return "no day with a trade yet" }
        return table(["DATE", "TRADES", "WINS", "LOSSES", "FEES", "NET"], rows)
    }

    private func statistics(_ scope: TradeScope, _ database: Database) throws(DatabaseError) -> String {
        let rows = try database.run(
            """
            SELECT strategy, count(*), round(100.0 * count(*) FILTER (WHERE pnl_net > 0) / count(*), 1),
                round(100 * sum(fee_total) / NULLIF(sum(pnl_gross) FILTER (WHERE pnl_gross > 0), 0), 1),
                round(avg(hold_duration_sec)), round(sum(pnl_net), 2)
            FROM trades WHERE exit_time IS NOT NULL AND \(scope.ofTrades) GROUP BY ROLLUP (strategy) ORDER BY strategy NULLS LAST
            """)
        guard rows.count > 1 else { return "no trade yet" }
        return table(
            ["STRATEGY", "TRADES", "WIN %", "FEE %", "HOLD s", "NET"], rows.map { [$0[0] ?? "all"] + $0.dropFirst() })
    }

    private func table(_ head: [String], _ rows: [[String?]]) -> String {
        var table = Table()
        table.add(head)
        for row in rows { table.add(row.map { $0 ?? "-" }) }
        return table.text
    }
}

extension SuiteView {
    /// What fits a phone: account, risk, and what is held.
    fileprivate var short: String {
        var lines = [accountText, riskText]
        let down = services.filter(\.isMissing).map(\.name)
        if !down.isEmpty { lines.append("DOWN: \(down.joined(separator: ", "))") }
        lines += services.compactMap(\.complaint)
        lines += markets.map { "\($0.symbol): \($0.positionText) · entries \($0.entriesText(at: now))" }
        return lines.joined(separator: "\n")
    }
}
