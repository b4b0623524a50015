import Foundation
import RedisTestSupport
import TestSupport

/// A real Prometheus with the suite's own configuration and rules, whose times are made short.
final class Monitor {
    static let services = PaperSuite.engines + ["data-hub", "executor", "trade-recorder"]
    static let isInstalled = FileManager.default.isExecutableFile(atPath: "/usr/bin/prometheus")

    /// Where each service shows its metrics.
    let ports: [String: Int]
    private let port = freePort()
    private var process: ChildProcess?

    init() { ports = Dictionary(uniqueKeysWithValues: Self.services.map { ($0, freePort()) }) }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: SharedData.packageRoot.appending(path: path), encoding: .utf8)
    }

    /// Starts it with its files in `folder`.
    func start(in folder: String) throws {
        var configuration = try Self.text("deploy/prometheus/prometheus.yml")
            .replacing("_interval: 2s", with: "_interval: 1s").replacing(
                "scrape_timeout: 2s", with: "scrape_timeout: 1s")
        for (service, port) in ports {
            let line = try Regex(#"127\.0\.0\.1:\d+("\], labels: \{service: \#(service)\})"#)
            configuration.replace(line) { "127.0.0.1:\(port)\($0[1].substring ?? "")" }
        }
        // Another suite may run on this machine, on the ports that are written there.
        configuration.replace(/127\.0\.0\.1:91\d\d/, with: "127.0.0.1:9")
        let rules = try Self.text("deploy/prometheus/rules.yml")
            .replacing(/for: \d+[sm]/, with: "for: 1s").replacing(/\[10m\]/, with: "[30s]")
            .replacing(/\[[15]m\]/, with: "[10s]").replacing("< 300", with: "< 10").replacing(
                "offset 5m", with: "offset 10s")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try configuration.write(toFile: folder + "/prometheus.yml", atomically: true, encoding: .utf8)
        try rules.write(toFile: folder + "/rules.yml", atomically: true, encoding: .utf8)
        process = ChildProcess(
            "prometheus",
            [
                "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/data", "--log.level=warn",
                "--web.listen-address=127.0.0.1:\(port)",
            ], output: folder + "/log")
    }

    /// The names of all alerts in its rules.
    static func alerts() throws -> Set<String> {
        Set(try text("deploy/prometheus/rules.yml").matches(of: /- alert: (\w+)/).map { String($0.1) })
    }

    /// What fires now.
    func firing() throws -> Set<String> {
        let alerts = try ask("alerts")["alerts"] as? [[String: Any]] ?? []
        return Set(
            alerts.filter { $0["state"] as? String == "firing" }.compactMap {
                ($0["labels"] as? [String: String])?["alertname"]
            })
    }

    /// The names of all metrics that it has ever been served.
    func served() throws -> Set<String> {
        let result = try Subprocess.run(
            "/usr/bin/curl", ["-s", "http://127.0.0.1:\(port)/api/v1/label/__name__/values"])
        let answer = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        return Set(answer?["data"] as? [String] ?? [])
    }

    /// How many services it has reached.
    func upCount() throws -> Int {
        let rows = try ask("query?query=up==1")["result"] as? [[String: Any]] ?? []
        return rows.count
    }

    /// How many lines a query draws now; nil for one that can't be read.
    func series(_ query: String) throws -> Int? {
        let result = try Subprocess.run(
            "/usr/bin/curl",
            ["-s", "--data-urlencode", "query=\(query)", "http://127.0.0.1:\(port)/api/v1/query"])
        let answer = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        return ((answer?["data"] as? [String: Any])?["result"] as? [Any])?.count
    }

    private func ask(_ path: String) throws -> [String: Any] {
        let result = try Subprocess.run("/usr/bin/curl", ["-s", "http://127.0.0.1:\(port)/api/v1/\(path)"])
        let answer = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        return answer?["data"] as? [String: Any] ?? [:]
    }
}
