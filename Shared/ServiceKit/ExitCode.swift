import Glibc

/// How a process of the suite ends. Scripts branch on the code, not on the text.
public enum ExitCode: Int32, Sendable, CaseIterable {
    case success = 0
    case failure = 1
    case notFound = 2
    case notRunning = 3
    case configuration = 4
    case timeout = 5
    /// Refused because it would be unsafe: an open position, an unknown order, a second executor.
    case unsafeState = 6
    case venueUnreachable = 7
    case verificationFailed = 8

    public func exit() -> Never { Glibc.exit(rawValue) }

    /// For `--help`.
    public static let help = """
        Exit codes:
          0 ok, 1 error, 2 not found, 3 not running, 4 configuration error, 5 timeout,
          6 unsafe state refused, 7 venue unreachable, 8 verification failed
        """
}

/// Writes a line to the standard error.
public func complain(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    bytes.withUnsafeBytes { _ = write(2, $0.baseAddress, $0.count) }
}
