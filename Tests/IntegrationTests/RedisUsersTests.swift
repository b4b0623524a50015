import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing

/// The users of `deploy/redis/users.sh`: each service has what its work needs, and nobody another's voice.
@Suite(.serialized)
struct RedisUsersTests {
    private static let writers: [String: [String]] = [
        "md.trade:{BTCUSDT}": ["data-hub"], "md.book:{BTCUSDT}": ["data-hub"], "md.candle:{BTCUSDT}": ["data-hub"],
        "md.forming:{BTCUSDT}": ["data-hub"], "md.metric:{BTCUSDT}": ["data-hub"],
        "signal:{BTCUSDT}": PaperSuite.sharing, "heatmap:{BTCUSDT}": ["sentiment-engine"],
        "decision:{BTCUSDT}": ["decision-engine"], "plan:{BTCUSDT}": ["risk-manager"],
        "execution:{BTCUSDT}": ["executor"], "account": ["executor"], "risk": ["risk-manager"],
        "reply": ["risk-manager", "executor"], "command": ["vortexctl", "notifier", "dashboard"],
        "weights": ["learner"],
        "notice": ["notifier"],
    ]
    private static let services = PaperSuite.engines + ["executor", "data-hub", "trade-recorder"]
    private static let users = services + ["learner", "notifier", "dashboard", "vortexctl", "monitor"]

    /// Makes the users' passwords in `folder` and gives the users to a server whose default user stays for the test.
    private func makeUsers(in folder: String, _ client: RedisClient) throws {
        let script = SharedData.packageRoot.appending(path: "deploy/redis/users.sh").path
        let made = try Subprocess.run(script, [folder])
        try #require(made.exitCode == 0, "\(made.output)")
        let rules = try String(contentsOfFile: "\(folder)/users.acl", encoding: .utf8)
        for line in rules.split(separator: "\n") where !line.hasPrefix("user default ") {
            try client.command(["ACL", "SETUSER"] + line.split(separator: " ").dropFirst().map(String.init))
        }
        #expect(rules.hasPrefix("user default off "))
    }

