import Foundation
import RedisTestSupport
import StreamBus
import TestSupport

/// The suite as `make up` starts it, under supervisord, in a folder of its own: what the runbook's commands are for.
final class LocalSuite {
    static let isInstalled = ["/usr/bin/supervisord", "/usr/bin/redis-server"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    let folder: String
    private let made: String
    private let root: String
    var variables: String { folder + "/var" }
    private var environment: [String: String]
    private(set) var venueURL = ""
    private(set) var postgresURL = ""

    /// Its configuration is paper.yaml with rules that make many short trades. `beneath`: folders within its own in which all
    /// of it lies, the project itself, too; `showsMetrics`: each at a port that is chosen for it.
    init?(beneath: String = "", showsMetrics: Bool = false) throws {
        var template = Array("/tmp/vortex7-drill-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        made = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        folder = made + beneath
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // PostgreSQL's own user must reach its data.
        chmod(made, 0o755)
        root = beneath.isEmpty ? SharedData.packageRoot.path : folder + "/vortex"
        if !beneath.isEmpty { symlink(SharedData.packageRoot.path, root) }
        environment = [
            "VORTEX7_VAR": folder + "/var", "VORTEX7_BUILD": PaperSuite.programs,
            "VORTEX7_CONFIG": folder + "/suite.yaml", "SEED": "5",
            // The second account is the new key of a rotation.
            "VENUE_OPTIONS": "--api-key paper-key --api-secret paper-secret --api-key new-key --api-secret new-secret",
            "VORTEX7__VORTEXCTL__RESTART_COMMAND":
                "supervisorctl -c \(folder)/var/run/supervisord.conf restart suite:{service} >&2",
        ]
        for (name, word) in [("api.key", "paper-key"), ("api.secret", "paper-secret")] {
            try word.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        }
        try Self.configuration(keys: folder, showsMetrics).write(
            toFile: folder + "/suite.yaml", atomically: true, encoding: .utf8)
    }

    deinit {
        _ = try? run("make down")
        try? FileManager.default.removeItem(atPath: made)
    }

    private static func configuration(keys folder: String, _ showsMetrics: Bool) throws -> String {
        var text = try Monitor.text("deploy/config/paper.yaml")
            .replacing(/metrics_port: .*/) { showsMetrics ? String($0.output) : "metrics_port: 0" }
            .replacing(/profile: .*/, with: "profile: phase1")
            .replacing("api_key: paper-key", with: "api_key_file: '\(folder)/api.key'")
            .replacing("api_secret: paper-secret", with: "api_secret_file: '\(folder)/api.secret'")
        let own = [
            "decision-engine": [
                "order_flow_score_min: 0.1", "tick_score_min: 0.1", "score_jump_max: 2", "publish_every_ms: 1000",
            ],
            "risk-manager": [
                "reward_to_risk_min: 0", "profit_min: 0", "risk_per_trade: 0.0005",
                "momentum: {max_hold_ms: 6000, entry_timeout_ms: 5000}",
                "breakers: {streak_losses: 1000, hourly_losses: 1000, hourly_trades: 100000, daily_loss_max: 1}",
            ],
            "executor": ["emergency: {pause_ms: 2000}", "rules_every_ms: 5000"],
        ]
        for (service, lines) in own {
            let head = "\n\(service):\n"
            text = text.replacing(head, with: head + lines.map { "  \($0)\n" }.joined())
        }
        return text
    }

    /// Starts everything, and learns where it is.
    func up() throws {
        // What it leaves running keeps hold of what Foundation waits for.
        let log = folder + "/up.log"
        let up = ChildProcess("/bin/bash", ["-c", script("make up")], environment: environment, output: log)
        guard up?.wait() == 0 else {
            throw DrillError((try? String(contentsOfFile: log, encoding: .utf8)) ?? "make up failed")
        }
        let lines = try run("deploy/local/suite.sh env").output.split(separator: "\n")
        func value(_ name: String) -> String {
            let head = "export \(name)="
            return lines.first { $0.hasPrefix(head) }.map { String($0.dropFirst(head.count)) } ?? ""
        }
        venueURL = value("VORTEX7_VENUE_REST_URL")
        let password = value("VORTEX7_POSTGRES_PASSWORD")
        postgresURL = value("VORTEX7_POSTGRES_URL").replacing("vortex7@", with: "vortex7:\(password)@")
    }

    /// Does a line as a person would at the root of the project, where `vortexctl` stands for the suite's own and var/ for its
    /// folder. `make` does not build here.
    @discardableResult
    func run(_ line: String) throws -> Subprocess.Result {
        return try Subprocess.run("/bin/bash", ["-c", script(line)], environment: environment)
    }

    private func script(_ line: String) -> String {
        """
        vortexctl() { deploy/local/suite.sh ctl "$@"; }
        make() { deploy/local/suite.sh "$1"; }
        cd '\(root)'
        \(line.replacing(" var/", with: " \(variables)/"))
        """
    }

    /// Sets a variable of the environment for what is run from now on.
    func set(_ name: String, _ value: String?) { environment[name] = value }

    /// What supervisord does with one of its programs: `suite:tick-engine`, `redis`.
    @discardableResult
    func supervisor(_ words: String) throws -> Subprocess.Result {
        try run("deploy/local/suite.sh supervisor \(words)")
    }

    /// kill -STOP and the like of one service.
    func signal(_ service: String, _ name: String) throws {
        try run("kill -\(name) $(deploy/local/suite.sh supervisor pid suite:\(service))")
    }

    func log(_ service: String) -> String {
        (try? String(contentsOfFile: "\(variables)/log/\(service).log", encoding: .utf8)) ?? ""
    }

    // MARK: Redis and the venue

    func redis() throws -> RedisClient { try RedisClient(RedisAddress(.unix(path: "\(variables)/run/redis.sock"))) }

    func entries(_ stream: String) throws -> [StreamEntry] {
        try redis().command("XRANGE", stream, "-", "+").elements.compactMap { StreamEntry($0) }
    }

    func disturb(_ path: String, _ json: String) {
        _ = try? Subprocess.run(
            "/usr/bin/curl", ["-s", "-f", "--max-time", "60", "-d", json, "\(venueURL)/sim/v1/\(path)"])
    }

    func fault(_ json: String) { disturb("faults", json) }
    func act(_ json: String) { disturb("acts", json) }

    func endFaults() {
        _ = try? Subprocess.run(
            "/usr/bin/curl", ["-s", "--max-time", "60", "-X", "DELETE", "\(venueURL)/sim/v1/faults"])
    }

    func wait(until condition: () throws -> Bool) -> Bool { poll(condition) }
}

struct DrillError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
