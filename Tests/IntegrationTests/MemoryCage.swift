import Foundation
import RedisTestSupport

/// A control group whose processes may have so much memory: the kernel kills who takes more, as it does with a container. Nil
/// where none may be made.
final class MemoryCage {
    private let folder: String

    init?(kilobytes: Int) {
        let isOld = FileManager.default.fileExists(atPath: "/sys/fs/cgroup/memory")
        folder = (isOld ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup") + "/vortex7-\(UUID().uuidString)"
        guard (try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)) != nil,
            writeFile(folder + (isOld ? "/memory.limit_in_bytes" : "/memory.max"), "\(kilobytes * 1024)")
        else { return nil }
        // Else it would be swapped out.
        if !isOld { _ = writeFile(folder + "/memory.swap.max", "0") }
    }

    /// Words before a program that is to be in it.
    var launcher: [String] { ["/bin/sh", "-c", "echo $$ > \(folder)/cgroup.procs && exec \"$0\" \"$@\""] }

    deinit { rmdir(folder) }
}
