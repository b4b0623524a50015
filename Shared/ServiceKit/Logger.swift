import Glibc
import TradingPrimitives

/// How much a log line matters.
public enum LogLevel: Int, Comparable, Sendable, CaseIterable {
    case trace, debug, info, warning, error

    public init?(name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    public var name: String {
        switch self {
        case .trace: "trace"
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }

    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}

/// The fields of one log line, in order.
public struct LogFields {
    fileprivate var json: [UInt8] = []
    fileprivate let isHuman: Bool

    public mutating func put(_ name: StaticString, _ value: String) { text(name, value) }
    public mutating func put(_ name: StaticString, _ value: some CustomStringConvertible) {
        text(name, value.description)
    }
    public mutating func put(_ name: StaticString, _ value: some BinaryInteger) { raw(name, String(value)) }
    public mutating func put(_ name: StaticString, _ value: Double) { raw(name, value.isFinite ? "\(value)" : "null") }
    public mutating func put(_ name: StaticString, _ value: Bool) { raw(name, value ? "true" : "false") }

    private mutating func raw(_ name: StaticString, _ value: String) {
        begin(name)
        json.append(contentsOf: value.utf8)
    }

    private mutating func text(_ name: StaticString, _ value: String) {
        begin(name)
        if isHuman {
            json.append(contentsOf: value.utf8.map { $0 < 32 ? 32 : $0 })
        } else {
            appendJSON(value, to: &json)
        }
    }

    private mutating func begin(_ name: StaticString) {
        if isHuman {
            json.append(UInt8(ascii: " "))
            name.withUTF8Buffer { json.append(contentsOf: $0) }
            json.append(UInt8(ascii: "="))
        } else {
            json.append(contentsOf: ",\"".utf8)
            name.withUTF8Buffer { json.append(contentsOf: $0) }
            json.append(contentsOf: "\":".utf8)
        }
    }
}

/// Appends `text` as a JSON string.
public func appendJSON(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(contentsOf: [UInt8(ascii: "\\"), byte])
        case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
        case 0..<32:
            let digits = Array("0123456789abcdef".utf8)
            bytes.append(contentsOf: "\\u00".utf8)
            bytes.append(contentsOf: [digits[Int(byte >> 4)], digits[Int(byte & 15)]])
        default: bytes.append(byte)
        }
    }
    bytes.append(UInt8(ascii: "\""))
}

/// Writes one line an event: JSON, or a form for people when the output is a terminal.
///
/// Fields are made in a closure that is not called, and costs nothing, while the level is off. Secrets never go in.
public struct Logger: Sendable {
    public let service: String
    public var level: LogLevel
    private let descriptor: Int32
    private let isHuman: Bool

    public enum Form: String, Sendable {
        case automatic = "auto"
        case json
        case human
    }

    public init(service: String, level: LogLevel = .info, form: Form = .automatic, descriptor: Int32 = 2) {
        self.service = service
        self.level = level
        self.descriptor = descriptor
        isHuman =
            switch form {
            case .automatic: isatty(descriptor) == 1
            case .json: false
            case .human: true
            }
    }

    public func log(_ level: LogLevel, _ event: StaticString, _ fields: (inout LogFields) -> Void = { _ in }) {
        guard level >= self.level else { return }
        var values = LogFields(isHuman: isHuman)
        fields(&values)
        var line: [UInt8] = []
        let time = SystemClock.now().description
        if isHuman {
            line.append(contentsOf: "\(time.dropFirst(11).dropLast()) \(level.name.uppercased()) \(event)".utf8)
            line.append(contentsOf: values.json)
        } else {
            line.append(contentsOf: "{\"time\":\"\(time)\",\"level\":\"\(level.name)\",\"service\":".utf8)
            appendJSON(service, to: &line)
            line.append(contentsOf: ",\"event\":\"\(event)\"".utf8)
            line.append(contentsOf: values.json)
            line.append(UInt8(ascii: "}"))
        }
        line.append(UInt8(ascii: "\n"))
        line.withUnsafeBytes { _ = write(descriptor, $0.baseAddress, $0.count) }
    }

    public func trace(_ event: StaticString, _ fields: (inout LogFields) -> Void = { _ in }) {
        log(.trace, event, fields)
    }
    public func debug(_ event: StaticString, _ fields: (inout LogFields) -> Void = { _ in }) {
        log(.debug, event, fields)
    }
    public func info(_ event: StaticString, _ fields: (inout LogFields) -> Void = { _ in }) {
        log(.info, event, fields)
    }
    public func warning(_ event: StaticString, _ fields: (inout LogFields) -> Void = { _ in }) {
        log(.warning, event, fields)
    }
    public func error(_ event: StaticString, _ fields: (inout LogFields) -> Void = { _ in }) {
        log(.error, event, fields)
    }
}
