import Foundation
import Ledger
import RedisTestSupport
import TestSupport
import Testing

/// Backups of a real database: all of it comes back, old ones go, and one is made each day.
@Suite(.serialized, .enabled(if: TestDatabase.server != nil, "\(TestDatabase.skipMessage)"))
struct BackupTests {
    private let suite: PaperSuite
    private let database: TestDatabase
    private var folder: String { suite.folder + "/backups" }

    init() throws {
        database = try #require(try TestDatabase("backup_\(UInt32.random(in: 0...UInt32.max))"))
        suite = try #require(PaperSuite(rate: 5, settings: KillTests.eager, postgres: database.url))
    }

    /// For each table how many rows it has and what they say.
    private func contents() throws -> [String: String] {
        let connection = try Database(url: database.url)
        let tables = try connection.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        var contents: [String: String] = [:]
        for table in tables.compactMap({ $0.first ?? nil }) {
            let row = try connection.run(
                "SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \(table) t"
            ).first
            contents[table] = (row ?? []).map { $0 ?? "" }.joined(separator: " ")
        }
        return contents
    }

    private func names() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    @Test func `a database that was dropped comes back row by row`() throws {
        try suite.startTrading(seed: 5, also: ["trade-recorder"])
        try #require(
            suite.wait { (Int(try database.value("SELECT count(*) FROM trades") ?? "") ?? 0) > 2 })
        for service in PaperSuite.traders + ["trade-recorder"] { _ = suite.terminate(service) }
        sleep(4)
        let before = try contents()
        #expect(before.count >= 9 && before["decisions"]?.hasPrefix("0 ") == false, "\(before)")
        #expect(try suite.control(["backup", folder]).exitCode == 0)
        try database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        #expect(try contents().isEmpty)
        let made = try #require(names().first)
        let restored = try suite.control(["restore", "\(folder)/\(made)"])
        #expect(restored.exitCode == 0, "\(restored.output)")
        #expect(try contents() == before)
    }

    @Test func `the newest backups stay, and nothing else in the folder is touched`() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for name in ["vortex7-notes", "other", "vortex7-20200101000000000"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        for _ in 0..<3 { #expect(try suite.control(["backup", folder]).exitCode == 0) }
        #expect(names().count == 6, "without a number all stay")
        let before = names()
        #expect(try suite.control(["backup", folder, "--keep", "2"]).exitCode == 0)
        let left = names()
        #expect(left.count == 4 && left.contains("vortex7-notes") && left.contains("other"), "\(left)")
        #expect(
            before.filter { $0.hasPrefix("vortex7-2") }.filter { left.contains($0) }.count == 1, "the newest of three")
        #expect(try suite.control(["backup", folder, "--keep", "0"]).exitCode == 4)
    }

    @Test func `one that runs saves once a day, also when it was away`() throws {
        func start() -> ChildProcess? {
            ChildProcess(
                "\(PaperSuite.programs)/vortexctl",
                ["-c", "\(suite.folder)/suite.yaml", "backup", folder, "--keep", "5", "--daily"],
                output: suite.folder + "/backup.log")
        }
        var keeper = start()
        #expect(suite.wait { names().count == 1 && isWhole(names()[0]) })
        sleep(2)
        #expect(names().count == 1, "the day is young")
        keeper?.kill()
        keeper = start()
        sleep(2)
        #expect(names().count == 1, "a start makes none of its own")
        keeper?.kill()
        let yesterday = Date().addingTimeInterval(-25 * 3600)
        try FileManager.default.setAttributes(
            [.modificationDate: yesterday], ofItemAtPath: "\(folder)/\(names()[0])/MANIFEST")
        keeper = start()
        #expect(suite.wait { names().count == 2 && names().allSatisfy(isWhole) })
        keeper?.kill()
    }

    @Test func `a backup that is not copied does not count, is copied later, and is not made twice for it`() throws {
        func start(_ command: String) -> ChildProcess? {
            ChildProcess(
                "\(PaperSuite.programs)/vortexctl",
                ["-c", "\(suite.folder)/suite.yaml", "backup", folder, "--daily", "--then", command],
                output: suite.folder + "/backup.log")
        }
        func isMarked(_ name: String) -> Bool {
            FileManager.default.fileExists(atPath: "\(folder)/\(name)/NOT_COPIED")
        }
        let away = suite.folder + "/other machine"
        let refused = try suite.control(["backup", folder, "--then", "exit 7"])
        #expect(refused.exitCode == 1 && refused.output.contains("ended with 7"), "\(refused.output)")
        let made = try #require(names().first)
        #expect(names().count == 1 && isWhole(made) && isMarked(made))
        try FileManager.default.createDirectory(atPath: away, withIntermediateDirectories: true)
        let keeper = start("cp -r \"$BACKUP\" '\(away)/'")
        #expect(suite.wait { !isMarked(made) }, "\(suite.log("backup"))")
        keeper?.kill()
        #expect(names() == [made])
        #expect(try suite.control(["restore", "\(folder)/\(made)"]).exitCode == 0)
        #expect(try suite.control(["restore", "\(away)/\(made)"]).exitCode == 0)
    }

    private func isWhole(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(folder)/\(name)/MANIFEST")
    }
}
