import Ledger
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

/// Shows the week's KPIs as metrics, keeps them by day in the database, and says when one has become dangerous.
final class KpiKeeper {
    private static let everyUs: Int64 = 60_000_000
    private static let days = 7

    private let context: ServiceContext
    private var values: [Kpi: Metrics.Gauge] = [:]
    private var statuses: [Kpi: Metrics.Gauge] = [:]
    private var lastUs: Int64?

    init(_ context: ServiceContext) {
        self.context = context
        for kpi in Kpi.allCases {
            let labels = [("kpi", kpi.rawValue), ("window", "\(Self.days)d")]
            values[kpi] = context.metrics.gauge(
                "kpi", help: "Key figures of the trades, as parts of one.", labels: labels)
            statuses[kpi] = context.metrics.gauge(
                "kpi_status", help: "0 good, 1 to be watched, 2 dangerous, -1 not known.", labels: labels)
            values[kpi]?.set(.nan)
            statuses[kpi]?.set(-1)
        }
    }

    /// Looks once a minute.
    func turn(_ database: Database, _ redis: RedisClient) throws {
        let now = SystemClock.monotonicUs()
        if let lastUs, now - lastUs < Self.everyUs { return }
        let account = try redis.newest(AccountUpdate.self, of: StreamName(.account))
        let risk = try redis.newest(RiskState.self, of: StreamName(.risk))
        // The venue's time: without it there is no day.
        guard let account else { return }
        lastUs = now
        let report = try KpiReport(database, days: Self.days, at: account.eventTime, account: account, risk: risk)
        let before = try KpiHistory.dangers(in: database)
        try KpiHistory.keep(report, at: account.eventTime, in: database)
        for kpi in Kpi.allCases {
            let value = report.values[kpi], status = report.status(kpi)
            values[kpi]?.set(value ?? .nan)
            statuses[kpi]?.set(status.number)
            if status == .danger, !before.contains(kpi) { try warn(kpi, value, account.eventTime, redis) }
        }
    }

    private func warn(_ kpi: Kpi, _ value: Double?, _ time: Timestamp, _ redis: RedisClient) throws(RedisError) {
        let text =
            "\(kpi.title)\(kpi == .dailyNet ? "" : " of the week") is \(kpi.text(of: value)), dangerous from \(kpi.bounds.danger)"
            + (kpi.remedy.map { ": \($0)" } ?? "")
        let alert = Alert(
            eventTime: time, severity: .warning, service: context.name, event: "kpi_danger", text: text)
        context.alerts.add(alert)
        try redis.add(alert.fields, to: StreamName(.alert))
    }
}

extension Kpi.Status {
    fileprivate var number: Double {
        switch self {
        case .unknown: -1
        case .good: 0
        case .watch: 1
        case .danger: 2
        }
    }
}
