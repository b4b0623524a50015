import Glibc

/// A file that gets a line for each event that is passed on: microseconds since 1970 of the market event behind it (its
/// receipt by the hub) and of its leaving this service. For benchmarks.
public final class LatencyTrace {
    private let descriptor: Int32

    /// Nil when the file can't be made.
    init?(path: String) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// Notes that what the market events of `causes` set off has left now.
    public func note(_ causes: some Collection<Int64>) {
        if causes.isEmpty { return }
        let now = SystemClock.wallUs()
        var lines: [UInt8] = []
        for cause in causes { lines += "\(cause) \(now)\n".utf8 }
        _ = lines.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}