    @Test func `what these users have written in transactions is there after Redis was started again`() throws {
        let folder = NSTemporaryDirectory() + "vortex7-users-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let made = try Subprocess.run(SharedData.packageRoot.appending(path: "deploy/redis/users.sh").path, [folder])
        try #require(made.exitCode == 0, "\(made.output)")
        let rules = try String(contentsOfFile: "\(folder)/users.acl", encoding: .utf8)
        #expect(writeFile("\(folder)/users.acl", rules + "user test on nopass ~* &* +@all\n"))
        let server = try #require(
            RedisServer(
                [
                    "--aclfile", "\(folder)/users.acl", "--appendonly", "yes", "--appendfsync", "always",
                    "--appenddirname", "aof",
                ], user: "test"))
        defer { try? FileManager.default.removeItem(atPath: "\(server.directory)/aof") }
        var engine = server.address
        engine.user = "tick-engine"
        engine.password = try String(contentsOfFile: "\(folder)/tick-engine/redis", encoding: .utf8)
        let client = try RedisClient(engine)
        // One command alone would not be written down as a transaction.
        let add = ["XADD", "signal:{BTCUSDT}", "*", "a", "b"]
        for command in [["MULTI"], add, add, ["EXEC"]] { try client.command(command) }
        server.kill()
        #expect(server.start())
        let length = try server.client().command("XLEN", "signal:{BTCUSDT}")
        #expect(length == .integer(2))
        // And nobody can come as the one who may do all.
        var nobody = server.address
        nobody.user = nil
        nobody.password = nil
        #expect(throws: RedisError.self) { try RedisClient(nobody).command("PING") }
        nobody.password = ""
        #expect(throws: RedisError.self) { try RedisClient(nobody).command("PING") }
    }

    @Test func `an engine of your own may read the market and say signals, and nothing else`() throws {
        let server = try #require(RedisServer())
        let client = try server.client(), folder = "\(server.directory)/keys"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        setenv("VORTEX7_OWN_ENGINES", "three-candles", 1)
        defer { unsetenv("VORTEX7_OWN_ENGINES") }
        try makeUsers(in: folder, client)
        let commands: [(isAllowed: Bool, [String])] = [
            (true, ["XADD", "signal:{BTCUSDT}", "*", "a", "b"]), (true, ["XRANGE", "md.candle:{BTCUSDT}", "-", "+"]),
            (true, ["XREADGROUP", "GROUP", "three-candles", "1", "STREAMS", "md.candle:{BTCUSDT}", ">"]),
            (true, ["XACK", "md.candle:{BTCUSDT}", "three-candles", "1-1"]),
            (false, ["XTRIM", "signal:{BTCUSDT}", "MAXLEN", "0"]),
            (false, ["XADD", "md.candle:{BTCUSDT}", "*", "a", "b"]),
            (false, ["XADD", "plan:{BTCUSDT}", "*", "a", "b"]),
            (false, ["XADD", "command", "*", "a", "b"]), (false, ["XRANGE", "plan:{BTCUSDT}", "-", "+"]),
            (false, ["HSET", "engine_signals:{BTCUSDT}", "a", "b"]), (false, ["DEL", "signal:{BTCUSDT}"]),
        ]
        for (isAllowed, command) in commands {
            let answer = try client.command(["ACL", "DRYRUN", "three-candles"] + command).text ?? ""
            #expect((answer == "OK") == isAllowed, "\(command): \(answer)")
        }
    }

    @Test func `only who owns a stream may write to it`() throws {
        let server = try #require(RedisServer())
        let client = try server.client(), folder = "\(server.directory)/keys"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try makeUsers(in: folder, client)
        for (stream, owners) in Self.writers {
            for user in Self.users {
                let answer = try client.command("ACL", "DRYRUN", user, "XADD", stream, "*", "a", "b").text ?? ""
                #expect((answer == "OK") == owners.contains(user), "\(user) and \(stream): \(answer)")
            }
        }
        // What reads nobody's orders, and what destroys.
        let refused: [(String, [String])] = [
            ("tick-engine", ["XREAD", "STREAMS", "command", "0"]),
            ("tick-engine", ["XRANGE", "plan:{BTCUSDT}", "-", "+"]),
            ("tick-engine", ["SET", "lease:executor:EXECUTOR", "me"]),
            ("tick-engine", ["SET", "fence:risk-manager:x", "me"]),
            ("tick-engine", ["SET", "claim:executor:{BTCUSDT}", "me"]),
            ("tick-engine", ["EVAL", "", "2", "said:{reply}:tick-engine-1:x", "reply"]),
            ("tick-engine", ["SET", "alert", "gone"]),
            ("executor", ["XDEL", "plan:{BTCUSDT}", "1-1"]), ("executor", ["XTRIM", "plan:{BTCUSDT}", "MAXLEN", "0"]),
            ("order-flow-engine", ["DEL", "position:{BTCUSDT}"]), ("vortexctl", ["DEL", "command"]),
            ("monitor", ["XRANGE", "account", "-", "+"]),
        ]
        for (user, command) in refused {
            let answer = try client.command(["ACL", "DRYRUN", user] + command).text ?? ""
            #expect(answer.contains("permission"), "\(user) \(command): \(answer)")
        }
        // What only a cluster needs.
        let allowed: [(String, [String])] = [
            ("tick-engine", ["EVAL", "", "1", "workers:{tick-engine}"]),
            ("tick-engine", ["SET", "claim:tick-engine:{BTCUSDT}", "me", "GET"]),
            ("risk-manager", ["EVAL", "", "2", "said:{risk}:risk-manager-shared:x", "risk"]),
            ("risk-manager", ["SET", "said:{risk}:risk-manager-shared:x", "1"]), ("data-hub", ["CLUSTER", "SLOTS"]),
            ("executor", ["EVAL", "", "1", "workers:{executor}"]), ("vortexctl", ["CLUSTER", "SLOTS"]),
        ]
        for (user, command) in allowed {
            #expect(try client.command(["ACL", "DRYRUN", user] + command).text == "OK", "\(user) \(command)")
        }
        for user in Self.users {
            for command in [["FLUSHALL"], ["CONFIG", "GET", "*"], ["KEYS", "*"], ["ACL", "LIST"], ["SHUTDOWN"]] {
                let answer = try client.command(["ACL", "DRYRUN", user] + command).text ?? ""
                #expect(answer.contains("permission"), "\(user) \(command): \(answer)")
            }
        }
    }

    @Test func `a wrong password is refused, and the right one stays over a second start`() throws {
        let server = try #require(RedisServer())
        let client = try server.client(), folder = "\(server.directory)/keys"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try makeUsers(in: folder, client)
        let password = try String(contentsOfFile: "\(folder)/tick-engine/redis", encoding: .utf8)
        try makeUsers(in: folder, client)
        var address = server.address
        address.user = "tick-engine"
        address.password = password
        let engine = try RedisClient(address)
        #expect(try engine.command("PING") == .text("PONG"))
        #expect(throws: RedisError.self) { try engine.command("XADD", "plan:{BTCUSDT}", "*", "a", "b") }
        // A script may do no more than its user.
        #expect(throws: RedisError.self) {
            try engine.command("EVAL", "return redis.call('XADD', 'plan:{BTCUSDT}', '*', 'a', 'b')", "0")
        }
        address.password = password + "x"
        #expect(throws: RedisError.self) { try RedisClient(address).command("PING") }
    }

    @Test(.enabled(if: TestDatabase.server != nil, "\(TestDatabase.skipMessage)"))
    func `the suite trades, shares, dies and recovers as these users, and is refused nothing`() throws {
        let database = try #require(try TestDatabase("redis_users"))
        let suite = try #require(
            PaperSuite(rate: 10, settings: "profile: phase1\n" + FullProfileTests.loose, postgres: database.url))
        let client = try suite.redis.client(), folder = "\(suite.folder)/keys"
        try makeUsers(in: folder, client)
        func start(_ service: String, as name: String) {
            suite.start(
                service, as: name, "redis: {user: \(service), password_file: \"\(folder)/\(service)/redis\"}\n")
        }
        suite.startSimulator(["--seed", FullProfileTests.seed])
        for service in Self.services { start(service, as: service) }
        start("tick-engine", as: "tick-engine-2")
        start("risk-manager", as: "risk-manager-2")
        func closed() throws -> Int {
            try suite.symbols.reduce(0) { sum, symbol in
                try sum + suite.entries("execution:{\(symbol)}").count { $0.fields["event"] == "POSITION_CLOSED" }
            }
        }
        let isTraded = suite.wait { try closed() > 0 }, refused = try refusals(client)
        try #require(isTraded, "\(suite.log("executor").suffix(800)) \(refused)")
        // Those that come back claim, fence and recall.
        for service in Self.services { suite.kill(service) }
        for service in Self.services { start(service, as: service) }
        suite.kill("tick-engine-2")
        let before = try closed()
        #expect(suite.wait { try closed() > before }, "\(suite.log("executor").suffix(800))")
        #expect(
            writeFile(
                "\(suite.folder)/person.yaml",
                "redis: {user: vortexctl, password_file: \"\(folder)/vortexctl/redis\"}\n"))
        for command in [["status"], ["streams"], ["doctor"], ["why-not", "BTCUSDT"], ["stop"], ["close-all"]] {
            var answer = ""
            let isDone = suite.wait {
                let result = try suite.control(["-c", "\(suite.folder)/person.yaml"] + command)
                answer = result.output
                return result.exitCode == 0
            }
            #expect(isDone, "\(command): \(answer)")
        }
        #expect(suite.wait { try database.value("SELECT count(*) > 0 FROM trades") == "t" })
        #expect(try refusals(client) == [])

        // Another venue, whose time begins before what the streams tell, and services in another order.
        for service in Self.services + ["exchange-simulator"] { suite.kill(service) }
        for service in Self.services.reversed() { start(service, as: service) }
        suite.startSimulator(["--seed", FullProfileTests.seed])
        let length = try suite.length("decision:{BTCUSDT}")
        #expect(suite.wait { try suite.length("decision:{BTCUSDT}") > length + 20 })
        sleep(5)
        #expect(try refusals(client) == [])
    }

    /// What Redis has refused to anyone.
    private func refusals(_ client: RedisClient) throws -> [String] {
        try client.command("ACL", "LOG", "100").elements.map { entry in
            entry.elements.map { $0.text ?? "\($0.integer ?? 0)" }.joined(separator: " ")
        }
    }
}
