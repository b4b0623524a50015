/// Lines of a file, in order.
public protocol LineSource {
    /// Shows the next line, without its end, to `body`; nil at the end.
    mutating func withNextLine<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result?
    /// The line that was shown last had no end: it is the file's last, and may have been cut.
    var isLineOpen: Bool { get }
}

/// Lines of a text in memory.
public struct TextLines: LineSource, Sendable {
    private let bytes: [UInt8]
    private var at = 0
    public private(set) var isLineOpen = false

    public init(_ text: some Sequence<UInt8>) { bytes = Array(text) }

    public mutating func withNextLine<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        guard at < bytes.count else { return nil }
        let found = bytes[at...].firstIndex(of: 10)
        isLineOpen = found == nil
        let end = found ?? bytes.count
        defer { at = end + 1 }
        return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[at..<end])) }
    }
}
