import Glibc
import TradingPrimitives

/// Log lines on standard error: JSON, or plain text for a person at a terminal.
public struct Log: Sendable {
    public enum Level: String, Sendable, CaseIterable, Comparable {
        case debug, info, warning, error

        public static func < (left: Level, right: Level) -> Bool {
            (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
        }
    }

    private let least: Level
    private let isPlain = isatty(2) == 1

    public init(_ least: Level) { self.least = least }

    public func isOn(_ level: Level) -> Bool { level >= least }

    public func write(_ level: Level, _ event: String, _ fields: [(String, String)] = []) {
        guard isOn(level) else { return }
        var line = ""
        let time = Timestamp(milliseconds: Clock.realMs())
        if isPlain {
            line = "\(time) \(level.rawValue) \(event)"
            for (name, value) in fields { line += " \(name)=\(value)" }
        } else {
            func quoted(_ text: String) -> String {
                "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : $0.isNewline ? " " : String($0) }.joined()
                    + "\""
            }
            line =
                #"{"time":"\#(time)","level":"\#(level.rawValue)","service":"exchange-simulator","event":"#
                + quoted(event)
            for (name, value) in fields { line += ",\"\(name)\":" + quoted(value) }
            line += "}"
        }
        line += "\n"
        line.withUTF8 { _ = Glibc.write(2, $0.baseAddress, $0.count) }
    }
}
