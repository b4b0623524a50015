import Foundation
import TestSupport
import Testing

enum FakedClock {
    /// What is put before the C library; nil when it is not installed.
    static let library: String? = {
        let folders = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"]
        return folders.map { $0 + "/faketime/libfaketimeMT.so.1" }.first { FileManager.default.fileExists(atPath: $0) }
    }()

    /// Removes what processes that were killed left of it in shared memory.
    static func sweep() {
        let folder = "/dev/shm"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.contains("faketime")
        {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }
}

/// The machine's clock is set while the suite trades: `libfaketime` tells the services another time of day.
@Suite(.serialized, .enabled(if: FakedClock.library != nil, "needs libfaketime: deploy/local/install.sh"))
struct ClockStepTests {
    private let seed: UInt64 = 5

    /// Sets the services' clocks to so many seconds off the true time; each sees it within a second.
    private func step(_ suite: PaperSuite, to offset: String) throws {
        try "\(offset)\n".write(toFile: "\(suite.folder)/clock", atomically: true, encoding: .utf8)
    }

    /// A shell is the first to be told another time: the library sets variables in it, which moves them, and a program in
    /// Swift would not find its arguments any more.
    private func launcher(_ suite: PaperSuite) throws -> [String] {
        [
            "/usr/bin/env", "LD_PRELOAD=\(try #require(FakedClock.library))",
            "FAKETIME_TIMESTAMP_FILE=\(suite.folder)/clock", "FAKETIME_CACHE_DURATION=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1", "/bin/sh", "-c", #"exec "$0" "$@""#,
        ]
    }

    private func expectEntries(_ suite: PaperSuite, _ when: String) throws {
        let before = try suite.entryCount()
        #expect(
            suite.wait { try suite.entryCount() >= before + 2 },
            "no entries \(when): \(suite.log("executor").suffix(1500))")
    }

    @Test func `a clock that is set two seconds on or back stops nothing and doubles nothing`() throws {
        let suite = try #require(PaperSuite(symbols: ["BTCUSDT"], settings: KillTests.eager))
        suite.launcher = try launcher(suite)
        defer { FakedClock.sweep() }
        try step(suite, to: "+0")
        let since = PaperSuite.nowMs()
        try suite.startTrading(seed: seed)
        for offset in ["+2", "+0", "-2", "+0"] {
            try step(suite, to: offset)
            try expectEntries(suite, "with the clock \(offset) s off")
        }
        let skewed = PaperSuite.nowMs()
        // The venue's own clock now: what we sign is outside of its window until ours follows.
        #expect(suite.disturb("faults", #"{"kind":"clock-skew","ms":7000,"seconds":10}"#) != nil)
        #expect(suite.wait { suite.log("executor").contains("\"venue_clock_off\"") }, "no -1021")
        #expect(suite.wait { suite.faults().contains(#""over":true"#) })
        let trued = PaperSuite.nowMs()
        try expectEntries(suite, "after the venue's clock was off")
        for service in PaperSuite.traders { #expect(suite.isAlive(service), "\(service)") }
        try suite.flatten()
        var audit = RunAudit(seed: seed, title: "a clock that steps")
        audit.executorUp = [[since, PaperSuite.nowMs()]]
        audit.impaired = [[skewed, trued + 3000]]
        try audit.check(suite)
    }

    @Test func `the doctor tells how far the venue's clock is from ours`() throws {
        let suite = try #require(PaperSuite(symbols: ["BTCUSDT"]))
        suite.startSimulator([])
        try #require(suite.wait { try suite.venue("/fapi/v1/time")["serverTime"] != nil })
        try step(suite, to: "+5")
        defer { FakedClock.sweep() }
        let words = try launcher(suite) + ["\(PaperSuite.programs)/vortexctl", "-c", "\(suite.folder)/suite.yaml"]
        var line = ""
        // A round trip that a busy machine has made long says little about its middle: the doctor is asked again.
        let isTold = suite.wait {
            let result = try Subprocess.run(words[0], words.dropFirst() + ["doctor"])
            line = result.output.split(separator: "\n").first { $0.hasPrefix("clock") }.map(String.init) ?? ""
            let offset = line.split(separator: " ").compactMap { Int($0) }.first
            return (-5200 ... -4800).contains(offset ?? 0)
        }
        #expect(isTold, "\(line)")
    }
}
