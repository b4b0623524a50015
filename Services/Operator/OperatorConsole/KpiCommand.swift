import Ledger
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

extension Console {
    /// How well the suite trades: ten figures, each beside its target and the value from which it is dangerous.
    func kpi() throws(RedisError) -> ExitCode {
        let client = try RedisClient(settings.redis)
        do throws(DatabaseError) {
            let board = try KpiBoard(
                try Database(url: settings.postgres.url, password: settings.postgres.password), client)
            print(invocation.isJSON ? board.json.line : board.text)
            return board.hasDanger ? .failure : .success
        } catch {
            complain("vortexctl: \(error)")
            return .failure
        }
    }
}

/// The KPIs over a day, a week and a month.
struct KpiBoard {
    private static let windows = [1, 7, 30]
    private let reports: [(days: Int, report: KpiReport)]

    init(_ database: Database, _ client: RedisClient) throws(DatabaseError) {
        let account = newestFields(client, .account).flatMap { try? AccountUpdate($0) }
        let risk = newestFields(client, .risk).flatMap { try? RiskState($0) }
        func dollars(_ value: Notional?) -> Double? { value.map { Double($0.raw) / Double(fixedScale) } }
        let now = account?.eventTime ?? SystemClock.now()
        var reports: [(Int, KpiReport)] = []
        for days in Self.windows {
            let report = try KpiReport(
                database, days: days, nowMs: now.milliseconds, balance: dollars(account?.walletBalance),
                dayStartBalance: dollars(risk?.dayStartBalance))
            reports.append((days, report))
        }
        self.reports = reports
    }

    /// By the week.
    private func status(_ kpi: Kpi) -> Kpi.Status { kpi.status(of: reports[1].report.values[kpi]) }
    var hasDanger: Bool { Kpi.allCases.contains { status($0) == .danger } }

    var text: String {
        var table = Table()
        table.add(["KPI", "TARGET", "DANGER"] + reports.map { "\($0.days) d" } + ["WEEK"])
        for kpi in Kpi.allCases {
            table.add(
                [kpi.title, kpi.bounds.target, kpi.bounds.danger] + reports.map { kpi.text(of: $0.report.values[kpi]) }
                    + [status(kpi) == .danger ? "DANGER" : status(kpi).rawValue])
        }
        table.add(["Trades", "", ""] + reports.map { "\($0.report.tradeCount)" } + [""])
        let remedies = Kpi.allCases.filter { status($0) == .danger }.compactMap { kpi in
            kpi.remedy.map { "\(kpi.title): \($0)" }
        }
        return ([table.text] + remedies).joined(separator: "\n")
    }

    var json: JSONNode {
        .object(
            Kpi.allCases.map { kpi in
                let values = reports.map { window in
                    ("\(window.days)d", window.report.values[kpi].map { JSONNode.text("\($0)") } ?? .null)
                }
                return (
                    kpi.rawValue,
                    .object(
                        values + [
                            ("target", .text(kpi.bounds.target)), ("danger", .text(kpi.bounds.danger)),
                            ("status", .text(status(kpi).rawValue)),
                        ])
                )
            } + [("trades", .object(reports.map { ("\($0.days)d", .integer(Int64($0.report.tradeCount))) }))])
    }
}

/// Of a global stream's newest entry; nil when there is none.
func newestFields(_ client: RedisClient, _ kind: StreamKind) -> Fields? {
    let newest = try? client.command("XREVRANGE", StreamName(kind).key, "+", "-", "COUNT", "1")
    return newest?.elements.first.flatMap { StreamEntry($0)?.fields }
}
