/// Why a frame could not be read.
public enum FrameError: Error, Equatable, Sendable {
    /// The frame ends within a value.
    case truncated
    /// Not JSON from this byte on.
    case malformed(at: Int)
    /// A key that is used stands twice.
    case duplicateKey(at: Int)
    /// The event lacks a field that it must have, or has one of another kind.
    case badField(String)
    /// A number that is well formed and does not fit what it is to become, and where it stands. It names no key: errors are kept
    /// small, since each step of a reader may give one.
    case unfit(at: UInt32, count: UInt32)
}

/// Whether the bytes are a plain decimal number, of whatever size: digits with one point at most, a minus before them.
public func isDecimal(_ text: UnsafeRawBufferPointer) -> Bool {
    var digits = text[...]
    if digits.first == UInt8(ascii: "-") { digits = digits.dropFirst() }
    guard let first = digits.first, first &- UInt8(ascii: "0") < 10, digits.last != UInt8(ascii: ".") else {
        return false
    }
    var hasPoint = false
    return digits.allSatisfy { byte in
        if byte == UInt8(ascii: "."), !hasPoint {
            hasPoint = true
            return true
        }
        return byte &- UInt8(ascii: "0") < 10
    }
}
