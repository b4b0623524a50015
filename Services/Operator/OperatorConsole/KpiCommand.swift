public import Ledger
import ServiceKit
public import SignalContracts
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
public struct KpiBoard {
    private static let windows = [1, 7, 30]
    public let reports: [(days: Int, report: KpiReport)]

    init(_ database: Database, _ client: RedisClient) throws(DatabaseError) {
        try self.init(
            database, account: try? client.newest(of: StreamName(.account)),
            risk: try? client.newest(of: StreamName(.risk)))
    }

    /// What account and risk were last said to be; without them some KPIs are not known.
    public init(_ database: Database, account: AccountUpdate?, risk: RiskState?) throws(DatabaseError) {
        let now = account?.eventTime ?? SystemClock.now()
        var reports: [(Int, KpiReport)] = []
        for days in Self.windows {
            reports.append((days, try KpiReport(database, days: days, at: now, account: account, risk: risk)))
        }
        self.reports = reports
    }

    /// By the week.
    public func status(_ kpi: Kpi) -> Kpi.Status { reports[1].report.status(kpi) }
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
        let whose = reports.first.map { "of the \($0.report.scope.text)" } ?? ""
        return ([table.text, whose] + remedies).joined(separator: "\n")
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
            } + [
                ("trades", .object(reports.map { ("\($0.days)d", .integer(Int64($0.report.tradeCount))) })),
                ("mode", .optional(reports.first?.report.scope.mode?.rawValue)),
                ("account", .optional(reports.first?.report.scope.account)),
            ])
    }
}
