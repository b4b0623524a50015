import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing
import TradingPrimitives

/// The operator's command line on a suite that runs: each command does what its help says, and its JSON can be read.
@Suite(.serialized, .enabled(if: TestDatabase.server != nil, "\(TestDatabase.skipMessage)"))
struct OperatorTests {
    private static let symbols = ["BTCUSDT", "ETHUSDT"]
    private let suite: PaperSuite
    private let database: TestDatabase

    init() throws {
        database = try #require(try TestDatabase("operator_\(UInt32.random(in: 0...UInt32.max))"))
        suite = try #require(PaperSuite(symbols: Self.symbols, settings: KillTests.eager, postgres: database.url))
    }

    private func start() throws {
        suite.startSimulator(["--seed", "5"])
        suite.start(PaperSuite.engines + ["data-hub", "executor", "trade-recorder"])
        try #require(
            suite.wait {
                try suite.entries("execution:{BTCUSDT}").contains { $0.fields["event"] == "POSITION_CLOSED" }
            }, "no trade: \(suite.log("executor").suffix(800))")
    }

    /// Runs a command as people and as scripts do; each line of JSON must be an object.
    @discardableResult
    private func control(_ arguments: [String], code: Int32 = 0) throws -> [[String: Any]] {
        let text = try suite.control(arguments)
        #expect(
            text.exitCode == code && !text.output.isEmpty, "\(arguments): \(text.exitCode) \(text.output.prefix(600))")
        return try objects(arguments)
    }

    private func objects(_ arguments: [String]) throws -> [[String: Any]] {
        let json = try suite.control(arguments + ["--json"])
        return json.output.split(separator: "\n").filter { $0.hasPrefix("{") }.compactMap { line in
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(object != nil, "\(arguments): \(line)")
            return object
        }
    }

    // One suite for both: until its first trade is over takes most of their time.
    @Test func `each command shows what is there, as a table and as JSON; a backup brings back what is lost`() throws {
        try start()
        try expectCommands()
        try expectBackup()
    }

    private func expectCommands() throws {
        let status = try control(["status"])
        #expect(status.count == 1)
        let services = status.first?["services"] as? [[String: Any]] ?? []
        // Neither runs here, and the suite is whole without.
        #expect(
            services.filter { $0["up"] as? Bool == false }.map { $0["name"] as? String } == ["notifier", "learner"])
        #expect(!(try suite.control(["status"]).output.contains("DOWN")))
        #expect(try control(["streams"]).count > 10)
        // Its code says whether somebody lags, as on a machine with other work now and then.
        #expect(suite.wait { try suite.control(["lag"]).exitCode == 0 })
        let lags = try objects(["lag"])
        #expect(Set(lags.compactMap { $0["service"] as? String }).isSuperset(of: PaperSuite.engines))
        let owners = try control(["engines"])
        #expect(owners.contains { $0["service"] as? String == "tick-engine" && ($0["owns"] as? [String])?.count == 2 })
        try control(["weights"])
        try control(["why-not", "BTCUSDT"])
        #expect(try control(["doctor"]).count > 8)
        try control(["config", "show"])
        #expect(try control(["journal", "verify"]).allSatisfy { $0["ok"] as? Bool == true })
        #expect(try control(["config", "check"]).count == 11)
        let settings = try control(["config", "show", "--effective"])
        let risk = try #require(settings.first { $0["path"] as? String == "risk-manager.risk_per_trade" })
        #expect(risk["default"] as? String == "0.01" && risk["form"] as? String == "0.0001…0.02", "\(risk)")
        let symbols = try #require(settings.first { $0["path"] as? String == "symbols" })
        #expect(symbols["value"] as? String == Self.symbols.joined(separator: ", "))

        // One contract is kept out, and let in again; a wrong name is told with the right ones.
        #expect(try suite.control(["pause", "ETHUSDT"]).output.contains("no entries in ETHUSDT until a person"))
        #expect(try suite.control(["status"]).output.contains("ETHUSDT PAUSED by a person"))
        #expect(try suite.control(["pause", "NOPEUSDT"]).output.contains("BTCUSDT, ETHUSDT"))
        #expect(try suite.control(["pause"]).exitCode == 4)
        #expect(try suite.control(["resume", "ETHUSDT"]).exitCode == 0)
        #expect(!(try suite.control(["status"]).output.contains("PAUSED")))

        // From a trade to its market event, and through every hop back to the trade.
        let closed = try #require(
            try suite.entries("execution:{BTCUSDT}").first { $0.fields["event"] == "POSITION_CLOSED" })
        let trade = try #require(closed.fields["plan"])
        try control(["why", trade])
        let hops = try control(["trace", trade])
        let kinds = Set(hops.compactMap { ($0["stream"] as? String)?.split(separator: ":").first.map(String.init) })
        #expect(kinds.isSuperset(of: ["md.book", "signal", "decision", "plan", "execution"]), "\(kinds)")
        let cause = try #require(hops.first?["id"] as? String)
        #expect(try control(["trace", cause]).count == hops.count)
        #expect(try suite.control(["trace", "1-1"]).exitCode == 2)

        // A service is restarted by what the configuration names, and waited for.
        let again = "kill -TERM $(pgrep -f '[t]ick-engine -c \(suite.folder)'); sleep 0.2"
        let file = "\(suite.folder)/again.yaml"
        try "vortexctl: {restart_command: \"\(again)\"}\n".write(toFile: file, atomically: true, encoding: .utf8)
        let gone = try suite.control(["-c", file, "restart", "tick-engine", "--timeout", "4"])
        #expect(gone.exitCode == 5, "nobody starts it again: \(gone.output)")
        #expect(try suite.control(["restart", "dance"]).exitCode == 4)
    }

    @Test func `what could not be read is listed, and told again only where nothing happens twice`() throws {
        suite.start(["decision-engine", "risk-manager"])
        let redis = try suite.redis.client()
        try #require(suite.wait { suite.log("risk-manager").contains("\"ready\"") })
        _ = try redis.command("XADD", "decision:{BTCUSDT}", "*", "v", "1", "id", "?")
        _ = try redis.command("XADD", "signal:{BTCUSDT}", "*", "v", "1", "engine", "E9")
        try #require(suite.wait { try suite.length("dead:{BTCUSDT}") == 2 })
        let letters = try control(["dlq", "list"])
        let decision = try #require(letters.first { $0["stream"] as? String == "decision:{BTCUSDT}" })
        let signal = try #require(letters.first { $0["stream"] as? String == "signal:{BTCUSDT}" })
        let id = try #require(decision["dead_id"] as? String)
        #expect(try control(["dlq", "show", id]).first?["field.id"] as? String == "?")
        #expect(try suite.control(["dlq", "retry", try #require(signal["dead_id"] as? String)]).exitCode == 6)
        #expect(try suite.control(["dlq", "retry", id]).exitCode == 0)
        // It can't be read still, so it comes back.
        #expect(
            suite.wait {
                try suite.length("dead:{BTCUSDT}") == 2 && suite.length("decision:{BTCUSDT}") == 2
            })
        #expect(try suite.control(["dlq", "show", "1-1"]).exitCode == 2)
    }

    /// The database, and journals where there are none.
    private func expectBackup() throws {
        func trades() throws -> Int { try Int(database.value("SELECT count(*) FROM trades") ?? "") ?? 0 }
        let folder = suite.folder + "/backups"
        let before = try trades()
        let made = try #require(try control(["backup", folder]).first?["folder"] as? String)
        #expect(try suite.control(["restore", made]).exitCode == 6, "the suite runs")
        for service in PaperSuite.engines + ["data-hub", "executor", "trade-recorder"] { suite.kill(service) }
        sleep(4)
        let after = try trades()
        try database.execute("TRUNCATE trades CASCADE")
        let journal = "\(suite.folder)/executor.journal"
        try FileManager.default.removeItem(atPath: journal)
        let restored = try suite.control(["restore", made])
        #expect(restored.exitCode == 0, "\(restored.output)")
        // The suite went on trading while the backup was made, and after it.
        let restoredCount = try trades()
        #expect(before > 0 && (before...after).contains(restoredCount))
        #expect(try suite.control(["journal", "verify", journal]).exitCode == 0)
        // A file that was changed is no backup any more.
        try "x".write(toFile: "\(made)/configuration.yaml", atomically: true, encoding: .utf8)
        #expect(try suite.control(["restore", made]).exitCode == 8)
        #expect(try suite.control(["restore", folder]).exitCode == 2)
    }

    @Test func `a damaged journal, a wrong key and a nonsense command are told with their codes`() throws {
        let path = "\(suite.folder)/damaged.journal"
        var bytes = [UInt8](repeating: 7, count: 64)
        bytes += [UInt8](repeating: 0, count: 64)
        try Data(bytes).write(to: URL(filePath: path))
        #expect(try suite.control(["journal", "verify", "/nowhere"]).exitCode == 2)
        #expect(try suite.control(["journal", "verify", path]).exitCode == 0, "all of it is a torn tail")
        let file = "\(suite.folder)/wrong.yaml"
        try "risk-manager: {risk_per_trade: 7}\n".write(toFile: file, atomically: true, encoding: .utf8)
        let check = try suite.control(["-c", file, "config", "check"])
        #expect(check.exitCode == 4 && check.output.contains("risk-manager.risk_per_trade"), "\(check.output)")
        let differences = try control(["config", "diff", file])
        #expect(differences.contains { $0["path"] as? String == "risk-manager.risk_per_trade" })
        for shell in ["bash", "zsh", "fish"] {
            #expect(try suite.control(["completion", shell]).output.contains("why-not"))
        }
        #expect(
            try Subprocess.run(
                "/bin/bash",
                [
                    "-c",
                    "source <('\(PaperSuite.programs)/vortexctl' -c '\(suite.folder)/suite.yaml' completion bash); complete -p vortexctl",
                ]
            ).exitCode == 0)
        for name in ["status", "trace", "restore"] {
            let help = try suite.control([name, "--help"])
            #expect(help.exitCode == 0 && help.output.hasPrefix("vortexctl \(name)"))
        }
    }
}
