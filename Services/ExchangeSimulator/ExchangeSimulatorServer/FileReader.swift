import Glibc

/// Whole files as bytes.
public enum FileReader {
    /// The bytes of a file; nil when it can't be read.
    public static func read(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var size = 0
        while size < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress.map { $0 + size }, $0.count - size)
            }
            if count <= 0 { break }
            size += count
        }
        return Array(bytes.prefix(size))
    }
}
