import SignalContracts
import TradingPrimitives

/// Where a value lies in a frame.
struct FrameValue {
    enum Kind: UInt8 {
        case text, number, literal, object, array
    }
    var start: UInt32 = 0
    /// Of a text, without its quotes.
    var count: UInt32 = 0
    var kind = Kind.literal
    /// A text with escapes stands otherwise than it reads.
    var hasEscapes = false
}

/// The values of an object's one-letter keys.
struct FrameSlots {
    private var values = [FrameValue](repeating: FrameValue(), count: 64)
    private var present: UInt64 = 0

    mutating func removeAll() { present = 0 }

    /// False when the key is there already.
    @inline(__always)
    mutating func put(_ letter: UInt8, _ value: FrameValue) -> Bool {
        let index = Int(letter & 63)
        let bit: UInt64 = 1 << UInt64(index)
        if present & bit != 0 { return false }
        present |= bit
        values[index] = value
        return true
    }

    @inline(__always)
    subscript(letter: Unicode.Scalar) -> FrameValue? {
        let index = Int(letter.value & 63)
        return present & (1 << UInt64(index)) != 0 ? values[index] : nil
    }
}

/// Reads JSON from bytes that stay where they are: strictly, without allocation.
struct FrameCursor {
    let bytes: UnsafeRawBufferPointer
    var position = 0
    /// Deepest nesting that is accepted.
    private static let depthMax = 16

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    @inline(__always)
    private func byte(at index: Int) throws(FrameError) -> UInt8 {
        guard index < bytes.count else { throw .truncated }
        return bytes.load(fromByteOffset: index, as: UInt8.self)
    }

    /// The next byte that is not white space, which is left where it is.
    @inline(__always)
    mutating func peek() throws(FrameError) -> UInt8 {
        while true {
            let next = try byte(at: position)
            guard next <= 32 else { return next }
            guard next == 32 || next == 10 || next == 13 || next == 9 else { throw .malformed(at: position) }
            position += 1
        }
    }

    @inline(__always)
    mutating func expect(_ wanted: UInt8) throws(FrameError) {
        guard try peek() == wanted else { throw .malformed(at: position) }
        position += 1
    }

    /// True when `end` closes the list here; else the separator, if one is due, has been passed.
    @inline(__always)
    mutating func closes(_ end: UInt8, isFirst: Bool) throws(FrameError) -> Bool {
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
    mutating func expectEnd() throws(FrameError) {
        while position < bytes.count {
            let next = bytes[position]
            guard next == 32 || next == 10 || next == 13 || next == 9 else { throw .malformed(at: position) }
            position += 1
        }
    }

    /// Reads a text and gives where it lies.
    @inline(__always)
    mutating func readText() throws(FrameError) -> FrameValue {
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
    @inline(never)
    private mutating func readRareText(from start: Int) throws(FrameError) -> FrameValue {
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
    mutating func readValue(depth: Int = 0) throws(FrameError) -> FrameValue {
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

    private mutating func readLiteral(_ word: StaticString) throws(FrameError) -> FrameValue {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count else { throw .truncated }
        let isIt = word.withUTF8Buffer { word in
            word.elementsEqual(UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)]))
        }
        guard isIt else { throw .malformed(at: position) }
        defer { position += count }
        return FrameValue(start: UInt32(position), count: UInt32(count), kind: .literal)
    }

    @inline(__always)
    private mutating func readNumber() throws(FrameError) -> FrameValue {
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

    private mutating func skipDigits() {
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") < 10 { position += 1 }
    }

    private mutating func requireDigits() throws(FrameError) {
        guard try byte(at: position) &- UInt8(ascii: "0") < 10 else { throw .malformed(at: position) }
        skipDigits()
    }

    /// Reads `[["price","quantity"],…]` straight into a side of a book. Levels beyond twenty are checked only.
    mutating func readSide(into side: inout BookSide) throws(FrameError) {
        try expect(UInt8(ascii: "["))
        var isFirst = true
        while try !closes(UInt8(ascii: "]"), isFirst: isFirst) {
            try expect(UInt8(ascii: "["))
            let price = try readDecimal()
            try expect(UInt8(ascii: ","))
            let quantity = try readDecimal()
            while try !closes(UInt8(ascii: "]"), isFirst: false) { _ = try readValue() }
            side.append(BookLevel(price: Price(raw: price), quantity: Quantity(raw: quantity)))
            isFirst = false
        }
    }

    /// The same, level by level and with care: those whose numbers do not fit are left out. Gives the first of them.
    @inline(never)
    mutating func readFittingSide(into side: inout BookSide) throws(FrameError) -> String? {
        var unfit: String?
        try expect(UInt8(ascii: "["))
        var isFirst = true
        while try !closes(UInt8(ascii: "]"), isFirst: isFirst) {
            isFirst = false
            try expect(UInt8(ascii: "["))
            let price = content(try readText())
            try expect(UInt8(ascii: ","))
            let quantity = content(try readText())
            while try !closes(UInt8(ascii: "]"), isFirst: false) { _ = try readValue() }
            guard isDecimal(price), isDecimal(quantity) else { throw .malformed(at: position) }
            if let price = Price(ascii: price), let quantity = Quantity(ascii: quantity) {
                side.append(BookLevel(price: price, quantity: quantity))
            } else if unfit == nil {
                unfit =
                    String(decoding: price.prefix(40), as: UTF8.self) + ":"
                    + String(decoding: quantity.prefix(40), as: UTF8.self)
            }
        }
        return unfit
    }

    private func content(_ value: FrameValue) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[Int(value.start)..<Int(value.start + value.count)])
    }

    @inline(never)
    private func unfitDecimal(from start: Int) -> FrameError {
        isDecimal(UnsafeRawBufferPointer(rebasing: bytes[start..<position])) ? .unfitLevel : .malformed(at: start)
    }

    /// A decimal in quotes, in steps of 1e-8.
    @inline(__always)
    private mutating func readDecimal() throws(FrameError) -> Int64 {
        try expect(UInt8(ascii: "\""))
        let start = position
        var value: Int64 = 0
        var digits = 0
        var decimals = -1
        while true {
            let next = try byte(at: position)
            let digit = next &- UInt8(ascii: "0")
            if digit < 10 {
                value = value &* 10 &+ Int64(digit)
                digits += 1
                if decimals >= 0 { decimals += 1 }
            } else if next == UInt8(ascii: "."), decimals < 0, digits > 0 {
                decimals = 0
            } else if next == UInt8(ascii: "\"") {
                break
            } else {
                throw .malformed(at: position)
            }
            position += 1
        }
        defer { position += 1 }
        let places = max(0, decimals)
        // Ten whole digits and eight decimals can't overflow; anything longer is left to the careful reader.
        if digits - places <= 10, places <= 8, digits > 0, decimals != 0 {
            return value &* powersOfTen[8 - places]
        }
        guard let price = Price(ascii: UnsafeRawBufferPointer(rebasing: bytes[start..<position])) else {
            throw unfitDecimal(from: start)
        }
        return price.raw
    }
}

private let powersOfTen: InlineArray<9, Int64> = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000,
]

func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
