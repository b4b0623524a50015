import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing

/// Every rule of deploy/prometheus/rules.yml, in a real Prometheus that watches a suite that trades: what it watches for is
/// provoked, and it fires.
@Suite(
    .serialized, .enabled(if: Monitor.isInstalled, "needs an installed Prometheus: make install"),
    .enabled(if: PostgresServer.isInstalled, "needs an installed PostgreSQL"),
    .enabled(if: SmallDisk.isAllowed, "needs to mount a small file system"))
struct AlertRuleTests {
    let monitor = Monitor()
    let postgres: PostgresServer
    let suite: PaperSuite

    init() throws {
        postgres = try #require(PostgresServer())
        let ports = monitor.ports
        func port(_ service: String) -> String { "metrics_port: \(ports[service] ?? 0)" }
        let others = ["data-hub"] + PaperSuite.sharing
        let settings = """
            profile: phase1
            decision-engine: {\(port("decision-engine")), order_flow_score_min: 0.1, tick_score_min: 0.1, \
            score_jump_max: 2, publish_every_ms: 1000}
            risk-manager: {\(port("risk-manager")), journal: @/risk-manager.journal, reward_to_risk_min: 0, \
            profit_min: 0, risk_per_trade: 0.0005, momentum: {max_hold_ms: 4000, entry_timeout_ms: 5000}, \
            breakers: {streak_losses: 1000, hourly_losses: 1000, hourly_trades: 100000, daily_loss_max: 1}}
            executor: {\(port("executor")), journal: @/disk/executor.journal, emergency: {slow_calls: 1000, gap_ratio: 1}}
            trade-recorder: {\(port("trade-recorder")), backups: @/backups}
            \(others.map { "\($0): {\(port($0))}" }.joined(separator: "\n"))
            """
        suite = try #require(PaperSuite(settings: settings, postgres: postgres.url))
    }

    @Test func `each rule fires on what it watches for`() throws {
        let disk = suite.folder + "/disk"
        let mounted = try #require(SmallDisk(disk, megabytes: 24))
        defer {
            suite.kill("executor")
            mounted.unmount()
        }
        try suite.startTrading(seed: 5, also: ["trade-recorder"])
        try monitor.start(in: suite.folder + "/prometheus")
        try #require(suite.wait(seconds: 30) { try monitor.upCount() == Monitor.services.count })
        var fired: Set<String> = []
        for provocation in provocations(disk) {
            let began = Date()
            try provoke(provocation)
            fired.formUnion(provocation.alerts)
            print("\(provocation.alerts.joined(separator: ", ")): \(Date().timeIntervalSince(began)) s")
        }
        #expect(fired == (try Monitor.alerts()), "a rule that nobody provokes, or a provocation without a rule")
        try checkNames()
        try checkPanels()
    }

    /// Something goes wrong, and ends again.
    struct Provocation {
        let alerts: [String]
        /// Within which they fire.
        let seconds: Double
        let begin: () throws -> Void
        let end: () throws -> Void

        init(
            _ alerts: String..., seconds: Double = 40, begin: @escaping () throws -> Void,
            end: @escaping () throws -> Void = {}
        ) {
            self.alerts = alerts
            self.seconds = seconds
            self.begin = begin
            self.end = end
        }
    }

    private func provoke(_ provocation: Provocation) throws {
        let alerts = Set(provocation.alerts)
        let isCalm = suite.wait(seconds: 40) { try monitor.firing().isDisjoint(with: alerts) }
        let early = try monitor.firing().intersection(alerts)
        #expect(isCalm, "fires before it is provoked: \(early)")
        try provocation.begin()
        var seen: Set<String> = []
        let hasFired = suite.wait(seconds: provocation.seconds) {
            seen.formUnion(try monitor.firing())
            return alerts.isSubset(of: seen)
        }
        let told = hasFired ? [] : try told()
        #expect(hasFired, "\(alerts.subtracting(seen)) did not fire; \(told)")
        try provocation.end()
    }

    /// The last alerts of the suite itself.
    private func told() throws -> [String] {
        let alerts = try suite.entries("alert").suffix(5).map {
            "\($0.id.milliseconds) \($0.fields["event"] ?? ""): \($0.fields["text"] ?? "")"
        }
        let events = try suite.entries("execution:{BTCUSDT}").suffix(5) + suite.entries("plan:{BTCUSDT}").suffix(3)
        return ["now \(PaperSuite.nowMs())"] + alerts + events.map { "\($0.id.milliseconds) \($0.fields.pairs)" }
    }

    private func boards() throws -> [String] {
        let folder = SharedData.packageRoot.appending(path: "deploy/grafana/dashboards")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).map {
            "deploy/grafana/dashboards/\($0)"
        }
    }

    /// Each line of each panel can be asked of Prometheus, and shows something after all that has gone wrong here.
    private func checkPanels() throws {
        var count = 0
        for path in try boards() {
            let board = try JSONSerialization.jsonObject(with: Data(try Monitor.text(path).utf8)) as? [String: Any]
            for panel in board?["panels"] as? [[String: Any]] ?? [] {
                for target in panel["targets"] as? [[String: Any]] ?? [] {
                    let line = try #require(target["expr"] as? String)
                    let series = try monitor.series(line)
                    #expect(
                        series ?? 0 > 0,
                        "\(path), \(panel["title"] ?? ""): \(line): \(series == nil ? "refused" : "empty")")
                    count += 1
                }
            }
        }
        #expect(count > 50)
    }

    /// What rules and dashboards ask for is what the services show.
    private func checkNames() throws {
        let served = try monitor.served()
        let boards = try boards()
        #expect(boards.count == 5)
        for path in boards + ["deploy/prometheus/rules.yml"] {
            let asked = Set(try Monitor.text(path).matches(of: /vortex7_\w+/).map { String($0.0) })
            #expect(!asked.isEmpty && asked.isSubset(of: served), "\(path): \(asked.subtracting(served).sorted())")
        }
    }
}
