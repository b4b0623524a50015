import Foundation
import Journal
import Synchronization
import Testing
import TradingPrimitives

struct JournalTests {
    private func withFile(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "vortex7-journal-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private func read(_ path: String, growth: Int = Journal.growth) throws -> [String] {
        var records: [String] = []
        _ = try Journal(path: path, growth: growth) { _, payload in
            records.append(String(decoding: payload, as: UTF8.self))
        }
        return records
    }

    /// Each record in a frame of its own.
    private func write(_ path: String, _ records: [String]) throws {
        var journal = try Journal(path: path) { _, _ in }
        for record in records {
            journal.append(Array(record.utf8))
            try journal.sync()
        }
    }

    /// All records in one frame.
    private func writeTogether(_ path: String, _ records: [String]) throws {
        var journal = try Journal(path: path, growth: 4096) { _, _ in }
        for record in records { journal.append(Array(record.utf8)) }
        try journal.sync()
    }

    @Test func `what was synced is read again, in order, over several openings`() throws {
        try withFile { path in
            try write(path, ["one", "two"])
            try write(path, ["three", ""])
            #expect(try read(path) == ["one", "two", "three", ""])
        }
    }

    @Test func `what was begun is followed by what came after, once each`() throws {
        try withFile { path in
            do {
                var journal = try Journal(path: path, growth: 4096) { _, _ in }
                journal.begin()
                for number in 0..<200 {
                    journal.append(Array("begun \(number)".utf8))
                    journal.begin()
                    journal.append(Array("late \(number)".utf8))
                    if number % 3 == 0 { journal.begin() }
                    try journal.sync()
                }
            }
            #expect(try read(path) == (0..<200).flatMap { ["begun \($0)", "late \($0)"] })
        }
    }

    @Test func `what was not synced never was`() throws {
        try withFile { path in
            try write(path, ["one"])
            do {
                var journal = try Journal(path: path) { _, _ in }
                journal.append(Array("lost".utf8))
            }
            #expect(try read(path) == ["one"])
        }
    }

    @Test func `a tail torn at any byte is dropped and written over`() throws {
        try withFile { path in
            try write(path, ["first record", "second record"])
            let whole = try Data(contentsOf: URL(filePath: path))
            let frame = 16 + "first record".utf8.count, end = frame + 16 + "second record".utf8.count
            for cut in frame..<end {
                var torn = whole
                torn.replaceSubrange(cut..<end, with: Data(repeating: 0, count: end - cut))
                try torn.write(to: URL(filePath: path))
                // Zeros may be what the last bytes were; otherwise the record is gone.
                #expect(try read(path).first == "first record")
                try write(path, ["next"])
                #expect(try read(path).last == "next")
            }
        }
    }

    @Test func `of records that were synced together a crash leaves all or none`() throws {
        try withFile { path in
            try writeTogether(path, ["before"])
            let start = 16 + "before".utf8.count
            try writeTogether(path, ["a plan", "its position", "", "a word"])
            #expect(try read(path) == ["before", "a plan", "its position", "", "a word"])
            let whole = try Data(contentsOf: URL(filePath: path))
            let end = start + 16 + 4 * 4 + "a planits positiona word".utf8.count
            for cut in start..<end {
                // The front or the back had not come to the disk.
                for gap in [cut..<end, start..<cut + 1] {
                    var torn = whole
                    torn.replaceSubrange(gap, with: Data(repeating: 0, count: gap.count))
                    if torn == whole { continue }
                    try torn.write(to: URL(filePath: path))
                    #expect(try read(path, growth: 4096) == ["before"])
                    try writeTogether(path, ["next", "and next"])
                    #expect(try read(path, growth: 4096) == ["before", "next", "and next"])
                }
            }
        }
    }

    @Test func `records that are more than a frame holds are all read again`() throws {
        try withFile { path in
            let long = String(repeating: "x", count: 700_000)
            try writeTogether(path, ["one", long, "two", long, long, "three"])
            #expect(try read(path) == ["one", long, "two", long, long, "three"])
        }
    }

    @Test func `a flipped bit in the middle stops the start`() throws {
        try withFile { path in
            try write(path, ["first record", "second record", "third record"])
            var random = SplitMix64(seed: 3)
            let whole = try Data(contentsOf: URL(filePath: path))
            for _ in 0..<40 {
                var damaged = whole
                damaged[Int(random.next() % 28)] ^= UInt8(1 << (random.next() % 8))
                try damaged.write(to: URL(filePath: path))
                #expect(throws: JournalError.damaged(path: path, offset: 0)) { try read(path) }
            }
        }
    }

