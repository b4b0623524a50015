/// Where a value lies in a frame.
public struct FrameValue: Sendable {
    public enum Kind: UInt8, Sendable {
        case text, number, literal, object, array
    }
    public var start: UInt32
    /// Of a text, without its quotes.
    public var count: UInt32
    public var kind: Kind
    /// A text with escapes stands otherwise than it reads.
    public var hasEscapes: Bool

    @inlinable
    public init(start: UInt32 = 0, count: UInt32 = 0, kind: Kind = .literal, hasEscapes: Bool = false) {
        self.start = start
        self.count = count
        self.kind = kind
        self.hasEscapes = hasEscapes
    }
}

/// Reads JSON from bytes that stay where they are: strictly, without allocation. It can be inlined everywhere, since each byte of
/// the market comes through here.
public struct FrameCursor {
    public let bytes: UnsafeRawBufferPointer
    /// Of the next byte to be read.
    public var position: Int
    /// Deepest nesting that is accepted.
    @inlinable static var depthMax: Int { 16 }

    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        position = 0
    }

    /// The bytes of a value as they stand.
    @inline(__always) @inlinable
    public func content(_ value: FrameValue) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[Int(value.start)..<Int(value.start + value.count)])
    }

    /// The key of the value that stands at `start`, without quotes; nil for an element of an array.
    public func key(ofValueAt start: Int) -> String? {
        var before = bytes[..<start]
        func skipSpace() { while let last = before.last, last <= 32 { before.removeLast() } }
        if before.last == UInt8(ascii: "\"") { before.removeLast() }
        skipSpace()
        guard before.popLast() == UInt8(ascii: ":") else { return nil }
        skipSpace()
        guard before.popLast() == UInt8(ascii: "\""),
            let quote = before.lastIndex(of: UInt8(ascii: "\""))
        else { return nil }
        return String(decoding: before[(quote + 1)...], as: UTF8.self)
    }

    /// The byte at a place; throws beyond the end.
    @inline(__always) @inlinable
    public func byte(at index: Int) throws(FrameError) -> UInt8 {
        guard index < bytes.count else { throw .truncated }
        return bytes.load(fromByteOffset: index, as: UInt8.self)
    }

    /// The next byte that is not white space, which is left where it is.
    @inline(__always) @inlinable
    public mutating func peek() throws(FrameError) -> UInt8 {
        while true {
            let next = try byte(at: position)
            guard next <= 32 else { return next }
            guard next == 32 || next == 10 || next == 13 || next == 9 else { throw .malformed(at: position) }
            position += 1
        }
    }

    @inline(__always) @inlinable
    public mutating func expect(_ wanted: UInt8) throws(FrameError) {
        guard try peek() == wanted else { throw .malformed(at: position) }
        position += 1
    }

    /// True when `end` closes the list here; else the separator, if one is due, has been passed.
    @inline(__always) @inlinable
    public mutating func closes(_ end: UInt8, isFirst: Bool) throws(FrameError) -> Bool {
        let next = try peek()
        if next == end {
            position += 1
            return true
        }
        if !isFirst {
            guard next == UInt8(ascii: ",") else { throw .malformed(at: position) }
            position += 1
        }
        return false
    }

    /// Only white space may follow the top value.
    @inlinable
    public mutating func expectEnd() throws(FrameError) {
        while position < bytes.count {
            let next = bytes[position]
            guard next == 32 || next == 10 || next == 13 || next == 9 else { throw .malformed(at: position) }
            position += 1
        }
    }

    /// Reads a text and gives where it lies.
    @inline(__always) @inlinable
    public mutating func readText() throws(FrameError) -> FrameValue {
        try expect(UInt8(ascii: "\""))
        let start = position
        while true {
            let next = try byte(at: position)
            if next == UInt8(ascii: "\"") {
                let value = FrameValue(start: UInt32(start), count: UInt32(position - start), kind: .text)
                position += 1
                return value
            }
            if next < 32 || next >= 128 || next == UInt8(ascii: "\\") { return try readRareText(from: start) }
            position += 1
        }
    }

    /// A text with an escape or with letters beyond ASCII.
    @inline(never) @usableFromInline
    mutating func readRareText(from start: Int) throws(FrameError) -> FrameValue {
        var hasEscapes = false
        position = start
        while true {
            let next = try byte(at: position)
            if next == UInt8(ascii: "\"") { break }
            guard next >= 32 else { throw .malformed(at: position) }
            if next == UInt8(ascii: "\\") {
                hasEscapes = true
                try skipEscape()
            } else {
                position += 1
            }
        }
        let text = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
        guard String(validating: text, as: UTF8.self) != nil else { throw .malformed(at: start) }
        position += 1
        return FrameValue(
            start: UInt32(start), count: UInt32(text.count), kind: .text, hasEscapes: hasEscapes)
    }

    private mutating func skipEscape() throws(FrameError) {
        switch try byte(at: position + 1) {
        case UInt8(ascii: "u"):
            for index in 2..<6 {
                let digit = try byte(at: position + index)
                guard hexValue(digit) != nil else { throw .malformed(at: position) }
            }
            position += 6
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 2
        default: throw .malformed(at: position)
        }
    }

    /// Reads any value and gives where it lies; what is in it is checked and left alone.
    @inlinable
    public mutating func readValue(depth: Int = 0) throws(FrameError) -> FrameValue {
        guard depth < Self.depthMax else { throw .malformed(at: position) }
        let first = try peek()
        let start = position
        switch first {
        case UInt8(ascii: "\""): return try readText()
        case UInt8(ascii: "{"):
            position += 1
            var isFirst = true
            while try !closes(UInt8(ascii: "}"), isFirst: isFirst) {
                _ = try readText()
                try expect(UInt8(ascii: ":"))
                _ = try readValue(depth: depth + 1)
                isFirst = false
            }
            return FrameValue(start: UInt32(start), count: UInt32(position - start), kind: .object)
        case UInt8(ascii: "["):
            position += 1
            var isFirst = true
            while try !closes(UInt8(ascii: "]"), isFirst: isFirst) {
                _ = try readValue(depth: depth + 1)
                isFirst = false
            }
            return FrameValue(start: UInt32(start), count: UInt32(position - start), kind: .array)
        case UInt8(ascii: "t"): return try readLiteral("true")
        case UInt8(ascii: "f"): return try readLiteral("false")
        case UInt8(ascii: "n"): return try readLiteral("null")
        default: return try readNumber()
        }
    }

    @inlinable
    mutating func readLiteral(_ word: StaticString) throws(FrameError) -> FrameValue {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count else { throw .truncated }
        let isIt = word.withUTF8Buffer { word in
            word.elementsEqual(UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)]))
        }
        guard isIt else { throw .malformed(at: position) }
        defer { position += count }
        return FrameValue(start: UInt32(position), count: UInt32(count), kind: .literal)
    }

    @inline(__always) @inlinable
    mutating func readNumber() throws(FrameError) -> FrameValue {
        let start = position
        if try byte(at: position) == UInt8(ascii: "-") { position += 1 }
        let first = try byte(at: position)
        guard first &- UInt8(ascii: "0") < 10 else { throw .malformed(at: position) }
        position += 1
        if first != UInt8(ascii: "0") { skipDigits() }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try requireDigits()
        }
        if position < bytes.count, bytes[position] | 32 == UInt8(ascii: "e") {
            position += 1
            let sign = try byte(at: position)
            if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            try requireDigits()
        }
        return FrameValue(start: UInt32(start), count: UInt32(position - start), kind: .number)
    }

    @inlinable
    mutating func skipDigits() {
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
    }

    @inlinable
    mutating func requireDigits() throws(FrameError) {
        guard try byte(at: position) &- UInt8(ascii: "0") < 10 else { throw .malformed(at: position) }
        skipDigits()
    }
}

/// The value of a hexadecimal digit.
@inlinable
public func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
