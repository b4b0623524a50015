/// Reads the little JSON that clients send: objects of scalars, alone or in an array.
public enum FlatJSON {
    public enum Value: Equatable, Sendable {
        case string(String)
        /// A number, true, false or null, as it was written.
        case bare(String)
        case array([Value])
        case object([Member])

        public var text: String? {
            switch self {
            case .string(let text), .bare(let text): text
            case .array, .object: nil
            }
        }
    }

    public struct Member: Equatable, Sendable {
        public let name: String
        public let value: Value
    }

    /// Nil when the text is not JSON.
    public static func parse(_ text: some Collection<UInt8>) -> Value? {
        var reader = Reader(bytes: Array(text))
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipSpace()
        return reader.isAtEnd ? value : nil
    }

    /// An array of flat objects as parameters.
    static func objects(_ text: String) -> [Parameters]? {
        guard case .array(let elements)? = parse(text.utf8) else { return nil }
        var all: [Parameters] = []
        for element in elements {
            guard case .object(let members) = element else { return nil }
            var parameters = Parameters()
            for member in members {
                guard let text = member.value.text else { return nil }
                parameters.put(member.name, text)
            }
            all.append(parameters)
        }
        return all
    }

    private struct Reader {
        let bytes: [UInt8]
        var at = 0
        private static let depthMax = 8

        init(bytes: [UInt8]) { self.bytes = bytes }

        var isAtEnd: Bool { at == bytes.count }
        var next: UInt8? { at < bytes.count ? bytes[at] : nil }

        mutating func skipSpace() {
            while let byte = next, byte == 32 || byte == 9 || byte == 10 || byte == 13 { at += 1 }
        }

        mutating func take(_ scalar: Unicode.Scalar) -> Bool {
            skipSpace()
            guard next == UInt8(ascii: scalar) else { return false }
            at += 1
            return true
        }

        mutating func value(depth: Int) -> Value? {
            guard depth < Self.depthMax else { return nil }
            skipSpace()
            switch next {
            case UInt8(ascii: "\""): return string().map(Value.string)
            case UInt8(ascii: "["): return array(depth: depth)
            case UInt8(ascii: "{"): return object(depth: depth)
            default: return bare()
            }
        }

        private mutating func array(depth: Int) -> Value? {
            at += 1
            var values: [Value] = []
            if take("]") { return .array(values) }
            repeat {
                guard let value = value(depth: depth + 1) else { return nil }
                values.append(value)
            } while take(",")
            return take("]") ? .array(values) : nil
        }

        private mutating func object(depth: Int) -> Value? {
            at += 1
            var members: [Member] = []
            if take("}") { return .object(members) }
            repeat {
                skipSpace()
                guard next == UInt8(ascii: "\""), let name = string(), take(":"), let value = value(depth: depth + 1)
                else { return nil }
                members.append(Member(name: name, value: value))
            } while take(",")
            return take("}") ? .object(members) : nil
        }

        private mutating func string() -> String? {
            at += 1
            var text: [UInt8] = []
            while let byte = next {
                at += 1
                if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
                guard byte == UInt8(ascii: "\\") else {
                    text.append(byte)
                    continue
                }
                guard let escaped = escape() else { return nil }
                text += escaped
            }
            return nil
        }

        private mutating func escape() -> [UInt8]? {
            guard let byte = next else { return nil }
            at += 1
            switch byte {
            case UInt8(ascii: "n"): return [10]
            case UInt8(ascii: "t"): return [9]
            case UInt8(ascii: "r"): return [13]
            case UInt8(ascii: "b"): return [8]
            case UInt8(ascii: "f"): return [12]
            case UInt8(ascii: "u"):
                guard at + 4 <= bytes.count,
                    let code = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
                else { return nil }
                at += 4
                return Array(String(Character(Unicode.Scalar(code) ?? "\u{FFFD}")).utf8)
            default: return [byte]
            }
        }

        private mutating func bare() -> Value? {
            let start = at
            while let byte = next,
                !(byte <= 32 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}"))
            {
                at += 1
            }
            let text = String(decoding: bytes[start..<at], as: UTF8.self)
            guard ["true", "false", "null"].contains(text) || Double(text) != nil else { return nil }
            return .bare(text)
        }
    }
}
