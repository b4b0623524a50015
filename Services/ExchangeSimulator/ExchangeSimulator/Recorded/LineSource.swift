/// Lines of a file, in order.
public protocol LineSource {
    /// Shows the next line, without its end, to `body`; nil at the end.
    mutating func withNextLine<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result?
}

/// Lines of a text in memory.
public struct TextLines: LineSource, Sendable {
    private let bytes: [UInt8]
    private var at = 0

    public init(_ text: some Sequence<UInt8>) { bytes = Array(text) }

    public mutating func withNextLine<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        guard at < bytes.count else { return nil }
        let end = bytes[at...].firstIndex(of: 10) ?? bytes.count
        defer { at = end + 1 }
        return bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[at..<end])) }
    }
}
