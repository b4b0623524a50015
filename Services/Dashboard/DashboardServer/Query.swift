/// The parameters of a request, each at most once and each of them known.
struct Query {
    private var values: [String: String] = [:]

    /// `names`: those that the path takes.
    init(_ bytes: [UInt8], names: [String]) throws(RequestError) {
        for pair in bytes.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), let value = Self.decode(parts.count > 1 ? parts[1] : []) else {
                throw RequestError(.badRequest, "the query is not well formed")
            }
            guard names.contains(name) else {
                let known = names.isEmpty ? "it takes none" : "it takes \(names.joined(separator: ", "))"
                throw RequestError(.badRequest, "there is no parameter '\(name.prefix(40))' here: \(known)")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw RequestError(.badRequest, "\(name) stands twice")
            }
        }
    }

    func integer(_ name: String, in range: ClosedRange<Int64>) throws(RequestError) -> Int64? {
        guard let text = values[name] else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            throw RequestError(
                .badRequest, "\(name) must be a whole number within \(range.lowerBound)…\(range.upperBound)")
        }
        return number
    }

    func word(_ name: String, of words: [String]) throws(RequestError) -> String? {
        guard let text = values[name] else { return nil }
        guard words.contains(text) else {
            throw RequestError(.badRequest, "\(name) must be one of \(words.joined(separator: ", "))")
        }
        return text
    }

    /// The parameter `symbol`; also of one that is not traded any more.
    func symbol() throws(RequestError) -> String? {
        guard let text = values["symbol"] else { return nil }
        let isName = text.utf8.allSatisfy { byte in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "_")
        }
        guard isName, (1...40).contains(text.utf8.count) else {
            throw RequestError(.badRequest, "symbol must be like BTCUSDT")
        }
        return text
    }

    /// With `%41` and `+` replaced; nil for what is no UTF-8 text.
    static func decode(_ bytes: some Sequence<UInt8>) -> String? {
        var decoded: [UInt8] = []
        var rest = bytes.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "+"): decoded.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(digit), let low = rest.next().flatMap(digit) else { return nil }
                decoded.append(high << 4 | low)
            default: decoded.append(byte)
            }
        }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
