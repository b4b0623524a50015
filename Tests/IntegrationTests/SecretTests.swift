import Foundation
import RedisTestSupport
import StreamBus
import TestSupport
import Testing

/// Every secret that a suite holds is a word of its own here, and each place where such a word could come out is searched.
@Suite(.serialized, .enabled(if: TestDatabase.server != nil, "\(TestDatabase.skipMessage)"))
struct SecretTests {
    private static let secrets = [
        "canary-api-key", "canary-api-secret", "canary-redis-password", "canary-postgres-password",
        "canary-telegram-token", "canary-machine-secret",
    ]
    private static let services =
        PaperSuite.engines + ["data-hub", "executor", "trade-recorder", "learner", "notifier", "dashboard"]
    private let database: TestDatabase
    private let suite: PaperSuite
    private let metricsPorts = services.map { _ in freePort() }
    private let dashboardPort = freePort()

    init() throws {
        database = try #require(try TestDatabase("secrets_\(UInt32.random(in: 0...UInt32.max))"))
        suite = try #require(PaperSuite(settings: KillTests.eager, postgres: database.url))
    }

    private func start() throws {
        try suite.client().command("ACL", "SETUSER", "canary", "on", ">canary-redis-password", "~*", "&*", "+@all")
        suite.startSimulator(["--seed", "5", "--api-key", "canary-api-key", "--api-secret", "canary-api-secret"])
        // Whoever crashes may leave a core where it stands.
        suite.launcher = ["/bin/bash", "-c", "ulimit -c unlimited; cd '\(suite.folder)'; exec \"$0\" \"$@\""]
        let web = SharedData.packageRoot
        for (service, port) in zip(Self.services, metricsPorts) {
            let own =
                switch service {
                case "notifier":
                    ", token: \"7:canary-telegram-token\", chats: [1], users: [1], base_url: \"http://127.0.0.1:1\""
                case "dashboard":
                    ", port: \(dashboardPort), passwords: @/logins, secret: canary-machine-secret, machine_role: operator, web: \"\(web.appending(path: "Services/Dashboard/web").path)\", chart_library: \"\(web.appending(path: ".build/web/lightweight-charts.js").path)\""
                default: ""
                }
            suite.start(
                service, as: service,
                """
                venue: {api_key: canary-api-key, api_secret: canary-api-secret}
                redis: {user: canary, password: canary-redis-password}
                postgres: {password: canary-postgres-password}
                log: {level: trace}
                \(service): {metrics_port: \(port)\(own)}

                """)
        }
        try #require(
            suite.wait { try Int(database.value("SELECT count(*) FROM trades") ?? "") ?? 0 > 0 },
            "\(suite.log("executor").suffix(1500))")
    }

    /// All that programs and people can ask for.
    private func ask() throws -> String {
        var told = ""
        for port in metricsPorts {
            told += try curl(["http://127.0.0.1:\(port)/metrics"]) + curl(["http://127.0.0.1:\(port)/healthz"])
        }
        let url = "http://127.0.0.1:\(dashboardPort)"
        let paths = try String(
            contentsOf: SharedData.packageRoot.appending(path: "docs/openapi.yaml"), encoding: .utf8
        ).matches(of: /\n  (\/api\/v1\/[^:{]*)(\{symbol\})?:/)
        try #require(paths.count > 15)
        for path in paths {
            let answer = try curl([
                "-i", "-u", "machine:canary-machine-secret", "\(url)\(path.1)\(path.2 == nil ? "" : "BTCUSDT")",
            ])
            #expect(answer.hasPrefix("HTTP/1.1 "), "\(path.1)")
            told += answer
        }
        told += try curl(["-i", url + "/"])
        let file = "\(suite.folder)/executor.yaml"
        for command in [
            ["status"], ["doctor"], ["streams"], ["config", "show"], ["config", "check"], ["kpi"],
            ["backup", "\(suite.folder)/backup"], ["capture", "\(suite.folder)/capture", "--last", "1"],
        ] {
            for form in [[], ["--json"]] {
                told += try suite.control(["-c", file] + command + form).output
            }
        }
        return told
    }

    private func curl(_ arguments: [String]) throws -> String {
        try Subprocess.run("/usr/bin/curl", ["-s", "--max-time", "60"] + arguments).output
    }

    /// Files of the suite's folder that hold a secret, but for those that were given it.
    private func files(with secret: String) throws -> [String] {
        let found = try Subprocess.run("/bin/grep", ["-rlaF", secret, suite.folder])
        let given = Self.services.map { "\(suite.folder)/\($0).yaml" } + ["\(suite.folder)/logins/first-login"]
        return found.output.split(separator: "\n").map(String.init).filter { !given.contains($0) }
    }

    private func cores() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: suite.folder).filter { $0.hasPrefix("core") }
    }

    @Test func `no secret comes out in a log, a page, a metric, a stream, a backup or a core`() throws {
        try start()
        // Errors tell more than success: the venue refuses, Redis goes, a stranger tries the door.
        suite.disturb("faults", #"{"kind":"reject","code":-2015,"seconds":3}"#)
        _ = try curl(["-u", "machine:wrong", "http://127.0.0.1:\(dashboardPort)/api/v1/live"])
        suite.redis.kill()
        sleep(2)
        #expect(suite.redis.start())
        try suite.client().command("ACL", "SETUSER", "canary", "on", ">canary-redis-password", "~*", "&*", "+@all")
        sleep(5)
        let told = try ask()
        let logins = try String(contentsOfFile: "\(suite.folder)/logins/first-login", encoding: .utf8)
        let passwords = logins.split(whereSeparator: \.isWhitespace).map(String.init).filter { $0.count > 10 }
        #expect(passwords.count == 2)

        // The test must be able to fail: this one leaves a core where the system writes any.
        let leaver = ChildProcess(
            "/bin/bash", ["-c", "ulimit -c unlimited; cd '\(suite.folder)'; exec sleep 60"], output: "/dev/null")
        usleep(200_000)
        leaver?.signal(SIGABRT)
        _ = leaver?.wait()
        if try cores().isEmpty { print("no cores are written here: whether services leave any is NOT tested") }
        let before = try cores()
        // Swift takes the first one for a crash of its own and reports it; the second one ends the process.
        for service in Self.services {
            let isDead = suite.wait {
                suite.signal(service, SIGABRT)
                return !suite.isAlive(service)
            }
            #expect(isDead && suite.exitCode(service) == nil, "\(service) was to die by a signal")
        }
        #expect(try cores() == before)

        for secret in Self.secrets + passwords {
            #expect(!told.contains(secret), "\(secret) was told")
            #expect(try files(with: secret) == [], "\(secret)")
        }
        // And the search finds what is there.
        #expect(try files(with: "BTCUSDT").count > 3)
    }
}
