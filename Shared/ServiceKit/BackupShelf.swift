import Glibc

/// The backups in a folder, by their names, which their times make. A backup is whole once its manifest is there, which is
/// written last.
public struct BackupShelf {
    public static let manifest = "MANIFEST"
    public let folder: String

    public init(folder: String) { self.folder = folder }

    /// Seconds since the newest one was made; infinite when there is none.
    public var age: Double {
        let newest = names.filter { isWhole($0) }.compactMap { changed("\($0)/\(Self.manifest)") }.max()
        return newest.map { Double(SystemClock.wallUs()) / 1e6 - $0 } ?? .infinity
    }

    /// Oldest first; those that were begun and never finished are among them.
    public var names: [String] {
        (folderEntries(folder) ?? []).map(\.name).filter { name in
            let stamp = name.dropFirst("vortex7-".count)
            return name.hasPrefix("vortex7-") && !stamp.isEmpty && stamp.allSatisfy(\.isNumber)
        }.sorted()
    }

    public func isWhole(_ name: String) -> Bool { changed("\(name)/\(Self.manifest)") != nil }

    private func changed(_ path: String) -> Double? {
        var information = stat()
        return stat("\(folder)/\(path)", &information) == 0 ? Double(information.st_mtim.tv_sec) : nil
    }
}
