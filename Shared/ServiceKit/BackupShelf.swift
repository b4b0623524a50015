import Glibc

/// The backups in a folder, by their names, which their times make. A backup is whole once its manifest is there, which is
/// written last. One that was to be copied to another place and was not yet has a mark of it, and does not count as made.
public struct BackupShelf {
    public static let manifest = "MANIFEST"
    public static let uncopiedMark = "NOT_COPIED"
    public let folder: String

    public init(folder: String) { self.folder = folder }

    /// Seconds since the newest one was made, those that wait for their copy apart; infinite when there is none.
    public var age: Double {
        names.filter { !isUncopied($0) }.map { age(of: $0) }.min() ?? .infinity
    }

    /// Seconds since it was made; infinite when it is not whole.
    public func age(of name: String) -> Double {
        changed("\(name)/\(Self.manifest)").map { Double(SystemClock.wallUs()) / 1e6 - $0 } ?? .infinity
    }

    /// Oldest first; those that were begun and never finished are among them.
    public var names: [String] {
        (folderEntries(folder) ?? []).map(\.name).filter { name in
            let stamp = name.dropFirst("vortex7-".count)
            return name.hasPrefix("vortex7-") && !stamp.isEmpty && stamp.allSatisfy(\.isNumber)
        }.sorted()
    }

    public func isWhole(_ name: String) -> Bool { changed("\(name)/\(Self.manifest)") != nil }

    public func isUncopied(_ name: String) -> Bool { changed("\(name)/\(Self.uncopiedMark)") != nil }

    private func changed(_ path: String) -> Double? {
        var information = stat()
        return stat("\(folder)/\(path)", &information) == 0 ? Double(information.st_mtim.tv_sec) : nil
    }
}
