public import TradingPrimitives

/// A JSON value as a tree. Numbers keep their text, so that decimals stay exact.
public enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    public struct Member: Equatable, Sendable {
        public let name: String
        public let value: JSONValue
    }

    public init(_ text: UnsafeRawBufferPointer) throws(FrameError) {
        var cursor = FrameCursor(text)
        self = try Self.read(&cursor, depth: 0)
        try cursor.expectEnd()
    }

    public init(_ bytes: [UInt8]) throws(FrameError) {
        let outcome: Result<JSONValue, FrameError> = bytes.withUnsafeBytes { text in
            do throws(FrameError) { return .success(try JSONValue(text)) } catch { return .failure(error) }
        }
        self = try outcome.get()
    }

    private static func read(_ cursor: inout FrameCursor, depth: Int) throws(FrameError) -> JSONValue {
        guard depth < 32 else { throw .malformed(at: cursor.position) }
        switch try cursor.peek() {
        case UInt8(ascii: "{"):
            try cursor.expect(UInt8(ascii: "{"))
            var members: [Member] = []
            while try !cursor.closes(UInt8(ascii: "}"), isFirst: members.isEmpty) {
                let name = text(cursor.bytes, try cursor.readText())
                try cursor.expect(UInt8(ascii: ":"))
                members.append(Member(name: name, value: try read(&cursor, depth: depth + 1)))
            }
            return .object(members)
        case UInt8(ascii: "["):
            try cursor.expect(UInt8(ascii: "["))
            var elements: [JSONValue] = []
            while try !cursor.closes(UInt8(ascii: "]"), isFirst: elements.isEmpty) {
                elements.append(try read(&cursor, depth: depth + 1))
            }
            return .array(elements)
        default:
            let value = try cursor.readValue()
            switch value.kind {
            case .text: return .string(text(cursor.bytes, value))
            case .number: return .number(text(cursor.bytes, value))
            default:
                let word = text(cursor.bytes, value)
                return word == "null" ? .null : .bool(word == "true")
            }
        }
    }

    /// The text of a value, with its escapes resolved.
    private static func text(_ bytes: UnsafeRawBufferPointer, _ value: FrameValue) -> String {
        let raw = UnsafeRawBufferPointer(rebasing: bytes[Int(value.start)..<Int(value.start + value.count)])
        guard value.hasEscapes else { return String(decoding: raw, as: UTF8.self) }
        var units: [UInt16] = []
        var characters = String(decoding: raw, as: UTF8.self).utf16.makeIterator()
        while let unit = characters.next() {
            guard unit == 92, let escaped = characters.next() else {
                units.append(unit)
                continue
            }
            switch Unicode.Scalar(escaped) {
            case "b": units.append(8)
            case "f": units.append(12)
            case "n": units.append(10)
            case "r": units.append(13)
            case "t": units.append(9)
            case "u":
                var code: UInt16 = 0
                for _ in 0..<4 {
                    let digit = characters.next().flatMap { hexValue(UInt8(truncatingIfNeeded: $0)) } ?? 0
                    code = code << 4 | UInt16(digit)
                }
                units.append(code)
            default: units.append(escaped)
            }
        }
        return String(decoding: units, as: UTF16.self)
    }

    // MARK: Access

    /// The member of an object; nil when absent, or when this is no object. Of two of one name the last one counts.
    public subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    public var elements: [JSONValue] {
        if case .array(let elements) = self { elements } else { [] }
    }

    /// Text of a string or a number.
    public var text: String? {
        switch self {
        case .string(let text), .number(let text): text
        case .null, .bool, .array, .object: nil
        }
    }

    /// A whole number, written as a number or as a string.
    public var integer: Int64? { text.flatMap { Int64($0) } }

    public var bool: Bool? {
        switch self {
        case .bool(let value): value
        case .string(let text): text == "true" ? true : text == "false" ? false : nil
        case .null, .number, .array, .object: nil
        }
    }

    /// An exact decimal, written as a string or as a number.
    public func decimal<Value: FixedDecimal>(_ type: Value.Type = Value.self) -> Value? {
        text.flatMap { Value($0) }
    }
}
