import TradingPrimitives

/// A command line that can't be followed.
struct UsageError: Error {
    let message: String
}

/// The words after the command: `--name value`, `--flag`.
struct Arguments {
    private var values: [String: [String]] = [:]

    init(_ words: some Sequence<String>, values names: Set<String>, flags: Set<String>) throws(UsageError) {
        var pending: String?
        for word in words {
            if let name = pending {
                values[name, default: []].append(word)
                pending = nil
                continue
            }
            guard word.hasPrefix("--") else { throw UsageError(message: "unexpected argument '\(word)'") }
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
            let name = parts.first ?? ""
            if flags.contains(name), parts.count == 1 {
                values[name] = ["true"]
            } else if names.contains(name) {
                if parts.count == 2 { values[name, default: []].append(parts[1]) } else { pending = name }
            } else {
                throw UsageError(message: "unknown option '--\(name)'")
            }
        }
        if let name = pending { throw UsageError(message: "option '--\(name)' needs a value") }
    }

    func isSet(_ name: String) -> Bool { values[name] != nil }
    func text(_ name: String) -> String? { values[name]?.last }
    func all(_ name: String) -> [String] { values[name] ?? [] }

    func value<Value: LosslessStringConvertible>(_ name: String, _ otherwise: Value) throws(UsageError) -> Value {
        guard let text = text(name) else { return otherwise }
        guard let value = Value(text) else { throw UsageError(message: "'\(text)' is not a value for --\(name)") }
        return value
    }

    func integer(_ name: String, _ otherwise: Int, in range: ClosedRange<Int>) throws(UsageError) -> Int {
        let value = try value(name, otherwise)
        guard range.contains(value) else {
            throw UsageError(message: "--\(name) must be \(range.lowerBound)…\(range.upperBound)")
        }
        return value
    }
}
