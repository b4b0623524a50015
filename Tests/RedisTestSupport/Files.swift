import Glibc

/// Writes a small file; false when that can't be done.
public func writeFile(_ path: String, _ text: String) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == bytes.count
}

public func removeFile(_ path: String) { _ = remove(path) }

/// With all that is in it.
func removeFolder(_ path: String) { _ = ChildProcess("rm", ["-rf", path], output: "/dev/null")?.wait() }
