import Foundation
import Glibc
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing

/// The executor as a process among others: two of them, without Redis, with an empty Redis, killed over a command.
@Suite(.serialized)
struct OneExecutorTests {
    private static let symbol = "BTCUSDT"
    private let suite: PaperSuite
    private let account: PaperAccount

    init() throws {
        suite = try #require(PaperSuite(symbols: [Self.symbol]))
        account = try #require(PaperAccount(suite.venueURL))
        suite.startSimulator(["--seed", "3"])
        suite.start(["data-hub", "executor"])
    }

    /// A position made by hand, which the executor finds, takes for its own and protects.
    private func openPosition() throws {
        try #require(suite.wait { suite.log("executor").contains("\"user_stream_live\"") })
        try #require(suite.wait { try suite.length("md.book:{BTCUSDT}") > 0 })
        try account.buy(Self.symbol, "0.02")
        try #require(
            suite.wait { try !account.stops(Self.symbol).isEmpty },
            "no stop: \(suite.log("executor").suffix(2000))")
    }

    /// Lets the market go on for so many books.
    private func awaitBooks(_ count: Int) throws {
        let before = try suite.framesSent().values.reduce(0, +)
        try #require(suite.wait { try suite.framesSent().values.reduce(0, +) > before + count })
    }

    /// Client ids of all that an executor has ever sent to the venue.
    private func namesSent() throws -> Set<String> {
        let ledger = try Subprocess.run("/usr/bin/curl", ["-s", suite.venueURL + "/sim/v1/ledger"]).output
        return Set(ledger.matches(of: /"(v7-[^"]*)"/).map { String($0.1) })
    }

    private func alerts(_ event: String) throws -> Int {
        try suite.entries("alert").count { $0.fields["event"] == event }
    }

    private func acceptsEntries() throws -> Bool? {
        try suite.entries("account").last?.fields["accepts_entries"].map { $0 == "1" }
    }

    @Test func `the second executor waits, takes over from one that sleeps, and ends it when it wakes up`() throws {
        try openPosition()
        let port = freePort()
        suite.start("executor", as: "second", "executor: {journal: @/second.journal, metrics_port: \(port)}\n")
        #expect(suite.wait { suite.log("second").contains("\"standby\"") })
        try awaitBooks(30)
        #expect(!suite.log("second").contains("\"owner\""), "two at once")
        let health = try Subprocess.run("/usr/bin/curl", ["-si", "http://127.0.0.1:\(port)/healthz"]).output
        #expect(
            health.contains(" 200 ") && health.contains("\"ready\":false") && health.contains("\"standby\":true"),
            "\(health)")
        #expect(suite.isAlive("second") && suite.isAlive("executor"))

        suite.signal("executor", SIGSTOP)
        #expect(suite.wait { suite.log("second").contains("\"owner\"") }, "\(suite.log("second"))")
        #expect(
            suite.wait { try account.stops(Self.symbol).count == 1 && alerts("position_adopted") == 2 })
        // What an executor sends bears the name of its own adoption. The new owner may go on to send: its stop may be refused once.
        let owner = try #require(
            try suite.entries("execution:{BTCUSDT}").last { $0.fields["event"] == "POSITION_ADOPTED" })
        let name = try #require(owner.fields["plan"])
        let before = try namesSent()
        #expect(before.contains { !$0.contains(name) }, "\(before)")
        suite.signal("executor", SIGCONT)
        #expect(suite.exitCode("executor") == 6, "\(suite.log("executor").suffix(1000))")
        #expect(suite.wait { try account.stops(Self.symbol).count == 1 && namesSent().contains { $0.contains(name) } })
        #expect(try namesSent().subtracting(before).allSatisfy { $0.contains(name) }, "it sent something")

        // The one that has ended may come back, and waits in turn; the other one ends in order and makes way at once.
        suite.start(["executor"])
        #expect(suite.wait { suite.log("executor").contains("\"standby\"") })
        #expect(suite.terminate("second") == 0)
        #expect(suite.wait { suite.log("executor").components(separatedBy: "\"owner\"").count == 3 })
    }

    @Test func `without Redis the executor goes on protecting, also one that starts then`() throws {
        try openPosition()
        suite.redis.kill()
        sleep(3)
        try account.cancelStops(Self.symbol)
        #expect(
            suite.wait { try !account.stops(Self.symbol).isEmpty }, "\(suite.log("executor").suffix(1000))"
        )
        suite.kill("executor")
        try account.cancelStops(Self.symbol)
        suite.start(["executor"])
        #expect(
            suite.wait { try !account.stops(Self.symbol).isEmpty || account.held(Self.symbol) == 0 },
            "\(suite.log("executor").suffix(1000))")
        #expect(suite.redis.start())
        #expect(suite.wait { try acceptsEntries() == true })
        #expect(suite.isAlive("executor"))
    }

    @Test func `words that wait for Redis stop entries beyond a bound, and are said once when it is back`() throws {
        try openPosition()
        suite.kill("executor")
        suite.start("executor", as: "bounded", "executor: {outbox_max: 10}\n")
        try #require(suite.wait { suite.log("bounded").contains("\"user_stream_live\"") })
        try #require(suite.wait { try acceptsEntries() == true })
        suite.redis.kill()
        // Each stop that is taken away is told, and so is what takes its place: another stop, and at last an exit.
        #expect(
            suite.wait {
                if try !account.stops(Self.symbol).isEmpty { try account.cancelStops(Self.symbol) }
                if try account.held(Self.symbol) == 0 { try account.buy(Self.symbol, "0.02") }
                return isHindered(true)
            }, "\(suite.log("bounded").suffix(1500))")
        #expect(suite.redis.start())
        #expect(suite.wait { try isHindered(false) && acceptsEntries() == true })
        let words = try suite.entries("execution:{BTCUSDT}").map { entry in
            ["event", "event_time", "client_order_id", "state"].map { entry.fields[$0] ?? "" }.joined(separator: " ")
        }
        // Alerts count for the bound too.
        let alertCount = try suite.entries("alert").count
        #expect(words.count + alertCount > 10 && Set(words).count == words.count, "\(words), \(alertCount) alerts")
    }

    @Test func `a Redis that can't tell yet what was said is not taken for one that was emptied`() throws {
        try openPosition()
        let redis = try suite.client()
        func wordCount() throws -> Int { try suite.entries("execution:{BTCUSDT}").count }
        // It takes writes, and refuses to read the outbox's marks, as one does that is loading its file.
        try redis.command("ACL", "SETUSER", "default", "resetkeys", "~[^o]*", "~o[^u]*", "%W~ou*")
        try redis.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        func refusals() -> Int { suite.log("executor").components(separatedBy: "\"outbox_disconnected\"").count - 1 }
        try #require(suite.wait { refusals() > 1 }, "\(suite.log("executor").suffix(1000))")
        let before = try wordCount(), seen = refusals()
        try account.cancelStops(Self.symbol)
        #expect(suite.wait { try !account.stops(Self.symbol).isEmpty && refusals() > seen + 1 })
        #expect(try wordCount() == before)
        try redis.command("ACL", "SETUSER", "default", "allkeys")
        #expect(suite.wait { try wordCount() > before })
    }

    /// Whether the bounded executor has said that its outbox is in the way, or is no more.
    private func isHindered(_ isPresent: Bool) -> Bool {
        suite.log("bounded").split(separator: "\n").contains {
            $0.contains("\"of\":\"outbox\"") && $0.contains("\"is_present\":\(isPresent)")
        }
    }

    @Test func `a Redis that was emptied stops entries until an operator starts them, also over a restart`() throws {
        try openPosition()
        #expect(try suite.control(["start"]).exitCode == 0)
        try suite.redis.client().command("FLUSHALL")
        #expect(suite.wait { try alerts("streams_lost") == 1 }, "\(suite.log("executor").suffix(1000))")
        #expect(suite.wait { try acceptsEntries() == false })
        #expect(try account.stops(Self.symbol).count == 1)
        suite.kill("executor")
        // Emptied while nobody looked, it is found at the start.
        try suite.redis.client().command("FLUSHALL")
        suite.start(["executor"])
        #expect(
            suite.wait {
                try suite.entries("alert").contains { $0.fields["text"]?.contains("not know the executor") == true }
            }, "\(suite.log("executor").suffix(2500))")
        #expect(suite.wait { try acceptsEntries() == false })
        #expect(try suite.control(["start"]).exitCode == 0)
        #expect(suite.wait { try acceptsEntries() == true })
        #expect(try account.stops(Self.symbol).count == 1)
    }

    @Test func `a journal from an old backup gives way to what the venue tells, and the stop stands all the time`()
        throws
    {
        try #require(suite.wait { suite.log("executor").contains("\"user_stream_live\"") })
        let journal = "\(suite.folder)/executor.journal", backup = "\(suite.folder)/old.journal"
        try FileManager.default.copyItem(atPath: journal, toPath: backup)
        try openPosition()
        #expect(suite.terminate("executor") == 0)
        try FileManager.default.removeItem(atPath: journal)
        try FileManager.default.moveItem(atPath: backup, toPath: journal)
        let held = try account.held(Self.symbol), first = try account.stops(Self.symbol)
        suite.start(["executor"])
        var isNaked = false
        let isTaken = suite.wait {
            let stops = try account.stops(Self.symbol)
            if stops.isEmpty { isNaked = true }
            return stops.count == 1 && stops != first
        }
        #expect(isTaken && !isNaked, "\(suite.log("executor").suffix(1500))")
        #expect(try account.held(Self.symbol) == held && alerts("position_adopted") == 2)
    }

    @Test func `close-all survives a kill at any moment, and is answered once`() throws {
        for (round, delayMs) in [0, 2, 5, 10, 20, 40, 80, 150].enumerated() {
            try openPosition()
            let id = "close-\(round)"
            try suite.redis.client().command(
                "XADD", "command", "*", "v", "1", "id", id, "issued_at",
                "\(Int64(Date().timeIntervalSince1970 * 1000))",
                "author", "test", "name", "close_all")
            usleep(UInt32(delayMs) * 1000)
            suite.kill("executor")
            suite.start(["executor"])
            #expect(
                suite.wait { try account.held(Self.symbol) == 0 && answers(to: id).count == 1 },
                "round \(round): \(suite.log("executor").suffix(1500))")
            #expect(try answers(to: id) == ["1"], "round \(round)")
            #expect(suite.wait { try account.stops(Self.symbol).isEmpty }, "round \(round)")
        }
        sleep(2)
        for round in 0..<8 { #expect(try answers(to: "close-\(round)").count == 1, "round \(round)") }
    }

    /// Whether each answer to a command says that it was done.
    private func answers(to command: String) throws -> [String] {
        try suite.entries("reply").filter { $0.fields["command"] == command && $0.fields["service"] == "executor" }
            .map { $0.fields["ok"] ?? "" }
    }
}
