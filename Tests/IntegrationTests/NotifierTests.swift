import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing
import TradingPrimitives

/// The notifier as a process, between a real Redis and a Bot API that behaves like Telegram's.
@Suite(.serialized)
struct NotifierTests {
    /// A notifier that knows one person, and the Telegram that it talks to.
    private final class Desk {
        static let token = "123:secret-canary"
        let suite: PaperSuite
        let health = freePort()
        private var telegram: ChildProcess?
        let port: Int
        let person: Int64 = 42

        init?(settings: String = "", symbols: [String] = ["BTCUSDT", "ETHUSDT"]) {
            port = freePort()
            guard let suite = PaperSuite(symbols: symbols, settings: "executor: {journal: @/executor.journal}\n") else {
                return nil
            }
            self.suite = suite
            guard startTelegram() else { return nil }
            start(settings)
        }

        deinit { telegram?.kill() }

        func start(_ settings: String = "") {
            suite.start(
                "notifier", as: "notifier",
                "notifier: {token: \"\(Self.token)\", base_url: \"http://127.0.0.1:\(port)\", chats: [42, -77], users: [42], metrics_port: \(health)\(settings)}\n"
            )
        }

        func startTelegram() -> Bool {
            telegram = ChildProcess(
                "/usr/bin/env",
                ["python3", SharedData.packageRoot.appending(path: "Tests/Telegram/fake_telegram.py").path, Self.token]
                    + ["\(port)"], output: "\(suite.folder)/telegram.log")
            return suite.wait { post("mode", "hold=0") == "{}" }
        }

        func stopTelegram() { telegram?.kill() }

        @discardableResult
        func post(_ path: String, _ body: String) -> String? {
            let result = try? Subprocess.run(
                "/usr/bin/curl", ["-s", "--max-time", "60", "--data", body, "http://127.0.0.1:\(port)/test/\(path)"])
            return result.flatMap { $0.exitCode == 0 ? $0.output : nil }
        }

        func write(_ text: String, from user: Int64 = 42, chat: Int64 = 42, _ more: String = "") {
            let words = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            post("write", "from=\(user)&chat=\(chat)&text=\(words)\(more)")
        }

        struct Sent: Decodable, Equatable {
            let chat: Int64
            let text: String
            let silent: Bool
        }

        func sent(to chat: Int64 = 42) -> [Sent] {
            let result = try? Subprocess.run("/usr/bin/curl", ["-s", "http://127.0.0.1:\(port)/test/sent"])
            return (result?.output ?? "").split(separator: "\n").compactMap {
                try? JSONDecoder().decode(Sent.self, from: Data($0.utf8))
            }.filter { $0.chat == chat }
        }

        func look(_ path: String) -> String {
            (try? Subprocess.run("/usr/bin/curl", ["-s", "http://127.0.0.1:\(health)/\(path)"]).output) ?? ""
        }

        /// The notifier's line of `vortexctl status`.
        func seen() throws -> String {
            let lines = try suite.control(["status"]).output.split(separator: "\n")
            return lines.first { $0.contains(" notifier ") }.map(String.init) ?? ""
        }

