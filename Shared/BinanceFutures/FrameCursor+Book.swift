import SignalContracts
import TradingPrimitives
import WebClient

// The levels of a book, read without allocation.
extension FrameCursor {
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

    @inline(never)
    private func unfitDecimal(from start: Int) -> FrameError {
        let text = FrameValue(start: UInt32(start), count: UInt32(position - start), kind: .text)
        return isDecimal(content(text)) ? .unfit(at: text.start, count: text.count) : .malformed(at: start)
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
