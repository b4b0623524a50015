import Foundation
import TestSupport
import Testing

/// Rules and dashboards name what is there: metrics, services, sections of the runbook.
struct MonitoringTests {
    private func text(_ path: String) throws -> String {
        try String(contentsOf: SharedData.packageRoot.appending(path: path), encoding: .utf8)
    }

    private func paths(under folder: String, ending: String) throws -> [String] {
        let files = try #require(
            FileManager.default.enumerator(atPath: SharedData.packageRoot.appending(path: folder).path))
        return files.compactMap { $0 as? String }.filter { $0.hasSuffix(ending) }.map { "\(folder)/\($0)" }
    }

    /// What a browser calls a heading.
    private func anchor(_ heading: Substring) -> String {
        heading.lowercased().filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" }
            .replacing(" ", with: "-")
    }

    @Test func `each rule has a severity, a summary, and a section of the runbook`() throws {
        let rules = try text("deploy/prometheus/rules.yml")
        let alerts = rules.components(separatedBy: "- alert: ").dropFirst()
        #expect(alerts.count > 20)
        let headings = Set(try text("docs/runbook.md").matches(of: /(?m)^##+ (.+)$/).map { anchor($0.1) })
        for alert in alerts {
            let name = alert.prefix { !$0.isNewline }
            #expect(alert.contains(/severity: (critical|warning)\}/), "\(name)")
            #expect(alert.contains(/summary: "\S/), "\(name)")
            let link = try #require(alert.firstMatch(of: /runbook_url: docs\/runbook\.md#(\S+)/), "\(name)")
            #expect(headings.contains(String(link.1)), "\(name): the runbook has no section #\(link.1)")
        }
    }

    @Test func `each metric that is asked for is one that a service shows`() throws {
        let sources = try (paths(under: "Shared", ending: ".swift") + paths(under: "Services", ending: ".swift"))
            .map { try text($0) }.joined()
        let boards = try paths(under: "deploy/grafana/dashboards", ending: ".json")
        #expect(boards.count == 5)
        for path in boards + ["deploy/prometheus/rules.yml"] {
            for name in Set(try text(path).matches(of: /vortex7_(\w+)/).map { String($0.1) }) {
                let family = name.replacing(/_(bucket|sum|count)$/, with: "")
                #expect(sources.contains("\"\(family)\""), "\(path): \(name)")
            }
        }
    }

    @Test func `dashboards are what their list makes`() throws {
        let boards = try paths(under: "deploy/grafana/dashboards", ending: ".json")
        let before = try boards.map { try text($0) }
        let made = try Subprocess.run(
            "/usr/bin/env",
            ["python3", SharedData.packageRoot.appending(path: "deploy/grafana/make-dashboards.py").path])
        #expect(made.exitCode == 0, "\(made.output)")
        #expect(try boards.map { try text($0) } == before)
        for board in before {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(board.utf8)) as? [String: Any])
            #expect((object["panels"] as? [Any])?.count ?? 0 >= 6)
        }
    }

    @Test(.enabled(if: GrafanaTypes.areInstalled, "\(GrafanaTypes.skipMessage)"))
    func `dashboards are made of what Grafana knows`() throws {
        let boards = try paths(under: "deploy/grafana/dashboards", ending: ".json").map {
            SharedData.packageRoot.appending(path: $0).path
        }
        let result = try GrafanaTypes.read(boards)
        #expect(result.exitCode == 0, "\(result.output)")
    }

    @Test func `Prometheus asks each service, on this machine and in containers`() throws {
        let here = try text("deploy/prometheus/prometheus.yml"), paper = try text("deploy/config/paper.yaml")
        let containers = try text("deploy/prometheus/containers.yml")
        let ports = paper.matches(of: /\n([a-z-]+):\n  metrics_port: \$\{[A-Z0-9_]+:-(\d+)\}/)
        #expect(ports.count == 13)
        for port in ports {
            #expect(here.contains("127.0.0.1:\(port.2)\"], labels: {service: \(port.1)}}"), "\(port.1)")
            #expect(containers.contains("- \(port.1)\n"), "\(port.1)")
        }
    }

    private static let promtool = "/usr/bin/promtool"

    @Test(
        .enabled(if: FileManager.default.isExecutableFile(atPath: promtool), "needs promtool: make install"),
        arguments: ["prometheus.yml", "containers.yml"])
    func `promtool finds nothing wrong`(file: String) throws {
        let path = SharedData.packageRoot.appending(path: "deploy/prometheus/\(file)").path
        let result = try Subprocess.run(Self.promtool, ["check", "config", "--lint-fatal", path])
        #expect(result.exitCode == 0, "\(result.output)")
    }
}
