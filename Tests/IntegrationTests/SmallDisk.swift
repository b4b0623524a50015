import Foundation
import TestSupport

/// A file system of its own for a folder, small enough to be filled. Nil when this user may not make one.
struct SmallDisk {
    /// Whether one can be made here: root may be kept from it, too.
    static let isAllowed: Bool = {
        let folder = NSTemporaryDirectory() + "vortex7-disk-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        guard let disk = SmallDisk(folder, megabytes: 1) else { return false }
        disk.unmount()
        return true
    }()

    private let folder: String

    init?(_ folder: String, megabytes: Int = 64) {
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let mounted = try? Subprocess.run("/bin/mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", folder])
        guard mounted?.exitCode == 0 else { return nil }
        self.folder = folder
    }

    func unmount() { _ = try? Subprocess.run("/bin/umount", [folder]) }
}
