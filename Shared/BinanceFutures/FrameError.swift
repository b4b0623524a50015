/// Why a frame of the venue could not be read.
public enum FrameError: Error, Equatable, Sendable {
    /// The frame ends within a value.
    case truncated
    /// Not JSON from this byte on.
    case malformed(at: Int)
    /// A key that is used stands twice.
    case duplicateKey(at: Int)
    /// The event lacks a field that it must have, or has one of another kind.
    case badField(String)
    /// A number that is well formed and does not fit what it is to become: the value of this key, and where it stands.
    case unfit(key: Key, at: UInt32, count: UInt32)
    /// The same in a level of a book.
    case unfitLevel

    /// A key whose value is a decimal: a letter, or `ap`, which stands as `A`. Errors are kept small, since each step of a reader
    /// may give one.
    public struct Key: Equatable, Sendable {
        let letter: UInt8

        init(_ letter: Unicode.Scalar) { self.letter = UInt8(truncatingIfNeeded: letter.value) }
        static let averagePrice = Key("A")

        var name: String { self == Self.averagePrice ? "ap" : String(Unicode.Scalar(letter)) }
    }
}

/// A legal number of the venue's that the suite's own do not reach, or one that is finer than they are.
public struct UnfitValue: Error, Equatable, Sendable, CustomStringConvertible {
    /// By the venue's name.
    public let field: String
    public let text: String

    public init(_ field: String, _ text: String) { (self.field, self.text) = (field, text) }

    public var description: String { "'\(field)' is \(text), beyond \(fixedRange)" }
    private var fixedRange: String { "±92,233,720,368.54775807 or finer than 0.00000001" }
}

/// Whether the bytes are a plain decimal number, of whatever size: digits with one point at most, a minus before them.
func isDecimal(_ text: UnsafeRawBufferPointer) -> Bool {
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
