import Foundation
import TestSupport
import Testing

/// docs/runbook.md against a suite that trades: each section as a drill, with the commands that stand there.
@Suite(
    .serialized,
    .enabled(if: LocalSuite.isInstalled && PostgresServer.isInstalled, "needs supervisord, Redis, PostgreSQL"))
struct DrillTests {
    /// `all`, a section's heading, or nothing for the few that every change must pass.
    private static let wanted = ProcessInfo.processInfo.environment["VORTEX7_DRILLS"] ?? ""

    private static var drills: [Drill] { services + stores + venue + orders + daily + endings }

    @Test func `each section of the runbook has its drill`() throws {
        let runbook = try Runbook()
        let drilled = Self.drills.map(\.section)
        #expect(Set(drilled).count == drilled.count)
        #expect(Set(runbook.troubles).isSubset(of: Set(drilled)), "\(Set(runbook.troubles).subtracting(drilled))")
        for section in drilled { #expect(runbook.has(section), "the runbook has no '\(section)'") }
    }

    @Test func `what the runbook tells to type does what it says`() throws {
        let chosen = Self.drills.filter {
            Self.wanted == "all" || (Self.wanted.isEmpty ? $0.isShort : $0.section == Self.wanted)
        }
        try #require(!chosen.isEmpty, "no section is called '\(Self.wanted)'")
        let runbook = try Runbook()
        let suite = try #require(try LocalSuite())
        let disk = SmallDisk(suite.variables + "/journal")
        defer {
            _ = try? suite.run("make down")
            disk?.unmount()
        }
        try suite.up()
        let first = try DrillRun(suite, runbook, "start, on paper")
        first.expectTrading()
        for drill in chosen {
            let began = Date()
            let run = try DrillRun(suite, runbook, drill.section)
            do {
                try drill.body(run)
            } catch {
                Issue.record("\(drill.section): \(error)")
            }
            run.checkDone(but: drill.undone)
            suite.endFaults()
            _ = try suite.run("vortexctl start")
            print("drill: \(drill.section): \(Int(Date().timeIntervalSince(began))) s")
        }
    }
}
