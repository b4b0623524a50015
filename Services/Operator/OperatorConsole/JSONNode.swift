import ServiceKit

/// A JSON value to be printed or sent.
public indirect enum JSONNode {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case array([JSONNode])
    case object([(String, JSONNode)])
    /// Text that is JSON already.
    case raw(String)

    public static func optional(_ text: String?) -> JSONNode { text.map(JSONNode.text) ?? .null }
    public static func optional(_ number: Int64?) -> JSONNode { number.map(JSONNode.integer) ?? .null }
    public static func optional(_ number: Double?) -> JSONNode { number.map(JSONNode.number) ?? .null }

    /// All of it in one line.
    public var line: String {
        switch self {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .integer(let value): return "\(value)"
        case .number(let value): return value.isFinite ? "\(value)" : "null"
        case .text(let value):
            var bytes: [UInt8] = []
            appendJSON(value, to: &bytes)
            return String(decoding: bytes, as: UTF8.self)
        case .raw(let text): return text
        case .array(let elements): return "[" + elements.map(\.line).joined(separator: ",") + "]"
        case .object(let pairs):
            return "{" + pairs.map { "\(JSONNode.text($0.0).line):\($0.1.line)" }.joined(separator: ",") + "}"
        }
    }
}