    @Test func `a compact journal takes the place of a long one and goes on counting`() throws {
        try withFile { path in
            try write(path, ["one", "two", "three"])
            var journal = try Journal(path: path) { _, _ in }
            try journal.replace(by: [Array("sum".utf8)])
            #expect(journal.sequence == 4)
            _ = consume journal
            #expect(try read(path) == ["sum"])
            try write(path, ["four"])
            #expect(try read(path) == ["sum", "four"])
        }
    }

    @Test func `whoever opens it while it is compacted does not get the file that is gone`() throws {
        try withFile { path in
            try write(path, ["one"])
            let holders = Mutex((now: 0, most: 0, opened: 0))
            DispatchQueue.concurrentPerform(iterations: 4) { _ in
                for _ in 0..<8 {
                    guard var journal = try? Journal(path: path, { _, _ in }) else { continue }
                    holders.withLock {
                        $0.now += 1
                        $0.opened += 1
                        $0.most = max($0.most, $0.now)
                    }
                    try? journal.replace(by: [Array("sum".utf8)])
                    usleep(500)
                    holders.withLock { $0.now -= 1 }
                    _ = consume journal
                }
            }
            #expect(holders.withLock { $0.most } == 1)
            #expect(holders.withLock { $0.opened } > 4)
            #expect(try read(path) == ["sum"])
        }
    }

    @Test func `a journal that can't be compacted goes on as it was`() throws {
        try withFile { path in
            try write(path, ["one"])
            var journal = try Journal(path: path) { _, _ in }
            // A folder stands where the compact file would be made.
            mkdir(path + ".new", 0o700)
            defer { rmdir(path + ".new") }
            #expect(throws: JournalError.self) { try journal.replace(by: [Array("sum".utf8)]) }
            journal.append(Array("two".utf8))
            try journal.sync()
            _ = consume journal
            #expect(try read(path) == ["one", "two"])
        }
    }

    @Test func `of much that was synced together a crash leaves all or none, too`() throws {
        try withFile { path in
            let long = String(repeating: "x", count: 700_000)
            try write(path, ["before"])
            try writeTogether(path, [long, long, long])
            let size = try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
            // What a disk may leave that wrote the end of it first: the beginning of the frame is missing.
            for offset in [100, 5000, 800_000] {
                try withFile { copy in
                    try FileManager.default.copyItem(atPath: path, toPath: copy)
                    let file = try #require(FileHandle(forUpdatingAtPath: copy))
                    try file.seek(toOffset: UInt64(offset))
                    try file.write(contentsOf: Data(repeating: 0, count: 4096))
                    try file.close()
                    #expect(try read(copy) == ["before"], "of \(size) bytes, zeros at \(offset)")
                }
            }
        }
    }

    @Test func `only one process may have it`() throws {
        try withFile { path in
            let journal = try Journal(path: path) { _, _ in }
            #expect(throws: JournalError.inUse(path: path)) { try read(path) }
            _ = journal.sequence
        }
    }

    /// A file system of its own that is soon full; only root may make one.
    @Test(.enabled(if: getuid() == 0, "only root may mount a small file system"))
    func `a full disk is an error, and with room again nothing is missing`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vortex7-disk-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        func mount(_ program: String, _ arguments: [String]) throws -> Int32 {
            let process = Process()
            process.executableURL = URL(filePath: program)
            process.arguments = arguments
            try process.run()
            process.waitUntilExit()
            return process.terminationStatus
        }
        try #require(try mount("/bin/mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", folder]) == 0)
        defer {
            _ = try? mount("/bin/umount", [folder])
            try? FileManager.default.removeItem(atPath: folder)
        }
        let ballast = folder + "/ballast"
        try Data(repeating: 1, count: 64 << 10).write(to: URL(filePath: ballast))
        var written: [String] = []
        var refusals = 0
        do {
            var journal = try Journal(path: folder + "/journal", growth: 4096) { _, _ in }
            for number in 0..<200 {
                let record = "record \(number) " + String(repeating: "x", count: 400)
                journal.append(Array(record.utf8))
                written.append(record)
                do { try journal.sync() } catch {
                    refusals += 1
                    if refusals == 5 { try FileManager.default.removeItem(atPath: ballast) }
                    if refusals > 5 { break }
                }
            }
            if refusals <= 5 { try journal.sync() }
        }
        #expect(refusals >= 5)
        let kept = try read(folder + "/journal", growth: 4096)
        #expect(
            kept.count > 120 && kept == Array(written.prefix(kept.count)), "each record whole, in order, none missing")
    }

    @Test func `a place that can't be written is an error with its path`() {
        #expect(throws: JournalError.self) { try read("/proc/vortex7-journal") }
    }
}
