import Notices
import OperatorConsole
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives
import WebClient

/// Takes what people write: asks Telegram for updates, and turns each into a command or an answer, once.
///
/// What an update comes to and the number of the next one are written in one transaction. So an update that was not dealt
/// with is asked for again, and one that was never counts twice, whenever the process dies.
final class ChatReader {
    private static let offsetKey = "telegram:offset"
    private static let pollSeconds = 25
    private static let ageMaxSeconds: Int64 = 60
    private static let codeSeconds = 60
    private static let messagesPerMinuteMax = 20
    private let context: ServiceContext
    private let bot: BotAPI
    private let settings: NotifierSettings
    private let chats: Chats
    private let answers: SuiteAnswers
    private var redis: RedisClient?
    /// The next update's number; nil until Redis has told it.
    private var offset: Int64?
    private var backOff = BackOff(leastMs: 1000, greatestMs: 30_000)
    private var recent: [Int64: [Int64]] = [:]
    private let updates: Metrics.Counter
    private let strangers: Metrics.Counter

    init(_ context: ServiceContext, _ bot: BotAPI, _ settings: NotifierSettings, _ chats: Chats) {
        self.context = context
        self.bot = bot
        self.settings = settings
        self.chats = chats
        answers = SuiteAnswers(context.settings)
        updates = context.metrics.counter("telegram_updates_total", help: "Updates that were dealt with.")
        strangers = context.metrics.counter(
            "telegram_strangers_total", help: "Messages of people who are not on the list.")
    }

    func start() {
        context.reactor.after(ms: 0) { [weak self] in self?.poll() }
        showMenu()
    }

    /// The chat's menu of commands. It is a help and no more: what Telegram makes of it is only told in the log.
    private func showMenu() {
        let menu = ChatCommand.menu.map { entry in
            JSONNode.object([("command", .text(entry.name)), ("description", .text(entry.what))])
        }
        bot.call("setMyCommands", [("commands", JSONNode.array(menu).line)], timeoutMs: 10_000) { [weak self] answer in
            let reason: String
            switch answer {
            case .ok: return
            case .refused(let refusal): reason = "\(refusal.code) \(refusal.text)"
            case .unreachable(let text):
                reason = text
                self?.context.reactor.after(ms: 60_000) { [weak self] in self?.showMenu() }
            }
            self?.context.log.warning("menu_not_shown") { $0.put("error", reason) }
        }
    }

