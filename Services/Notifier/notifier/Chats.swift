import Notices
import OperatorConsole
import ServiceKit
import SignalContracts
import StreamBus

/// What sender and reader both know of the chats. Which number a chat has by now is kept in Redis, beside the number of the next
/// update: Telegram tells it once.
final class Chats {
    private static let movesMax = 8
    private let context: ServiceContext
    private let listed: [Int64]
    private var isLoaded = false
    var book: ChatBook

    init(_ context: ServiceContext, _ listed: [Int64]) {
        self.context = context
        self.listed = listed
        book = ChatBook(listed)
    }

    /// Reads what was learned before this process began; once.
    func load(_ redis: RedisClient) throws(RedisError) {
        guard !isLoaded else { return }
        for chat in listed {
            var last = chat
            for _ in 0..<Self.movesMax {
                guard let next = try redis.command("GET", Self.key(of: last)).text.flatMap({ Int64($0) }) else { break }
                last = next
            }
            book.move(chat, to: last)
        }
        isLoaded = true
    }

    private static func key(of chat: Int64) -> String { "telegram:moved:\(chat)" }

    /// What writes down a move, so that it is known after a restart. The first of the pair is to be known before `book` is told.
    func commands(for move: ChatMove) -> [[String]] {
        // Two numbers that lead to each other would lead nowhere: the newest word counts.
        [["DEL", Self.key(of: move.new)], ["SET", Self.key(of: move.old), "\(move.new)"]]
    }

    /// To people: the suite follows, and the configuration is to be brought up to date.
    func alert(of move: ChatMove) -> Alert {
        Alert(
            eventTime: SystemClock.now(), severity: .warning, service: context.name, event: "chat_moved",
            text:
                "chat \(move.old) is now \(move.new): notices and commands have moved with it; write the new number into "
                + "notifier.chats (TELEGRAM_CHAT_ID)")
    }

    func alert(closed chat: Int64, _ reason: String) -> Alert {
        Alert(
            eventTime: SystemClock.now(), severity: .critical, service: context.name, event: "chat_closed",
            text: "Telegram takes nothing for chat \(chat): \(reason); what it is to be told is held back for a day")
    }

    /// Shows people who look elsewhere that this process lives, and who is not told: a key that ends by itself.
    func show(_ complaint: String?, _ redis: RedisClient) throws(RedisError) {
        try redis.command("SET", NotifierState.key, complaint ?? "", "PX", "\(NotifierState.lifeMs)")
    }
}
