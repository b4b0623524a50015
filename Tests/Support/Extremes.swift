public import SignalContracts

/// What a field may hold when something went wrong where it was written: for tests that put each of them into each field of a
/// message, a frame or an answer, and ask that it is refused or harmless.
public enum Extremes {
    /// Nothing, below nothing, too little, too much, the ends of 64 bits and beyond, far times, and what is no number.
    public static let texts = [
        "0", "-1", "-0.00000001", "0.000000000001", "1", "1000000000", "1000000000000", "1000000000000000",
        "1000000000000000000", "92233720368.54775807", "-92233720368.54775808", "95000000000", "9223372036854775807",
        "-9223372036854775808", "9223372036854775808", "99999999999999999999999999", "4102444800001", "253402300799999",
        "1e300", "-1e300", "NaN", "inf", "", " ", "null", "true",
    ]

    /// Calls `body` with the entry once for each field and extreme, the field's value replaced by it.
    public static func forEach(
        of message: some StreamMessage, _ body: (_ field: String, _ text: String, _ entry: Fields) throws -> Void
    ) rethrows {
        let pairs = message.fields.pairs
        for (index, pair) in pairs.enumerated() {
            for text in texts where text != pair.value {
                var changed = pairs
                changed[index].value = text
                try body(pair.name, text, entry(changed))
            }
        }
    }

    /// Calls `body` with the JSON text once for each value in it and each extreme. A value in quotes stays in quotes.
    public static func forEach(
        ofJSON text: String, _ body: (_ name: String, _ text: String, _ json: String) throws -> Void
    ) rethrows {
        let values = text.matches(of: /(?:"(?<name>[A-Za-z0-9_]+)"\s*:\s*)?(?<value>"[^"\\]*"(?!\s*:)|-?[0-9][0-9.]*)/)
        for (index, match) in values.enumerated() {
            let isText = match.value.first == "\""
            for extreme in texts {
                let changed =
                    text[..<match.value.startIndex] + (isText ? "\"\(extreme)\"" : extreme)
                    + text[match.value.endIndex...]
                try body(match.name.map { String($0) } ?? "#\(index)", extreme, String(changed))
            }
        }
    }

    /// An entry of these fields.
    public static func entry(_ pairs: [(name: String, value: String)]) -> Fields {
        var fields = Fields()
        for (name, value) in pairs {
            Array(name.utf8).withUnsafeBytes { name in
                Array(value.utf8).withUnsafeBytes { fields.append(name: name, value: $0) }
            }
        }
        return fields
    }
}