    private func poll() {
        do throws(RedisError) {
            if offset == nil { offset = try connect().command("GET", Self.offsetKey).integer ?? 0 }
        } catch {
            return failed("Redis: \(error)")
        }
        bot.call(
            "getUpdates",
            [
                ("offset", "\(offset ?? 0)"), ("timeout", "\(Self.pollSeconds)"),
                ("allowed_updates", #"["message"]"#),
            ], timeoutMs: (Self.pollSeconds + 10) * 1000
        ) { [weak self] in self?.polled($0) }
    }

    private func polled(_ answer: BotAPI.Answer) {
        switch answer {
        case .ok(let result):
            do throws(RedisError) {
                for update in result.elements { try take(update) }
                backOff.reset()
                context.reactor.after(ms: 0) { [weak self] in self?.poll() }
            } catch {
                failed("Redis: \(error)")
            }
        case .refused(let refusal):
            // 409: another process asks with the same token, and each takes the other's updates away.
            let afterMs = refusal.retryAfterSeconds.map { $0 * 1000 } ?? (refusal.code == 429 ? 5000 : 10_000)
            failed("\(refusal.code) \(refusal.text)", afterMs: afterMs)
        case .unreachable(let text): failed(text)
        }
    }

    private func failed(_ reason: String, afterMs: Int64? = nil) {
        redis = nil
        offset = nil
        let ms = afterMs ?? backOff.next()
        context.log.warning("updates_not_read") {
            $0.put("error", reason)
            $0.put("retry_ms", ms)
        }
        context.reactor.after(ms: ms) { [weak self] in self?.poll() }
    }

    private func connect() throws(RedisError) -> RedisClient {
        if let redis { return redis }
        let made = try RedisClient(context.settings.redis, timeoutMs: 1500)
        try chats.load(made)
        redis = made
        return made
    }

    // MARK: One update

    /// What an update comes to: written together with the number of the next one.
    private struct Outcome {
        var entries: [(StreamName, Fields)] = []
        var others: [[String]] = []
    }

    private func take(_ update: JSONValue) throws(RedisError) {
        guard let number = update["update_id"]?.integer, number >= offset ?? 0 else { return }
        var outcome = Outcome()
        let move = ChatMove(update).flatMap { chats.book.isListed($0.old) ? $0 : nil }
        if let move, chats.book.current(move.old) != move.new {
            outcome.others += chats.commands(for: move)
            outcome.entries.append((StreamName(.alert), chats.alert(of: move).fields))
        }
        if let message = ChatMessage(update) { try consider(message, number, &outcome) }
        let redis = try connect()
        var commands = CommandBuffer()
        commands.command(["MULTI"])
        for (stream, fields) in outcome.entries {
            commands.xadd(Array(stream.key.utf8), fields)
        }
        for other in outcome.others { commands.command(other) }
        commands.command(["SET", Self.offsetKey, "\(number + 1)"])
        commands.command(["EXEC"])
        let replies = try redis.pipeline(commands)
        for reply in replies { if case .error(let text) = reply { throw .refused(text) } }
        offset = number + 1
        if let move { chats.book.move(move.old, to: move.new) }
        updates.add()
    }

    private func consider(_ message: ChatMessage, _ number: Int64, _ outcome: inout Outcome) throws(RedisError) {
        guard settings.users.contains(message.user), chats.book.isListed(message.chat) else {
            return try meet(message, &outcome)
        }
        let now = SystemClock.now()
        guard mayAsk(message.user, now) else {
            context.log.warning("too_many_messages") { $0.put("user", message.user) }
            return
        }
        guard now.milliseconds / 1000 - message.date <= Self.ageMaxSeconds else {
            let age = NoticeText.duration(now.milliseconds - message.date * 1000)
            return say("/\(message.command) came \(age) late and was not carried out; send it again", message, &outcome)
        }
        context.log.info("chat_command") {
            $0.put("user", message.user)
            $0.put("command", message.command)
        }
        switch ChatCommand(message, symbols: context.settings.symbols) {
        case .help: say(ChatCommand.list, message, &outcome)
        case .wrong(let text): say(text, message, &outcome)
        case .ask(let question):
            say(try answers.answer(question, try connect()), message, &outcome, isTable: true)
        case .send(let name, let symbol):
            if name == .stop || name == .halt {
                let held = try answers.answer(.status, try connect())
                say("No new entries. Open positions keep their stops and targets:\n\(held)", message, &outcome)
            }
            command(name, symbol, message, number, &outcome)
        case .closeAll(let code): try closeAll(code, message, number, &outcome)
        }
    }

    /// A few questions a minute are a conversation; more are a script, or a thumb on a button.
    private func mayAsk(_ user: Int64, _ now: Timestamp) -> Bool {
        var times = (recent[user] ?? []).filter { now.milliseconds - $0 < 60_000 }
        times.append(now.milliseconds)
        recent[user] = times
        return times.count <= Self.messagesPerMinuteMax
    }

    private func say(_ text: String, _ message: ChatMessage, _ outcome: inout Outcome, isTable: Bool = false) {
        let notice = Notice(
            eventTime: SystemClock.now(), chat: message.chat, topic: Topic.answer.rawValue, isSilent: false,
            isTable: isTable, text: text)
        outcome.entries.append((StreamName(.notice), notice.fields))
    }

    private func command(
        _ name: CommandName, _ symbol: Symbol?, _ message: ChatMessage, _ number: Int64,
        _ outcome: inout Outcome
    ) {
        let command = Command(
            id: ChatCommandId(update: number, chat: message.chat).text, issuedAt: SystemClock.now(),
            author: "telegram:\(message.user)", name: name, symbol: symbol)
        outcome.entries.append((StreamName(.command), command.fields))
    }

    private func closeAll(
        _ code: String?, _ message: ChatMessage, _ number: Int64, _ outcome: inout Outcome
    ) throws(RedisError) {
        let key = "telegram:code:\(message.chat):\(message.user)"
        guard let code else {
            var random = SystemRandomNumberGenerator()
            let fresh = "\(1000 + random.next(upperBound: UInt32(9000)))"
            outcome.others.append(["SET", key, fresh, "EX", "\(Self.codeSeconds)"])
            return say(
                "This closes all positions at the market. To do it, send within \(Self.codeSeconds) s:\n/close_all \(fresh)",
                message, &outcome)
        }
        guard try connect().command("GET", key).text == code else {
            // One guess a code.
            outcome.others.append(["DEL", key])
            return say("that code is not, or no longer, right; send /close_all for a new one", message, &outcome)
        }
        outcome.others.append(["DEL", key])
        say("closing all positions", message, &outcome)
        command(.closeAll, nil, message, number, &outcome)
    }

    /// A person who is not on the list gets no answer; those who are hear of it, once an hour.
    private func meet(_ message: ChatMessage, _ outcome: inout Outcome) throws(RedisError) {
        strangers.add()
        let key = "telegram:stranger:\(message.user)"
        guard case .none = try connect().command("GET", key) else { return }
        outcome.others.append(["SET", key, "1", "EX", "3600"])
        let alert = Alert(
            eventTime: SystemClock.now(), severity: .warning, service: context.name, event: "stranger",
            text:
                "\(message.userName) (user \(message.user), chat \(message.chat)), who is not on the list, wrote to the bot"
        )
        outcome.entries.append((StreamName(.alert), alert.fields))
        context.log.warning("stranger") {
            $0.put("user", message.user)
            $0.put("chat", message.chat)
        }
    }
}
