import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing

/// `make up` where a stranger has it: folders with any name, a second suite beside the first, a venue that does not answer.
@Suite(
    .serialized,
    .enabled(if: LocalSuite.isInstalled && PostgresServer.isInstalled, "needs supervisord, Redis, PostgreSQL"))
struct StrangeFolderTests {
    /// Ten minutes of trades at 28 145 USDT.
    private static func recording() -> String {
        (0..<6000).map { row in
            let time = 1_690_000_000_000 + row * 100
            return
                "\(row + 1),\(28_145 + row % 7).\(row % 10),0.0\(1 + row % 9),\(row),\(row),\(time),\(row % 3 == 0)\n"
        }.joined()
    }

    private func health(_ port: String) -> String {
        (try? Subprocess.run("/usr/bin/curl", ["-s", "-m", "5", "http://127.0.0.1:\(port)/healthz"]).output) ?? ""
    }

    /// What `suite.sh env` exports under names that begin so.
    private func exports(_ suite: LocalSuite, _ head: String) throws -> [String: String] {
        var values: [String: String] = [:]
        for line in try suite.run("deploy/local/suite.sh env").output.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2, parts[0].hasPrefix("export \(head)") { values[parts[0]] = parts[1] }
        }
        return values
    }

    @Test func `a suite lives in folders with spaces and percent signs, and plays a recording that lies in one`() throws
    {
        let suite = try #require(try LocalSuite(beneath: "/My Projects/50% done & (more)"))
        let data = suite.folder + "/as found, 100%"
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        try Self.recording().write(
            toFile: data + "/BTCUSDT-aggTrades-2023-07-22.csv", atomically: true, encoding: .utf8)
        suite.set("DATA", data)
        suite.set("SYMBOLS", "BTCUSDT")
        suite.set("VORTEX7__SYMBOLS", "BTCUSDT")
        suite.set("VENUE_OPTIONS", nil)
        try suite.up()
        defer { _ = try? suite.run("make down") }
        // Its second file of addresses is the same as its first, and each command finds the suite.
        #expect(try suite.run("make up").output.contains("already up"))
        let redis = try suite.redis()
        let isTraded = suite.wait { try redis.command("XLEN", "md.trade:{BTCUSDT}").integer ?? 0 > 10 }
        #expect(isTraded, "\(suite.log("data-hub"))")
        let isDecided = suite.wait { try redis.command("XLEN", "decision:{BTCUSDT}").integer ?? 0 > 0 }
        #expect(isDecided, "\(suite.log("decision-engine"))")
        let status = try suite.run("deploy/local/suite.sh ctl status")
        #expect(status.exitCode == 0 && status.output.contains("up   data-hub"), "\(status.output)")
        let backup = try suite.run("deploy/local/suite.sh ctl backup '\(suite.folder)/my backups'")
        #expect(backup.exitCode == 0, "\(backup.output)")
        // The past was brought to the recording's price: no candle of it is at another market's.
        let lows = try suite.entries("md.candle:{BTCUSDT}").compactMap { $0.fields.pairs }
            .flatMap { $0.filter { $0.name == "close" }.compactMap { Double($0.value) } }
        #expect(!lows.isEmpty && lows.allSatisfy { 14_000 < $0 && $0 < 56_000 })
        let venue = try Subprocess.run("/usr/bin/curl", ["-s", "-m", "5", "\(suite.venueURL)/sim/v1/status"]).output
        #expect(venue.contains(#""rows":6000,"skipped":0,"doubled":0"#), "\(venue)")
        let down = try suite.run("make down")
        #expect(down.exitCode == 0 && down.output.contains("stopped"), "\(down.output)")
    }

    @Test func `what a folder's name can't have in it is named`() throws {
        for name in ["/a \"quote\"", "/a ;semicolon", "/a\\backslash"] {
            let suite = try #require(try LocalSuite(beneath: name))
            let up = try suite.run("make up")
            #expect(up.exitCode == 1 && up.output.contains("VORTEX7_VAR: '\(suite.variables)' has a"), "\(up.output)")
        }
    }

    @Test func `two suites live on one machine, each at ports of its own`() throws {
        let suites = [
            try #require(try LocalSuite(showsMetrics: true)), try #require(try LocalSuite(showsMetrics: true)),
        ]
        for suite in suites { try suite.up() }
        defer { for suite in suites { _ = try? suite.run("make down") } }
        let ports = try suites.map { try exports($0, "VORTEX7_METRICS_") }
        #expect(ports[0].count == 13 && ports[1].count == 13)
        #expect(Set(ports[0].values).isDisjoint(with: Set(ports[1].values)))
        for (suite, ports) in zip(suites, ports) {
            let port = try #require(ports["export VORTEX7_METRICS_TICK_ENGINE"])
            let isSeen = suite.wait { health(port).contains(#""service":"tick-engine","ready":true"#) }
            #expect(isSeen, "\(health(port))")
            let status = try suite.run("deploy/local/suite.sh ctl status").output
            #expect(status.contains("tick-engine \(port)"), "\(status)")
            #expect(try suite.run("deploy/local/suite.sh ctl doctor").output.contains("12 of 13 services show theirs"))
        }
        // The first one comes again beside the second, and whoever took its port meanwhile keeps it.
        _ = try suites[0].run("make down")
        let taken = try #require(ports[0]["export VORTEX7_METRICS_EXECUTOR"])
        let thief = try #require(
            ChildProcess("python3", ["-m", "http.server", "--bind", "127.0.0.1", taken], output: "/dev/null"))
        defer { thief.kill() }
        #expect(suites[0].wait { !health(taken).isEmpty })
        try suites[0].up()
        let again = try exports(suites[0], "VORTEX7_METRICS_")
        #expect(again["export VORTEX7_METRICS_EXECUTOR"] != taken)
        #expect(again.count { ports[0][$0.key] == $0.value } == 12)
    }

    @Test func `a venue that takes connections and does not answer is given up`() throws {
        let suite = try #require(try LocalSuite())
        let programs = suite.folder + "/bin"
        try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
        let deaf = """
            #!/usr/bin/env python3
            import socket, sys, time
            door = socket.create_server(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])))
            time.sleep(600)
            """
        try deaf.write(toFile: programs + "/exchange-simulator", atomically: true, encoding: .utf8)
        chmod(programs + "/exchange-simulator", 0o755)
        suite.set("VORTEX7_BUILD", programs)
        suite.set("VORTEX7_START_SECONDS", "5")
        do {
            try suite.up()
            Issue.record("it came up")
        } catch {
            #expect("\(error)".contains("the exchange simulator did not come up within 5 s"), "\(error)")
        }
    }
}
