import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing

// Redis, PostgreSQL, the disk and what lies on it.
extension DrillTests {
    static var stores: [Drill] {
        [
            Drill("Redis is lost") { run in
                let symbol = try run.bought()
                try run.suite.supervisor("stop redis")
                sleep(2)
                #expect(
                    try run.account.held(symbol) == 0 || !run.account.stops(symbol).isEmpty,
                    "stops rest at the venue while Redis is away")
                try run.suite.supervisor("start redis")
                run.expectTrading()
                try run.suite.supervisor("stop redis")
                try run.suite.run("rm -rf \(run.suite.variables)/redis/*")
                try run.suite.supervisor("start redis")
                run.expectAlert("streams_lost")
                run.expect("entries stopped in status") {
                    try run.follow("vortexctl status").contains("ENTRIES STOPPED")
                }
                run.expect("the candles of the past, written again") {
                    try run.suite.entries("md.candle:{\(symbol)}").count > 1000
                }
                try run.follow("vortexctl start")
                run.expectTrading()
            },
            Drill("Redis takes no writes") { run in
                let limit = "redis-cli -s var/run/redis.sock CONFIG SET maxmemory BYTES"
                try run.follow(limit, ["BYTES": "1"])
                run.expect("refusals in the logs") {
                    run.suite.log("data-hub").contains("writes_refused")
                        || run.suite.log("tick-engine").contains("commit_refused")
                }
                #expect(try run.follow("vortexctl streams").contains("md.book:{BTCUSDT}"))
                try run.follow(limit, ["BYTES": "0"])
                run.expectTrading()
            },
            Drill("PostgreSQL is lost", short: true) { run in
                try run.suite.supervisor("stop postgres")
                run.expectTrading()
                try run.suite.supervisor("start postgres")
                run.expect("all that happened meanwhile in the table") {
                    let entries = try ["BTCUSDT", "ETHUSDT"].reduce(0) {
                        try $0 + run.suite.entries("execution:{\($1)}").count
                    }
                    // Streams that were lost in an earlier drill are in the table too.
                    return try run.rows("executions") >= entries
                }
            },
            Drill("There is no backup of the last day", short: true) { run in
                let said = try run.follow("vortexctl backup FOLDER", ["FOLDER": run.suite.folder + "/saved"])
                #expect(said.contains("saved in"))
            },
            Drill("The disk is full", fillDisk),
            Drill("A journal is damaged", damageJournal),
        ]
    }

    private static func fillDisk(_ run: DrillRun) throws {
        let filler = run.suite.variables + "/journal/filler"
        let mount = try Subprocess.run("/bin/df", ["--output=fstype", run.suite.variables + "/journal"])
        guard mount.output.contains("tmpfs") else { return print("drill: not root: no disk to fill") }
        _ = try Subprocess.run("/bin/dd", ["if=/dev/zero", "of=\(filler)", "bs=64k"])
        // More than the room that the journal has laid out can take.
        let redis = try run.suite.redis()
        for number in 0..<8000 {
            _ = try redis.command(
                "XADD", "command", "*", "v", "1", "id", "disk-\(number)", "issued_at", "\(PaperSuite.nowMs())",
                "author",
                "test", "name", "start")
        }
        run.expect("the journal takes nothing") { run.suite.log("executor").contains("journal_not_written") }
        #expect(try run.follow("vortexctl doctor", code: nil).contains("disk"))
        try FileManager.default.removeItem(atPath: filler)
        run.expectTrading()
    }

    private static func damageJournal(_ run: DrillRun) throws {
        let journal = run.suite.variables + "/journal/executor.journal"
        _ = try run.bought()
        try run.suite.supervisor("stop suite:executor")
        try run.suite.run("printf 'damaged!' | dd of=\(journal) bs=1 seek=200 conv=notrunc")
        try run.suite.supervisor("start suite:executor")
        run.expect("the end with 6") {
            try run.suite.run("grep -q 'exit status 6' \(run.suite.variables)/log/supervisord.log").exitCode == 0
        }
        try run.follow("vortexctl journal verify", code: 6)
        try run.follow("vortexctl backup FOLDER", ["FOLDER": run.suite.folder + "/saved"], code: 6)
        try run.suite.run("mv \(journal) \(journal).damaged")
        try run.suite.supervisor("start suite:executor")
        run.expect("what the venue holds is protected") {
            try run.suite.run("vortexctl status").output.contains("entries accepted")
                && ["BTCUSDT", "ETHUSDT"].allSatisfy { try run.account.held($0) == 0 || !run.account.stops($0).isEmpty }
        }
        run.expectTrading()
    }
}
