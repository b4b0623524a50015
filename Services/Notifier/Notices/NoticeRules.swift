public import TradingPrimitives

/// What a notice is about, as the noise settings name it.
public enum Topic: String, Sendable, CaseIterable {
    /// An entry order rests at the venue.
    case entry
    /// A position was opened.
    case entryFill = "entry_fill"
    /// An entry ended without a position.
    case noFill = "no_fill"
    case takeProfit = "take_profit"
    /// A position was closed.
    case exit
    case breaker
    /// Something critical: it is told aloud whatever the hour.
    case emergency
    case warning
    case info
    case daily
    /// To a command of a person.
    case answer
}

/// How loud a topic is.
public enum Noise: String, Sendable, CaseIterable {
    case on
    /// Delivered without a sound.
    case silent
    /// Not delivered.
    case off
}

/// Hours in which nothing but emergencies makes a sound: minutes since midnight UTC, over midnight if `from` is the later one.
public struct QuietHours: Equatable, Sendable {
    public let fromMinute: Int
    public let toMinute: Int

    /// Reads `22:00-06:30`; nil for anything else.
    public init?(_ text: String) {
        let ends = text.split(separator: "-").map { Self.minute(String($0)) }
        guard ends.count == 2, let from = ends[0], let to = ends[1], from != to else { return nil }
        fromMinute = from
        toMinute = to
    }

    private static func minute(_ text: String) -> Int? {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]), 0..<24 ~= hour, 0..<60 ~= minute
        else { return nil }
        return hour * 60 + minute
    }

    public func contain(_ time: Timestamp) -> Bool {
        let minute = Int(time.milliseconds / 60_000 % 1440)
        return fromMinute < toMinute
            ? fromMinute..<toMinute ~= minute : minute >= fromMinute || minute < toMinute
    }
}

/// To whom notices go, and how loudly.
public struct NoticeRules: Sendable {
    public var chats: [Int64]
    public var noise: [Topic: Noise]
    public var quietHours: QuietHours?

    public static let defaultNoise: [Topic: Noise] = [.entry: .off, .noFill: .off, .info: .silent]

    public init(chats: [Int64], noise: [Topic: Noise] = defaultNoise, quietHours: QuietHours? = nil) {
        self.chats = chats
        self.noise = noise
        self.quietHours = quietHours
    }

    func noise(of topic: Topic, at time: Timestamp) -> Noise {
        if topic == .emergency { return .on }
        let wanted = noise[topic] ?? .on
        return wanted == .on && quietHours?.contain(time) == true ? .silent : wanted
    }
}
