import Notices
import ServiceKit

/// Who is told, who may command, and how loudly: the section `notifier`.
struct NotifierSettings {
    /// Of the Bot API, without a slash at the end.
    let baseURL: String
    /// As @BotFather gives it.
    let token: String
    /// People whose commands count. A group's chat gives none of its members a say.
    let users: [Int64]
    let rules: NoticeRules
    /// What is asked by GET as long as the executor speaks: a watch outside of this machine that alarms when it is not. None: no watch.
    let heartbeatURL: String?
    /// Milliseconds from one heartbeat to the next.
    let heartbeatMs: Int64

    init(_ section: ConfigurationSection) throws(ConfigurationError) {
        baseURL = try section.string("base_url", default: "https://api.telegram.org")
        guard Self.isSafe(baseURL), !baseURL.hasSuffix("/") else {
            throw section.error("base_url", "must begin with https:// (http:// only on loopback) and not end with /")
        }
        guard let token = try section.secret("token"), !token.isEmpty else {
            throw section.error("token", "is required: @BotFather gives one, in TELEGRAM_BOT_TOKEN or in token_file")
        }
        self.token = token
        let chats = try Self.ids(section, "chats")
        users = try Self.ids(section, "users")
        var noise = NoticeRules.defaultNoise
        let loudness = try section.section("noise")
        for topic in Topic.allCases where topic != .emergency && topic != .answer {
            noise[topic] = try loudness.word(topic.rawValue, default: noise[topic] ?? .on)
        }
        var quietHours: QuietHours?
        if let text = try section.string("quiet_hours"), !text.isEmpty {
            quietHours = QuietHours(text)
            guard quietHours != nil else {
                throw section.error("quiet_hours", "'\(text)' is not like 22:00-06:30 (UTC)")
            }
        }
        heartbeatURL = try section.secret("heartbeat_url").flatMap { $0.isEmpty ? nil : $0 }
        guard heartbeatURL.map(Self.isSafe) ?? true else {
            throw section.error("heartbeat_url", "must begin with https:// (http:// only on loopback)")
        }
        heartbeatMs = try Int64(section.int("heartbeat_ms", default: 60_000, in: 1000...3_600_000))
        rules = NoticeRules(chats: chats, noise: noise, quietHours: quietHours)
    }

    private static func isSafe(_ url: String) -> Bool {
        url.hasPrefix("https://") || url.hasPrefix("http://127.0.0.1:")
    }

    private static func ids(_ section: ConfigurationSection, _ key: String) throws(ConfigurationError) -> [Int64] {
        var ids: [Int64] = []
        for text in try section.strings(key, default: []) {
            guard let id = Int64(text) else {
                throw section.error(key, "'\(text)' is not the number of a chat or user")
            }
            ids.append(id)
        }
        guard !ids.isEmpty else { throw section.error(key, "names nobody: without it anyone could command") }
        return ids
    }
}
