import TradingPrimitives

/// Whether a span of a request, any two numbers, is longer than so much.
func isLonger(_ start: Int64, _ end: Int64, thanMs most: Int64) -> Bool {
    let (span, isOver) = end.subtractingReportingOverflow(start)
    return isOver ? end > start : span > most
}

/// The parameters of a request: those of the query, then those of the body. The first of a name counts.
public struct Parameters: Sendable {
    private var pairs: [(name: String, value: String)] = []

    public init() {}

    /// Reads `a=1&b=2` with percent escapes; the body comes second, so that the query wins.
    public init(query: some Collection<UInt8>, body: some Collection<UInt8>) {
        append(query)
        append(body)
    }

    private mutating func append(_ text: some Collection<UInt8>) {
        for pair in text.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.decode(parts[0])
            pairs.append((name, parts.count > 1 ? Self.decode(parts[1]) : ""))
        }
    }

    public mutating func put(_ name: String, _ value: String) { pairs.append((name, value)) }

    private static func decode(_ text: some Collection<UInt8>) -> String {
        var bytes: [UInt8] = []
        var pending: [UInt8] = []
        func digit(_ byte: UInt8) -> UInt8? {
            switch byte {
            case 48...57: byte - 48
            case 65...70: byte - 55
            case 97...102: byte - 87
            default: nil
            }
        }
        for byte in text {
            if !pending.isEmpty {
                pending.append(byte)
                guard pending.count == 3 else { continue }
                if let high = digit(pending[1]), let low = digit(pending[2]) {
                    bytes.append(high << 4 | low)
                } else {
                    bytes += pending
                }
                pending = []
            } else if byte == UInt8(ascii: "%") {
                pending = [byte]
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes + pending, as: UTF8.self)
    }

    // MARK: Reading

    /// The text of a parameter; nil when it is absent or empty.
    public func text(_ name: String) -> String? {
        let value = pairs.first { $0.name == name }?.value
        return value?.isEmpty == true ? nil : value
    }

    public func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    func required(_ name: String) throws(Refusal) -> String {
        guard let value = text(name) else { throw .missing(name) }
        return value
    }

    func integer(_ name: String) throws(Refusal) -> Int64? {
        guard let value = text(name) else { return nil }
        guard let number = Int64(value) else { throw .malformed(name) }
        return number
    }

    func flag(_ name: String) throws(Refusal) -> Bool {
        switch text(name)?.lowercased() {
        case nil, "false": return false
        case "true": return true
        default: throw .malformed(name)
        }
    }

    /// A decimal; more decimals than the venue ever holds are a precision error.
    func decimal<Value: FixedDecimal>(_ name: String, _: Value.Type) throws(Refusal) -> Value? {
        guard let value = text(name) else { return nil }
        if let decimal = Value(value) { return decimal }
        let decimals = value.split(separator: ".", omittingEmptySubsequences: false)
        if decimals.count == 2, decimals[1].utf8.count > 8,
            decimals.allSatisfy({ $0.utf8.allSatisfy { 48...57 ~= $0 } })
        {
            throw .badPrecision
        }
        throw .malformed(name)
    }

    func limit(default normal: Int, max: Int) throws(Refusal) -> Int {
        guard let limit = try integer("limit") else { return normal }
        guard limit > 0 else { throw .invalid("limit") }
        return min(Int(limit), max)
    }

    func choice<Value: RawRepresentable<String>>(_ name: String, _ otherwise: Refusal) throws(Refusal) -> Value? {
        guard let text = text(name) else { return nil }
        guard let value = Value(rawValue: text) else { throw otherwise }
        return value
    }
}
