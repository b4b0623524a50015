import TradingPrimitives

/// Walks over JSON text without making strings or trees. Every step answers nil or false on malformed text.
struct ByteScanner {
    let bytes: UnsafeRawBufferPointer
    var at = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { at >= bytes.count }

    mutating func skipSpace() {
        while at < bytes.count, bytes[at] == 32 || bytes[at] == 9 { at += 1 }
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard at < bytes.count, bytes[at] == UInt8(ascii: character) else { return false }
        at += 1
        return true
    }

    /// Content of a string without escapes.
    mutating func string() -> Range<Int>? {
        guard take("\"") else { return nil }
        let start = at
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "\"") {
                at += 1
                return start..<at - 1
            }
            at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    /// A number, or a string with one in it.
    mutating func scalar() -> Range<Int>? {
        skipSpace()
        guard at < bytes.count else { return nil }
        if bytes[at] == UInt8(ascii: "\"") { return string() }
        let start = at
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), 32, 13: return start..<at
            default: at += 1
            }
        }
        return start..<at
    }

    mutating func decimal<Value: FixedDecimal>(_: Value.Type) -> Value? {
        guard let range = scalar() else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: bytes[range])
        if let value = Value(ascii: text) { return value }
        // A number that a program wrote in its own way (5e-05).
        return Double(String(decoding: text, as: UTF8.self)).flatMap { Value($0, rounding: .nearest) }
    }

    mutating func integer() -> Int64? {
        guard let range = scalar(), !range.isEmpty else { return nil }
        var value: Int64 = 0
        for index in range {
            let digit = bytes[index] &- 48
            guard digit < 10 else { return nil }
            let (product, isOver) = value.multipliedReportingOverflow(by: 10)
            if isOver || product > .max - 9 { return nil }
            value = product + Int64(digit)
        }
        return value
    }

    mutating func bool() -> Bool? {
        guard let range = scalar(), let first = range.first else { return nil }
        return bytes[first] == UInt8(ascii: "t") || bytes[first] == UInt8(ascii: "T")
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    func equals(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { other in
            for index in 0..<other.count where bytes[range.lowerBound + index] != other[index] { return false }
            return true
        }
    }

    /// Passes over any value.
    mutating func skipValue() -> Bool {
        skipSpace()
        guard at < bytes.count else { return false }
        var depth = 0
        repeat {
            skipSpace()
            guard at < bytes.count else { return false }
            switch bytes[at] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                at += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                at += 1
            case UInt8(ascii: "\""):
                guard string() != nil else { return false }
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                at += 1
            default:
                guard let range = scalar(), !range.isEmpty else { return false }
            }
        } while depth > 0
        return depth == 0
    }

    /// Walks over an object; `body` reads the value of each member, or answers false.
    mutating func members(_ body: (inout ByteScanner, Range<Int>) -> Bool) -> Bool {
        guard take("{") else { return false }
        if take("}") { return true }
        repeat {
            skipSpace()
            guard let key = string(), take(":"), body(&self, key) else { return false }
        } while take(",")
        return take("}")
    }

    /// Reads `[["price","quantity"], …]` into `levels`.
    mutating func levels(into levels: inout [DepthLevel]) -> Bool {
        guard take("[") else { return false }
        if take("]") { return true }
        repeat {
            guard take("["), let price = decimal(Price.self), take(","), let quantity = decimal(Quantity.self),
                take("]")
            else { return false }
            levels.append(DepthLevel(price: price, quantity: quantity))
        } while take(",")
        return take("]")
    }
}
