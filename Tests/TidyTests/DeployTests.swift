import Foundation
import TestSupport
import Testing

/// What starts the suite in one way must not forget what starts it in another.
struct DeployTests {
    private func text(_ path: String) throws -> String {
        try String(contentsOf: SharedData.packageRoot.appending(path: path), encoding: .utf8)
    }

    /// The services that supervisord starts.
    private func services() throws -> [String] {
        let line = try #require(
            try text("deploy/supervisor/vortex7.conf.in").components(separatedBy: "\n").first {
                $0.hasPrefix("programs=")
            })
        return line.dropFirst("programs=".count).split(separator: ",").map(String.init)
    }

    /// The lines of each entry of a top-level section of a compose file, by the entry's name.
    private func entries(of section: String, in compose: String) -> [String: [String]] {
        var found: [String: [String]] = [:]
        var isInside = false
        var name = ""
        for line in compose.components(separatedBy: "\n") where !line.isEmpty {
            if !line.hasPrefix(" "), !line.hasPrefix("#") { isInside = line == "\(section):" }
            guard isInside else { continue }
            if line.hasPrefix("  "), !line.hasPrefix("   "), let colon = line.firstIndex(of: ":"),
                !line.hasPrefix("  #")
            {
                name = String(line[line.index(line.startIndex, offsetBy: 2)..<colon])
                found[name] = []
            }
            found[name]?.append(line.trimmingCharacters(in: .whitespaces))
        }
        return found
    }

    @Test func `each service has a container with its user, its password, limits and a health check`() throws {
        let compose = try text("compose.yaml")
        let containers = entries(of: "services", in: compose)
        let services = try services()
        #expect(services.count == 12)
        for service in services {
            let lines = try #require(containers[service], "\(service) is not in compose.yaml")
            for wanted in [
                "<<: *service", "VORTEX7__REDIS__USER: \(service)", "- key-\(service):/run/key:ro",
                "command: \(service) -c /etc/vortex7/paper.yaml -c /etc/vortex7/containers.yaml",
            ] {
                #expect(lines.contains(wanted), "\(service): \(wanted)")
            }
            #expect(lines.contains { $0.hasPrefix("healthcheck:") }, "\(service)")
            #expect(
                !lines.contains {
                    $0.hasPrefix("container_name:") || ($0.hasPrefix("ports:") && service != "dashboard")
                },
                "\(service) can't be scaled")
        }
        for base in ["restart: unless-stopped", "read_only: true", "cap_drop: [ALL]", "init: true", "mem_limit: 128m"] {
            #expect(compose.contains("\n  \(base)\n"), "\(base)")
        }
        for (name, lines) in containers {
            let isBased = lines.contains("<<: *service")
            #expect(isBased || lines.contains("<<: *container"), "\(name)")
            #expect(isBased || lines.contains { $0.hasPrefix("mem_limit:") }, "\(name) has no memory limit")
        }
    }

    @Test func `what may be chosen in .env reaches the services and the simulated venue`() throws {
        let compose = try text("compose.yaml"), example = try text(".env.example")
        let places = [
            "VORTEX7_PROFILE": "  VORTEX7_PROFILE: ${VORTEX7_PROFILE:-", "VORTEX7_SYMBOLS": "  VORTEX7__SYMBOLS: ${",
            "VORTEX7_RISK_PER_TRADE": "  VORTEX7__RISK_MANAGER__RISK_PER_TRADE: ${",
            "VORTEX7_LEVERAGE_MAX": "  VORTEX7__RISK_MANAGER__LEVERAGE_MAX: ${",
            "VORTEX7_CAPITAL_LIMIT": "  VORTEX7__RISK_MANAGER__CAPITAL_LIMIT_USDT: ${",
            "VORTEX7_PAPER_BALANCE": "--balance ${VORTEX7_PAPER_BALANCE:-",
        ]
        for (name, place) in places {
            #expect(compose.contains(place) && compose.contains("${\(name):-"), "\(name)")
            #expect(example.contains("#\(name)="), "\(name)")
        }
        #expect(compose.contains("--symbols ${VORTEX7_SYMBOLS:-"))
        for name in ["BINANCE_TESTNET", "TRADING_PAIRS", "BASE_BALANCE", "MAX_LEVERAGE", "RISK_PER_TRADE"] {
            #expect(compose.contains("\n  \(name): ${\(name):-}\n"), "\(name) would be overlooked in silence")
        }
    }

    @Test func `each service has a Redis user, an address on the host's network, and a unit`() throws {
        let users = try text("deploy/redis/users.sh")
        let hostnet = entries(of: "services", in: try text("deploy/compose.hostnet.yaml"))
        let overlay = try text("deploy/config/containers.yaml")
        let target = try text("deploy/systemd/vortex7.target")
        let image = try text("deploy/Containerfile")
        let programs = try text("deploy/containers/make-programs.sh")
        for service in try services() {
            #expect(users.contains("\n    user \(service) '"), "\(service) has no Redis user")
            #expect(hostnet[service]?.contains("<<: *host") == true, "\(service) is not in compose.hostnet.yaml")
            #expect(overlay.contains("\n\(service):\n"), "\(service) has no port in a container")
            #expect(target.contains("vortex7@\(service).service"), "\(service) has no unit")
            #expect(image.contains(service), "\(service) has no folder for its passwords")
            #expect(programs.contains(service), "\(service) is not in the image")
        }
    }

    @Test func `each way to run the suite makes a backup a day, and keeps some`() throws {
        let supervisor = try text("deploy/supervisor/vortex7.conf.in")
        #expect(supervisor.contains(#"backup "@VAR@/backups" --keep @BACKUPS@ --daily"#))
        let lines = try #require(entries(of: "services", in: try text("compose.yaml"))["backup"])
        #expect(
            lines.contains {
                $0.hasPrefix("command: vortexctl ") && $0.contains(" --keep ") && $0.hasSuffix(" --daily")
            })
        #expect(lines.contains("- backups:/backups"))
        let target = try text("deploy/systemd/vortex7.target")
        #expect(target.contains("vortex7-backup.timer"))
        #expect(try text("deploy/systemd/vortex7-backup.timer").contains("OnCalendar=daily"))
        #expect(try text("deploy/systemd/vortex7-backup.service").contains("/var/lib/vortex7/backups --keep 7"))
    }

    @Test func `no file for containers holds a secret`() throws {
        for path in ["compose.yaml", "deploy/compose.hostnet.yaml", "deploy/compose.demo.yaml", "deploy/Containerfile"]
        {
            for line in try text(path).components(separatedBy: "\n") {
                guard line.contains("PASSWORD") || line.contains("API_SECRET") || line.contains("API_KEY") else {
                    continue
                }
                #expect(line.contains("_FILE") || line.hasSuffix(": \"\""), "\(path): \(line)")
            }
        }
    }

    private static let mayGoAhead =
        (try? Subprocess.run("/bin/sh", ["-c", "nice -n -10 nice 2>&1"]).output) == "-10\n"

    /// In its place a program that tells its own priority, then its child's.
    @Test(.enabled(if: mayGoAhead, "needs the right to a higher priority"))
    func `Redis goes ahead of the child that writes its file anew`() throws {
        let files = FileManager.default
        let folder = files.temporaryDirectory.appending(path: "vortex7-serve-\(UUID().uuidString)")
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(at: folder) }
        let program = folder.appending(path: "redis-server").path
        try "#!/bin/sh\necho $(ps -o ni= -p $$) $(nice) $*\n".write(toFile: program, atomically: true, encoding: .utf8)
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let result = try Subprocess.run(
            SharedData.packageRoot.appending(path: "deploy/redis/serve.sh").path, ["--port", "0"],
            environment: ["PATH": "\(folder.path):\(path)"])
        #expect(result.output == "-10 0 --port 0\n")
    }

    private static let analyzer = "/usr/bin/systemd-analyze"

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: analyzer), "needs systemd-analyze"))
    func `systemd finds nothing wrong with its units`() throws {
        let units = SharedData.packageRoot.appending(path: "deploy/systemd"), files = FileManager.default
        let folder = files.temporaryDirectory.appending(path: "vortex7-units-\(UUID().uuidString)")
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(at: folder) }
        var paths: [String] = []
        for name in try files.contentsOfDirectory(atPath: units.path) {
            // It looks for the programs, which are not installed here; a template needs a name.
            let unit = try String(contentsOf: units.appending(path: name), encoding: .utf8)
                .replacing(/ExecStart=\S+/, with: "ExecStart=/bin/true")
            paths.append(folder.appending(path: name.replacing("@.", with: "@tick-engine.")).path)
            try unit.write(toFile: paths.last ?? "", atomically: true, encoding: .utf8)
        }
        #expect(paths.count >= 4)
        let result = try Subprocess.run(
            Self.analyzer, ["verify", "--man=no", "--recursive-errors=no"] + paths)
        #expect(result.exitCode == 0, "\(result.output)")
    }
}
