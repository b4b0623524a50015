/// Numbers that can't be true, written over true ones in frames and answers of the venue.
enum Absurdity {
    /// What is written: none of it can be read as a price, an amount, a sum of money or a time that the venue may tell.
    private static let values = [
        "9223372036854775807", "-99999999999999", "1e300", "NaN", "123456789012345678901234567890",
    ]
    /// Members of answers and of frames of the account whose numbers matter. Identifiers are not among them: any number may be one.
    private static let ofAccount = [
        "q", "z", "l", "L", "n", "wb", "pa", "ep", "T", "executedQty", "origQty", "price", "qty", "commission",
        "positionAmt",
        "entryPrice", "markPrice", "totalWalletBalance", "updateTime", "time", "triggerPrice", "quantity",
    ]
    private static let ofMarket = ["p", "q", "T", "E", "o", "h", "l", "c", "v"]

    /// The frame or answer with one of its numbers replaced; nil when it has none that could be.
    static func alter(account bytes: [UInt8], _ trouble: Trouble) -> [UInt8]? { alter(bytes, ofAccount, trouble) }
    static func alter(market bytes: [UInt8], _ trouble: Trouble) -> [UInt8]? { alter(bytes, ofMarket, trouble) }

    private static func alter(_ bytes: [UInt8], _ names: [String], _ trouble: Trouble) -> [UInt8]? {
        let places = numbers(bytes, names)
        guard !places.isEmpty else { return nil }
        let place = trouble.pick(of: places)
        var altered = bytes
        altered.replaceSubrange(place, with: trouble.pick(of: values).utf8)
        return altered
    }

    /// Where the values of members of these names stand, without their quotation marks.
    private static func numbers(_ bytes: [UInt8], _ names: [String]) -> [Range<Int>] {
        let quote = UInt8(ascii: "\""), wanted = Set(names.map { Array($0.utf8) })
        var found: [Range<Int>] = []
        var index = 0
        while let begin = bytes[index...].firstIndex(of: quote), let end = bytes[(begin + 1)...].firstIndex(of: quote) {
            index = end + 1
            guard index < bytes.count, bytes[index] == UInt8(ascii: ":"), wanted.contains(Array(bytes[begin + 1..<end]))
            else { continue }
            var first = index + 1
            if first < bytes.count, bytes[first] == quote { first += 1 }
            let last = bytes[first...].firstIndex { !isOfNumber($0) } ?? bytes.count
            if last > first { found.append(first..<last) }
            index = last < bytes.count && bytes[last] == quote ? last + 1 : last
        }
        return found
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
    }
}
