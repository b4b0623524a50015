import Glibc
import ServiceKit

/// The backups in a folder, by their names, which their times make.
struct BackupShelf {
    let folder: String

    /// Whole ones, oldest first.
    var backups: [String] { names.filter { isWhole($0) }.map { "\(folder)/\($0)" } }

    /// Seconds since the newest one was made; infinite when there is none.
    var age: Double {
        let newest = names.filter { isWhole($0) }.compactMap { changed("\($0)/\(Console.manifest)") }.max()
        return newest.map { Double(SystemClock.wallUs()) / 1e6 - $0 } ?? .infinity
    }

    /// Removes all but the newest whole ones, and what was begun before them and never finished.
    func keep(_ count: Int) -> Bool {
        let kept = Set(names.filter { isWhole($0) }.suffix(count))
        guard let oldest = kept.min() else { return true }
        let gone = names.filter { $0 < oldest || (!kept.contains($0) && isWhole($0)) }
        let paths = gone.map { "\(folder)/\($0)" }
        return paths.isEmpty || ChildRun.run("rm", ["-rf", "--"] + paths) == 0
    }

    private var names: [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            let stamp = name.dropFirst("vortex7-".count)
            if name.hasPrefix("vortex7-"), !stamp.isEmpty, stamp.allSatisfy(\.isNumber) { names.append(name) }
        }
        return names.sorted()
    }

    private func isWhole(_ name: String) -> Bool { changed("\(name)/\(Console.manifest)") != nil }

    private func changed(_ path: String) -> Double? {
        var information = stat()
        return stat("\(folder)/\(path)", &information) == 0 ? Double(information.st_mtim.tv_sec) : nil
    }
}

extension Console {
    private static let day = 86_400.0
    private static let retrySeconds: UInt32 = 600

    /// `vortexctl backup FOLDER`: one now, or one a day for as long as this runs.
    func backups() -> ExitCode {
        guard let folder = invocation.arguments.first else { Invocation.refuse("backup needs a folder") }
        let shelf = BackupShelf(folder: folder)
        guard invocation.isDaily else { return save(on: shelf) }
        while true {
            let wait = Self.day - shelf.age
            if wait > 0 {
                // Not all of it at once: the machine may sleep, or its clock be set.
                sleep(UInt32(min(wait, 600)) + 1)
            } else if save(on: shelf) == .failure {
                complain("vortexctl: no backup was made; trying again in \(Self.retrySeconds / 60) minutes")
                sleep(Self.retrySeconds)
            }
            fflush(nil)
        }
    }

    private func save(on shelf: BackupShelf) -> ExitCode {
        let code = backup(into: shelf.folder)
        guard code == .success || code == .unsafeState, let count = invocation.kept else { return code }
        guard shelf.keep(count) else {
            complain("vortexctl: old backups in \(shelf.folder) can't be removed")
            return .failure
        }
        return code
    }
}
