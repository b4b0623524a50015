import Execution
import Glibc
import SignalContracts

/// Warns before the disk of the journal is full: without room there are no new entries.
final class DiskWatch {
    static let everyMs: Int64 = 30_000
    private static let usedMax = 85

    private let path: String
    private var wasFull = false

    init(path: String) { self.path = path }

    /// Part of the disk of `path` that is used; nil when it can't be measured.
    static func usedRatio(of path: String) -> Double? {
        var usage = statvfs()
        guard statvfs(path, &usage) == 0, usage.f_blocks > 0 else { return nil }
        return 1 - Double(usage.f_bavail) / Double(usage.f_blocks)
    }

    /// What to tell when the disk has become full, or has room again.
    func news() -> ExecutorEvent? {
        guard let ratio = Self.usedRatio(of: path) else { return nil }
        let used = Int(ratio * 100)
        let isFull = used >= Self.usedMax
        guard isFull != wasFull else { return nil }
        wasFull = isFull
        return .trouble(
            isFull ? .critical : .info, event: "disk_filling",
            text: isFull ? "the disk of the journal is \(used) % full: make room" : "the disk has room again: \(used) %"
        )
    }
}
