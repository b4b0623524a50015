import Glibc
import ServiceKit

extension BackupShelf {
    /// Removes all but the newest whole ones, and what was begun before them and never finished.
    func keep(_ count: Int) -> Bool {
        let kept = Set(names.filter { isWhole($0) }.suffix(count))
        guard let oldest = kept.min() else { return true }
        let gone = names.filter { $0 < oldest || (!kept.contains($0) && isWhole($0)) }
        let paths = gone.map { "\(folder)/\($0)" }
        return paths.isEmpty || ChildRun.run("rm", ["-rf", "--"] + paths) == 0
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
            } else if !saveOrCopy(on: shelf) {
                complain(
                    "vortexctl: no backup was made, or not copied; trying again in \(Self.retrySeconds / 60) minutes")
                sleep(Self.retrySeconds)
            }
            fflush(nil)
        }
    }

    /// Where today's only waits for its copy, that is all there is to do.
    private func saveOrCopy(on shelf: BackupShelf) -> Bool {
        if let command = invocation.copyCommand,
            let last = shelf.names.last(where: { shelf.isUncopied($0) && shelf.age(of: $0) < Self.day })
        {
            return copy("\(shelf.folder)/\(last)", command)
        }
        return save(on: shelf) != .failure
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
