public import ExchangeSimulator
import Glibc

/// The lines of a file: plain, gzip, or the first member of a zip archive. Read and inflated piece by piece.
public struct ArchiveFile: LineSource {
    private let stream: InflatedFile
    private var pending: [UInt8] = []
    private var at = 0
    private var isEnded = false

    /// Longest line that is still shown whole; a longer one ends the file.
    private static let lineMax = 16 << 20

    /// Nil when the file can't be opened.
    public init?(_ path: String) {
        guard let stream = InflatedFile(path) else { return nil }
        self.stream = stream
    }

    public mutating func withNextLine<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        var searched = at
        while true {
            if let end = newline(from: searched) {
                defer { at = end + 1 }
                return show(at..<end, body)
            }
            searched = pending.count
            if isEnded || pending.count - at > Self.lineMax {
                guard at < pending.count else { return nil }
                defer { at = pending.count }
                return show(at..<pending.count, body)
            }
            searched -= at
            pending.removeFirst(at)
            at = 0
            if !stream.read(into: &pending) { isEnded = true }
        }
    }

    private func show<Result>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        pending.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    private func newline(from start: Int) -> Int? {
        pending.withUnsafeBytes { bytes in
            guard start < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + start, 10, bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}
