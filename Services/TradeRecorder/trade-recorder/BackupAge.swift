import Glibc
import ServiceKit

/// How old the newest backup in a folder is, whoever makes them.
enum BackupAge {
    /// Seconds; infinite when there is none. A backup is whole once its MANIFEST is there, which is written last.
    static func seconds(in folder: String) -> Double {
        guard let directory = opendir(folder) else { return .infinity }
        defer { closedir(directory) }
        var newest = -Double.infinity
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var information = stat()
            guard name.hasPrefix("vortex7-"), stat("\(folder)/\(name)/MANIFEST", &information) == 0 else { continue }
            newest = max(newest, Double(information.st_mtim.tv_sec))
        }
        return Double(SystemClock.wallUs()) / 1e6 - newest
    }
}
