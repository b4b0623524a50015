public import ExchangeSimulator
import Glibc

/// The lines of a file: plain, gzip, or the one file in a zip archive. Read and inflated piece by piece; a byte-order mark
/// and carriage returns are not shown.
public struct ArchiveFile: LineSource {
    private let stream: InflatedFile
    private var pending: [UInt8] = []
    private var at = 0
    private var isEnded = false
    private var isFirst = true
    public private(set) var isLineOpen = false

    /// Longest line that is still shown whole; a longer one ends the file.
    private static let lineMax = 16 << 20

    /// Nil when the file can't be opened.
    public init?(_ path: String) {
        guard let stream = InflatedFile(path) else { return nil }
        self.stream = stream
    }

    /// Why the lines are not all, or not what was written; known after the last one at the latest.
    public var trouble: String? { stream.trouble }

    public mutating func withNextLine<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        var searched = at
        while true {
            if let end = newline(from: searched) {
                defer { at = end + 1 }
                return show(at..<end, body)
            }
            searched = pending.count
            if pending.count - at > Self.lineMax {
                stream.fail("a line of it is longer than \(Self.lineMax >> 20) MB")
                isEnded = true
                return nil
            }
            if isEnded {
                guard at < pending.count, stream.trouble == nil else { return nil }
                isLineOpen = true
                defer { at = pending.count }
                return show(at..<pending.count, body)
            }
            searched -= at
            pending.removeFirst(at)
            at = 0
            if !stream.read(into: &pending) { isEnded = true }
        }
    }

    private mutating func show<Result>(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        var range = range
        if isFirst, pending[range].starts(with: [0xEF, 0xBB, 0xBF]) { range = range.lowerBound + 3..<range.upperBound }
        isFirst = false
        if range.last.map({ pending[$0] == 13 }) == true { range = range.lowerBound..<range.upperBound - 1 }
        return pending.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
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

/// The lines of several files, one after the other.
public struct ArchiveSequence: LineSource {
    private let paths: [String]
    private var index = 0
    private var file: ArchiveFile?
    public var isLineOpen: Bool { file?.isLineOpen ?? false }

    public init(_ paths: [String]) { self.paths = paths }

    public mutating func withNextLine<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        while index < paths.count {
            if file == nil { file = ArchiveFile(paths[index]) }
            if let result = file?.withNextLine(body) { return result }
            file = nil
            index += 1
        }
        return nil
    }
}