        func alert(_ event: String, _ severity: Severity = .warning, _ text: String = "something happened") throws {
            let alert = Alert(
                eventTime: Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)), severity: severity,
                service: "test", event: event, text: text)
            try add("alert", alert.fields)
        }

        func add(_ key: String, _ fields: Fields) throws {
            try suite.redis.client().command(["XADD", key, "*"] + fields.pairs.flatMap { [$0.name, $0.value] })
        }

        func commands() throws -> [Command] { try suite.entries("command").map { try Command($0.fields) } }

        /// Ready to hear: it has its groups, and has asked for updates.
        func isReady() -> Bool {
            suite.wait {
                try suite.redis.client().command("XINFO", "GROUPS", "alert").elements.isEmpty == false
            }
        }

        /// How often the watch outside was asked.
        func beats() -> Int {
            let result = try? Subprocess.run("/usr/bin/curl", ["-s", "http://127.0.0.1:\(port)/test/beats"])
            return (result?.output).flatMap { Int($0) } ?? 0
        }

        /// The code of the last question for one.
        func menu() -> String {
            (try? Subprocess.run("/usr/bin/curl", ["-s", "http://127.0.0.1:\(port)/test/menu"]))?.output ?? ""
        }

        func code() -> String? {
            let text = sent().last { $0.text.contains("/close_all ") }?.text
            return text?.split(separator: " ").last.map(String.init)
        }
    }

    @Test func `a watch outside hears of the suite as long as the executor speaks`() throws {
        let desk = try #require(Desk())
        desk.suite.kill("notifier")
        desk.start(", heartbeat_url: \"http://127.0.0.1:\(desk.port)/test/beat\", heartbeat_ms: 1000")
        try #require(desk.isReady(), "\(desk.suite.log("notifier"))")
        #expect(desk.suite.wait { desk.suite.log("notifier").contains("the executor never spoke") })
        #expect(desk.look("metrics").contains("heartbeats_total 0"))
        let redis = try desk.suite.redis.client()
        try redis.command(["XADD", "account", "*", "v", "1"])
        #expect(desk.suite.wait { desk.beats() >= 2 }, "\(desk.suite.log("notifier"))")
        // Its last word is older than a minute.
        let minuteAgo = Int64(Date().timeIntervalSince1970 * 1000) - 70_000
        try redis.command("DEL", "account")
        try redis.command(["XADD", "account", "\(minuteAgo)-0", "v", "1"])
        #expect(desk.suite.wait { desk.suite.log("notifier").contains("silent for 7") })
        #expect(!desk.suite.log("notifier").contains("/test/beat"), "the address is a secret")
    }

    @Test func `alerts arrive in order, through an outage, limits and a kill, and nothing twice`() throws {
        let desk = try #require(Desk(settings: ", noise: {info: \"off\"}"))
        try #require(desk.isReady(), "\(desk.suite.log("notifier"))")
        try desk.alert("first")
        #expect(desk.suite.wait { desk.sent().count == 1 }, "\(desk.suite.log("notifier"))")
        try desk.alert("never", .info)
        // Away: what happens meanwhile waits in Redis, also while the notifier itself is gone.
        desk.stopTelegram()
        for index in 0..<3 { try desk.alert("away_\(index)") }
        sleep(2)
        desk.suite.kill("notifier")
        try desk.alert("gone")
        #expect(desk.startTelegram())
        desk.post("mode", "retry_after=2")
        desk.start(", noise: {info: \"off\"}")
        let names = ["AWAY 0", "AWAY 1", "AWAY 2", "GONE"]
        #expect(
            desk.suite.wait { desk.sent().count == 4 && desk.sent(to: -77).count == 4 },
            "\(desk.sent()) \(desk.suite.log("notifier").suffix(2000))")
        #expect(zip(desk.sent(), names).allSatisfy { $0.text.hasPrefix("⚠️ \($1) (test)\n") }, "\(desk.sent())")
        // Telegram's own trouble: tried again.
        desk.post("mode", "fail=1")
        try desk.alert("again", .warning, "a < b & c")
        #expect(desk.suite.wait { desk.sent().count == 5 })
        #expect(desk.sent().last?.text.hasSuffix("a < b & c") == true)
        try desk.alert("end", .critical)
        #expect(desk.suite.wait { desk.sent().count == 6 })
        #expect(!desk.suite.log("notifier").contains("secret-canary"))
    }

    @Test(arguments: ["forbid", "unknown"])
    func `what a chat refuses waits for it, over a restart, is told to everybody who looks, and the others hear`(
        refusal: String
    ) throws {
        let desk = try #require(Desk())
        try #require(desk.isReady(), "\(desk.suite.log("notifier"))")
        #expect(desk.suite.wait { desk.look("metrics").contains("vortex7_telegram_up 1.0\n") })
        desk.post("mode", "\(refusal)=-77")
        try desk.alert("first", .critical)
        try desk.alert("second")
        // The other one hears both, and that this one hears nothing.
        #expect(desk.suite.wait { desk.sent().count == 3 }, "\(desk.sent()) \(desk.suite.log("notifier"))")
        #expect(desk.sent().contains { $0.text.contains("nothing for chat -77") })
        #expect(desk.suite.wait { desk.look("metrics").contains("vortex7_telegram_up 0.0\n") })
        #expect(
            desk.suite.wait {
                let text = desk.look("healthz")
                return text.contains("\"ready\":false") && text.contains("alerts do not reach everybody: chat -77")
            }, "\(desk.look("healthz"))")
        #expect(desk.suite.wait { try desk.seen().contains("alerts do not reach everybody: chat -77") })
        desk.suite.kill("notifier")
        desk.start()
        #expect(desk.suite.wait { desk.look("healthz").contains("chat -77") })
        #expect(desk.sent(to: -77).isEmpty)
        desk.post("mode", "\(refusal)=nobody")
        #expect(
            desk.suite.wait { desk.sent(to: -77).count >= 3 }, "\(desk.sent(to: -77)) \(desk.suite.log("notifier"))")
        let names = desk.sent(to: -77).compactMap { $0.text.split(separator: "\n").first.map(String.init) }
        #expect(names.first?.contains("FIRST") == true && names.count { $0.contains("FIRST") } == 1, "\(names)")
        #expect(names.count { $0.contains("SECOND") } == 1, "\(names)")
        #expect(desk.suite.wait { desk.look("healthz").contains("\"ready\":true") })
        #expect(desk.suite.wait { try desk.seen().hasSuffix("in hand") })
        #expect(try desk.suite.length("dead") == 0)
    }

    @Test func `a group that becomes a supergroup keeps its notices and its say, over a restart`() throws {
        let desk = try #require(Desk())
        try #require(desk.isReady(), "\(desk.suite.log("notifier"))")
        desk.post("mode", "moved=-77:-1001557912345")
        try desk.alert("halt", .critical)
        // Told by the refusal, and by nobody else.
        #expect(
            desk.suite.wait { desk.sent(to: -1_001_557_912_345).contains { $0.text.contains("HALT") } },
            "\(desk.suite.log("notifier"))")
        #expect(desk.suite.wait { desk.sent().contains { $0.text.contains("-1001557912345") } })
        #expect(desk.suite.wait { desk.look("metrics").contains("vortex7_telegram_up 1.0\n") })
        desk.write("/stop", from: 42, chat: -1_001_557_912_345)
        #expect(desk.suite.wait { try desk.commands().map(\.name) == [.stop] }, "\(desk.suite.log("notifier"))")
        desk.suite.kill("notifier")
        desk.start()
        desk.write("/start", from: 42, chat: -1_001_557_912_345)
        desk.write("/halt", from: 13, chat: -1_001_557_912_345)
        #expect(desk.suite.wait { try desk.commands().map(\.name) == [.stop, .start] })
        try desk.alert("again")
        #expect(desk.suite.wait { desk.sent(to: -1_001_557_912_345).contains { $0.text.contains("AGAIN") } })
        #expect(try desk.suite.length("dead") == 0)
    }

    @Test func `the word of Telegram that a group has moved lets the next command in`() throws {
        let desk = try #require(Desk())
        try #require(desk.isReady(), "\(desk.suite.log("notifier"))")
        // Of a group that is none of ours it says nothing.
        desk.write("", from: 42, chat: -55, "&more=%7B%22migrate_to_chat_id%22%3A-10055%7D")
        desk.write("/halt", from: 42, chat: -10055)
        desk.write("", from: 13, chat: -77, "&more=%7B%22migrate_to_chat_id%22%3A-10077%7D")
        desk.write("/stop", from: 42, chat: -10077)
        desk.write("/halt", from: 13, chat: -10077)
        #expect(desk.suite.wait { try desk.commands().map(\.name) == [.stop] }, "\(desk.suite.log("notifier"))")
        try desk.alert("after")
        #expect(desk.suite.wait { desk.sent(to: -10077).contains { $0.text.contains("AFTER") } })
        // Before its move it may have heard of the stranger's command.
        #expect(!desk.sent(to: -77).contains { $0.text.contains("AFTER") } && desk.sent(to: -10055).isEmpty)
        #expect(try desk.commands().count == 1)
    }

    @Test func `a notifier that has nothing to say is up, and one that is gone is not`() throws {
        let desk = try #require(Desk())
        #expect(desk.suite.wait { try desk.seen().contains("up   notifier") }, "\(desk.suite.log("notifier"))")
        // Nothing comes for longer than a reader of the market may be silent.
        sleep(6)
        #expect(try desk.seen().contains("up   notifier") && desk.seen().hasSuffix("in hand"))
        desk.suite.kill("notifier")
        #expect(desk.suite.wait { try desk.seen().contains("off  notifier") })
    }

    @Test func `commands count once, of people on the list alone, while they are fresh`() throws {
        let desk = try #require(Desk())
        try #require(desk.isReady(), "\(desk.suite.log("notifier"))")
        desk.write("/stop")
        #expect(desk.suite.wait { try desk.commands().map(\.name) == [.stop] })
        let stop = try #require(try desk.commands().first)
        #expect(stop.author == "telegram:42" && stop.id.hasPrefix("telegram:") && stop.id.hasSuffix(":42"))
        // What does not count: strangers, a stranger in our group, a friend in a strange chat, late, edited and forwarded.
        desk.write("/stop", from: 13, chat: 13)
        desk.write("/stop", from: 13, chat: -77)
        desk.write("/stop", from: 42, chat: 99)
        desk.write("/start", "&age=120")
        desk.write("/start", "&kind=edited_message")
        desk.write("/start", "&more=%7B%22forward_origin%22%3A%7B%7D%7D")
        desk.write("/start@vortex7_bot")
        #expect(desk.suite.wait { try desk.commands().map(\.name) == [.stop, .start] })
        #expect(try desk.suite.entries("alert").map { try Alert($0.fields).event } == ["stranger", "stranger"])
        // The service's answer goes to who asked.
        try desk.add(
            "reply",
            Reply(
                command: stop.id, eventTime: Timestamp(milliseconds: 1), service: "executor", isDone: true,
                text: "no new entries"
            ).fields)
        #expect(desk.suite.wait { desk.sent().contains { $0.text == "✅ executor: no new entries" } })
        let texts = desk.sent().map(\.text)
        #expect(texts.first?.hasPrefix("No new entries. Open positions keep their stops and targets:") == true)
        #expect(texts.contains { $0.hasPrefix("/start came ") && $0.contains("not carried out") })
        #expect(desk.sent(to: 13).isEmpty && desk.sent(to: 99).isEmpty)
        #expect(try desk.commands().count == 2)
        // Of one contract, and of none that is not traded.
        desk.write("/pause NOPEUSDT")
        desk.write("/close")
        desk.write("/pause btcusdt")
        desk.write("/resume BTCUSDT")
        desk.write("/close BTCUSDT")
        #expect(desk.suite.wait { try desk.commands().count == 5 })
        #expect(try desk.commands().suffix(3).map(\.name) == [.pause, .resume, .close])
        #expect(try desk.commands().suffix(3).allSatisfy { $0.symbol?.name == "BTCUSDT" })
        #expect(desk.suite.wait { desk.menu().contains("close_all") && desk.menu().contains("pause") })
    }

    @Test func `closing all needs a code, and survives kills at any moment without being lost or repeated`() throws {
        let desk = try #require(Desk())
        try #require(desk.isReady(), "\(desk.suite.log("notifier"))")
        desk.write("/close_all 1234")
        #expect(desk.suite.wait { desk.sent().count == 1 })
        #expect(try desk.commands().isEmpty)
        var last: String?
        for round in 1...4 {
            desk.write("/close_all")
            #expect(desk.suite.wait { desk.code().map { $0.count == 4 && $0 != last } ?? false })
            let code = try #require(desk.code())
            last = code
            desk.write("/close_all \(code)")
            usleep(UInt32(round) * 4000)
            desk.suite.kill("notifier")
            desk.start()
            #expect(desk.suite.wait { try desk.commands().count == round })
            // The same code once more says nothing.
            desk.write("/close_all \(code)")
        }
        // What is asked after it is answered after it.
        let count = desk.sent().count
        desk.write("/help")
        #expect(desk.suite.wait { desk.sent()[count...].contains { $0.text.contains("/close_all") } })
        #expect(try desk.commands().map(\.name) == [.closeAll, .closeAll, .closeAll, .closeAll])
        #expect(Set(try desk.commands().map(\.id)).count == 4)
    }

    @Test func `each question has an answer, also while nothing runs`() throws {
        let desk = try #require(Desk())
        try #require(desk.isReady(), "\(desk.suite.log("notifier"))")
        let questions = [
            "/help", "/status", "/balance", "/engines", "/regime", "/risk", "/breakers", "/stats", "/kpi", "/daily",
            "/why x", "/whynot ETHUSDT", "/nonsense",
        ]
        for (index, question) in questions.enumerated() {
            desk.write(question)
            #expect(desk.suite.wait { desk.sent().count == index + 1 }, "\(question)")
        }
        let texts = desk.sent().map(\.text)
        #expect(texts[0].contains("/close_all") && texts[2] == "no word from the executor yet")
        #expect(texts[7].contains("PostgreSQL is unavailable"))
        #expect(texts[11] == "no decision on ETHUSDT yet" && texts[12].contains("/help"))
        #expect(try desk.suite.length("dead") == 0)
    }

    @Test func `of two contracts whose names begin alike each decision is told of its own`() throws {
        let names = ["币安人生USDT", "我踏马来了USDT"]
        let desk = try #require(Desk(symbols: names))
        try #require(desk.isReady(), "\(desk.suite.log("notifier"))")
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        var ids: [String: String] = [:]
        for (index, name) in names.enumerated() {
            let symbol = try #require(Symbol(name)), time = Timestamp(milliseconds: now + Int64(index))
            let cause = StreamId(milliseconds: UInt64(now) + UInt64(index), sequence: 0)
            let id = TradeId(symbol: symbol, cause: cause)
            ids[name] = id.text
            try desk.add(
                "md.trade:{\(name)}",
                Alert(
                    eventTime: time, severity: .info, service: "x", event: "x", text: ""
                ).fields)
            try desk.add(
                "decision:{\(name)}",
                Decision(
                    id: id, cause: cause, eventTime: time, profile: "phase1", action: .long, strategy: .momentum,
                    confidence: 60, finalScore: 0.6, scoreMomentum: 0.6, scoreReversion: 0, enginesAgree: 2,
                    failedGates: GateSet(), reason: "because"
                ).fields)
        }
        for name in names {
            let id = try #require(ids[name])
            #expect(id.hasPrefix("USDT-"))
            let why = try desk.suite.control(["why", id]), trace = try desk.suite.control(["trace", id])
            #expect(why.output.hasPrefix("\(id)  \(name)  "), "\(why.output)")
            #expect(trace.exitCode == 0 && trace.output.contains("decision:{\(name)}"), "\(trace.output)")
            desk.write("/why \(id)")
            #expect(desk.suite.wait { desk.sent().contains { $0.text.hasPrefix("\(id)  \(name)  ") } })
        }
        #expect(desk.suite.log("notifier").contains("symbols_alike"))
    }

    @Test(arguments: [
        ("users: [1], token: x", "notifier.chats"), ("chats: [1], token: x", "notifier.users"),
        ("chats: [1], users: [1]", "notifier.token"), ("chats: [1], users: [me], token: x", "notifier.users"),
        ("chats: [1], users: [1], token: x, noise: {exit: loud}", "notifier.noise.exit"),
        ("chats: [1], users: [1], token: x, quiet_hours: night", "notifier.quiet_hours"),
        ("chats: [1], users: [1], token: x, base_url: \"http://example.org\"", "notifier.base_url"),
    ])
    func `without a list of people, or with a wrong word, it does not start`(section: String, path: String) throws {
        let suite = try #require(PaperSuite())
        suite.start("notifier", as: "notifier", "notifier: {\(section)}\n")
        #expect(suite.exitCode("notifier") == 4 && suite.log("notifier").contains(path), "\(suite.log("notifier"))")
    }
}
