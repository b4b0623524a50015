import Foundation
import RedisTestSupport
import TestSupport
import Testing

/// The dashboard of a suite that trades: looked at by programs and by a browser, and attacked.
@Suite(.serialized, .enabled(if: TestDatabase.server != nil, "\(TestDatabase.skipMessage)"))
struct DashboardTests {
    private static let secret = "secret-of-machines-0123"
    private let database: TestDatabase
    private let suite: PaperSuite

    init() throws {
        database = try #require(try TestDatabase("dashboard_\(UInt32.random(in: 0...UInt32.max))"))
        suite = try #require(PaperSuite(settings: KillTests.eager, postgres: database.url))
    }

    /// Starts a dashboard and gives its address once it answers.
    private func start(_ name: String, _ settings: String) throws -> String {
        let port = freePort()
        let root = SharedData.packageRoot
        try Self.secret.write(toFile: "\(suite.folder)/secret", atomically: true, encoding: .utf8)
        suite.start(
            "dashboard", as: name,
            """
            dashboard: {port: \(port), passwords: @/\(name), web: "\(root.appending(path: "Services/Dashboard/web").path)", \
            chart_library: "\(root.appending(path: ".build/web/lightweight-charts.js").path)", secret_file: @/secret, \
            \(settings)}

            """)
        let url = "http://127.0.0.1:\(port)"
        try #require(
            suite.wait { try curl([url + "/api/v1/ping"]).contains("pong") }, "\(suite.log(name))")
        return url
    }

    private func startTrading() throws {
        try suite.startTrading(seed: 5, also: ["trade-recorder", "learner"])
        try #require(
            suite.wait { try Int(database.value("SELECT count(*) FROM trades") ?? "") ?? 0 > 2 },
            "\(suite.log("trade-recorder").suffix(800))")
    }

    private func curl(_ arguments: [String]) throws -> String {
        try Subprocess.run("/usr/bin/curl", ["-s", "--max-time", "60"] + arguments).output
    }

    private func script(_ path: String) -> String { SharedData.packageRoot.appending(path: "Tests/\(path)").path }

    @Test func `nobody comes in, sees or does what is not theirs, and bytes do no harm`() throws {
        suite.start(["risk-manager", "executor", "decision-engine", "trade-recorder"])
        let url = try start("dashboard", "machine_role: viewer")
        let checked = try Subprocess.run(
            "/usr/bin/env",
            [
                "python3", script("Dashboard/check_security.py"), url, "\(suite.folder)/dashboard", "--secret",
                "\(suite.folder)/secret",
            ])
        #expect(checked.exitCode == 0, "\(checked.output)")
        #expect(suite.isAlive("dashboard") && !suite.log("dashboard").contains("guess"))
    }

    @Test(.enabled(if: Browsers.isInstalled, "\(Browsers.skipMessage)"))
    func `the API answers as its description says, and each page works in a browser`() throws {
        try startTrading()
        // What schemathesis does as an operator goes to the suite too, so the pages come first.
        let url = try start("dashboard", "machine_role: operator")
        let logins = "\(suite.folder)/passwords"
        try FileManager.default.copyItem(atPath: "\(suite.folder)/dashboard/first-login", toPath: logins)
        let pages = try Subprocess.run(
            Browsers.python, [script("Browser/check_pages.py"), url, "--passwords", logins])
        #expect(pages.exitCode == 0, "\(pages.output)")
        let described = try Subprocess.run(
            Browsers.schemathesis,
            [
                "run", SharedData.packageRoot.appending(path: "docs/openapi.yaml").path, "--url", url, "--auth",
                "machine:\(Self.secret)", "--max-examples", "20", "--seed", "1", "--no-color",
            ])
        #expect(described.exitCode == 0, "\(described.output.suffix(6000))")
        // Whatever was asked of it, it had room for it.
        #expect(suite.residentMB("dashboard").map { $0 < 100 } == true)
    }
}
