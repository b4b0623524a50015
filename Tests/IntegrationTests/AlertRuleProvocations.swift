import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport

// What the rules watch for, in an order in which one thing does not hide the next.
extension AlertRuleTests {
    func provocations(_ disk: String) -> [Provocation] {
        servicesAndServers(disk) + feedAndClock() + ordersAndAccount()
    }

    private func control(_ words: String...) throws { _ = try suite.control(words) }

    private func servicesAndServers(_ disk: String) -> [Provocation] {
        [
            Provocation("BackupMissing", begin: {}) { try control("backup", suite.folder + "/backups") },
            Provocation("DeadLetters") {
                _ = try suite.redis.client().command("XADD", "decision:{BTCUSDT}", "*", "v", "1", "id", "?")
            },
            Provocation("HopSlow") {
                suite.signal("order-flow-engine", SIGSTOP)
                sleep(3)
                suite.signal("order-flow-engine", SIGCONT)
            },
            Provocation("ServiceBehind") { try flood() },
            Provocation("StreamGap") {
                suite.kill("tick-engine")
                sleep(2)
                _ = try suite.redis.client().command("XTRIM", "md.trade:{BTCUSDT}", "MAXLEN", "0")
                suite.start(["tick-engine"])
            },
            Provocation("ServiceDown") {
                suite.kill("sentiment-engine")
            } end: {
                suite.start(["sentiment-engine"])
            },
            Provocation("EntriesImpossible") {
                suite.kill("tick-engine")
            } end: {
                suite.start(["tick-engine"])
            },
            Provocation("ServiceRestarts") {
                for _ in 0..<5 {
                    suite.kill("sentiment-engine")
                    suite.start(["sentiment-engine"])
                    usleep(1_800_000)
                }
            },
            Provocation("RedisRefusesWrites") {
                _ = try suite.redis.client().command("CONFIG", "SET", "maxmemory", "1mb")
                sleep(1)
            } end: {
                _ = try suite.redis.client().command("CONFIG", "SET", "maxmemory", "0")
            },
            Provocation("RedisLost", begin: { suite.redis.kill() }) { _ = suite.redis.start() },
            Provocation("PostgresLost", begin: { postgres.kill() }) { postgres.keepUp() },
            Provocation("DiskFilling", "JournalNotWritable") {
                _ = try? Subprocess.run("/bin/dd", ["if=/dev/zero", "of=\(disk)/filler", "bs=4k"])
                // More commands than the room that the journal has laid out can take.
                let redis = try suite.redis.client()
                for number in 0..<8000 {
                    _ = try redis.command(
                        "XADD", "command", "*", "v", "1", "id", "drill-\(number)", "issued_at",
                        "\(PaperSuite.nowMs())", "author", "test", "name", "start")
                }
            } end: {
                try FileManager.default.removeItem(atPath: "\(disk)/filler")
            },
        ]
    }

    /// More alerts than the recorder can write down at once.
    private func flood() throws {
        let script = """
            for _ = 1, 60000 do redis.call('XADD', KEYS[1], '*', 'v', '1', 'event_time', ARGV[1], 'severity', 'INFO',
                'service', 'test', 'event', 'flood', 'text', '') end
            """
        _ = try suite.redis.client().command("EVAL", script, "1", "alert", "\(PaperSuite.nowMs())")
    }

    /// The account's owner buys by hand what nobody planned, while no entry is under way.
    private func buy() throws {
        try control("stop")
        try control("close-all")
        suite.disturb(
            "acts", #"{"act":"order","symbol":"BTCUSDT","side":"BUY","type":"MARKET","quantity":"0.01"}"#)
    }

    /// The word of an executor that never says how the doubt ended.
    private func doubt(of symbol: String, at ms: Int64) -> [String] {
        [
            "XADD", "execution:{\(symbol)}", "*", "v", "1", "plan", "\(symbol)-lost", "cause", "\(ms)-0", "event_time",
            "\(ms)",
            "event", "ORDER_UNKNOWN", "state", "ENTRY_SENT", "direction", "LONG", "strategy", "A", "client_order_id",
            "v7-\(symbol)-lost-e",
        ]
    }

    private func fault(_ json: String) { suite.disturb("faults", json) }

    private func feedAndClock() -> [Provocation] {
        [
            Provocation("FeedLost") {
                fault(#"{"kind":"drop-frames","feed":"market","symbol":"BTCUSDT"}"#)
            } end: {
                suite.endFaults()
            },
            Provocation("FeedLate") {
                fault(#"{"kind":"delay-frames","feed":"market","ms":2500}"#)
            } end: {
                suite.endFaults()
            },
            Provocation("ClockOff") {
                fault(#"{"kind":"clock-skew","ms":-2500}"#)
            } end: {
                suite.endFaults()
            },
            Provocation("UserStreamLost") {
                fault(#"{"kind":"partition","connections":"user"}"#)
            } end: {
                suite.endFaults()
            },
            Provocation("VenueBlocks") {
                fault(#"{"kind":"too-many-requests","seconds":4,"retryAfter":4}"#)
            },
        ]
    }

    private func ordersAndAccount() -> [Provocation] {
        [
            Provocation("OrderUnknown") {
                fault(
                    #"{"kind":"server-error","form":"timeout","executed":false,"route":"POST /fapi/v1/order","count":3}"#
                )
                fault(#"{"kind":"no-answer","executed":false,"route":"GET /fapi/v1/order","seconds":12}"#)
            } end: {
                suite.endFaults()
            },
            // A minute of the lock must pass.
            Provocation("ContractLocked", seconds: 100) {
                _ = try suite.redis.client().command(doubt(of: "BTCUSDT", at: PaperSuite.nowMs()))
            },
            Provocation("OrderSlow") {
                fault(#"{"kind":"latency","ms":1500,"route":"POST /fapi/v1/order"}"#)
            } end: {
                suite.endFaults()
            },
            // A position of the owner's own is there at once, and adopted.
            Provocation("StopCancelled") {
                try buy()
                _ = suite.wait(seconds: 20) {
                    suite.disturb("acts", #"{"act":"cancel-stops","symbol":"BTCUSDT"}"#)
                    return try suite.entries("alert").last?.fields["event"] == "stop_cancelled"
                }
            },
            Provocation("PositionNaked", "CriticalAlert") {
                fault(#"{"kind":"no-answer","executed":false,"route":"POST /fapi/v1/algoOrder"}"#)
                try buy()
            } end: {
                suite.endFaults()
                try control("start")
            },
            Provocation("ReconciliationMismatch", "EntriesStopped", begin: buy) { try control("start") },
            Provocation("BreakerActive", begin: { try control("halt") }, end: { try control("resume") }),
            Provocation("RateLimitNear") {
                for _ in 0..<3 where !(try monitor.firing().contains("RateLimitNear")) {
                    let url = suite.venueURL + "/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=1500&[1-170]"
                    _ = try Subprocess.run("/usr/bin/curl", ["-s", "-o", "/dev/null", url])
                    sleep(3)
                }
            },
            // The wallet falls by a tenth: all is closed, and entries wait for a person.
            Provocation("Drawdown") { suite.disturb("acts", #"{"act":"transfer","amount":-500}"#) },
        ]
    }
}
