import Notices
import ServiceKit
import SignalContracts
import StreamBus

/// Delivers notices one after the other, in their order: an entry is acknowledged once Telegram has taken all of it.
///
/// While Telegram is away the notices wait in Redis; while one chat takes nothing its own do, and the others hear theirs. A process
/// that dies between Telegram's word and the acknowledgement tells that one notice again: Telegram has no way to ask whether it
/// knows it.
final class NoticeSender {
    private static let turnMs: Int64 = 100
    private static let showMs: Int64 = 3000
    /// Telegram takes one message a second in a chat, and twenty a minute in a group, whose id is below zero.
    private static let personPaceMs: Int64 = 1050
    private static let groupPaceMs: Int64 = 3100
    private static let timeoutMs = 15_000
    /// Entries that are looked at in one turn.
    private static let readMax = 100

    private struct Item {
        let id: StreamId
        let notice: Notice
        var parts: [String]
    }

    private let context: ServiceContext
    private let bot: BotAPI
    private let chats: Chats
    private let stream = StreamName(.notice)
    private var redis: RedisClient?
    /// Where the look through what was taken before and not delivered has come to; nil at its end.
    private var pendingAfter: StreamId? = .zero
    private var current: Item?
    private var isSending = false
    private var notBeforeUs: Int64 = 0
    private var sentUs: [Int64: Int64] = [:]
    private var backOff = BackOff(leastMs: 1000, greatestMs: 60_000)
    private var isReachable = true
    private let sent: Metrics.Counter
    private let refused: Metrics.Counter
    private let retried: Metrics.Counter
    private let expired: Metrics.Counter

    init(_ context: ServiceContext, _ bot: BotAPI, _ chats: Chats) {
        self.context = context
        self.bot = bot
        self.chats = chats
        sent = context.metrics.counter("notices_sent_total", help: "Messages that Telegram has taken.")
        refused = context.metrics.counter("notices_refused_total", help: "Notices that Telegram would not take.")
        retried = context.metrics.counter("notices_retried_total", help: "Messages that have to be sent again.")
        expired = context.metrics.counter(
            "notices_expired_total", help: "Notices that were held back until their stream let go of them.")
        context.metrics.gauge("telegram_up", help: "1 while Telegram takes messages for each chat.") { [weak self] in
            self?.complaint == nil ? 1 : 0
        }
    }

    /// Who is not told, in words; nil when all are.
    var complaint: String? { isReachable ? chats.book.complaint : "alerts reach nobody: Telegram does not take them" }

    func start() {
        context.reactor.every(ms: Self.turnMs) { [unowned self] in turn() }
        context.reactor.every(ms: Self.showMs) { [unowned self] in
            withRedis { redis throws(RedisError) in try chats.show(complaint, redis) }
        }
    }

    private func turn() {
        guard !isSending, SystemClock.monotonicUs() >= notBeforeUs else { return }
        withRedis { redis throws(RedisError) in
            if current == nil { current = try next(redis) }
            if current != nil {
                sendPart()
            } else if let chat = chats.book.unsure(at: SystemClock.monotonicUs()) {
                ask(chat)
            }
        }
    }

    /// Does something with Redis. If it is away, what was not acknowledged is read again.
    private func withRedis(_ body: (RedisClient) throws(RedisError) -> Void) {
        do throws(RedisError) { try body(try connect()) } catch {
            redis = nil
            pendingAfter = .zero
            chats.book.releaseAll()
            notBeforeUs = max(notBeforeUs, SystemClock.monotonicUs() + 1_000_000)
            context.log.warning("unavailable") { $0.put("error", error) }
        }
    }

    private func connect() throws(RedisError) -> RedisClient {
        if let redis { return redis }
        let made = try RedisClient(context.settings.redis, timeoutMs: 1500)
        try made.makeGroup(context.name, of: stream)
        try chats.load(made)
        redis = made
        return made
    }

    // MARK: What is next

    private func next(_ redis: RedisClient) throws(RedisError) -> Item? {
        let now = SystemClock.monotonicUs()
        if let id = chats.book.next(at: now, isPaced: isPaced), let item = try held(id, redis) { return item }
        for _ in 0..<Self.readMax {
            guard let row = try row(redis) else { return nil }
            guard let item = try item(row, redis) else { continue }
            guard chats.book.mustHold(item.notice.chat) else { return item }
            chats.book.hold(item.id, for: item.notice.chat)
        }
        return nil
    }

    /// What was taken before and not delivered comes first.
    private func row(_ redis: RedisClient) throws(RedisError) -> RedisValue? {
        let reply = try redis.command(
            "XREADGROUP", "GROUP", context.name, "\(context.name)-\(context.instance)", "COUNT", "1", "STREAMS",
            stream.key, pendingAfter?.description ?? ">")
        let row = reply.elements.first?.elements.last?.elements.first
        if pendingAfter != nil { pendingAfter = row?.elements.first?.text.flatMap { StreamId($0) } }
        return row
    }

    private func item(_ row: RedisValue, _ redis: RedisClient) throws(RedisError) -> Item? {
        // An entry that was trimmed while it was pending has no fields.
        guard let entry = StreamEntry(row), !entry.fields.pairs.isEmpty else {
            if let id = row.elements.first?.text.flatMap({ StreamId($0) }) { try expire(id, redis) }
            return nil
        }
        do throws(ContractError) {
            let notice = try Notice(entry.fields)
            return Item(id: entry.id, notice: notice, parts: MessageText.parts(notice))
        } catch {
            try putAside(entry.id, entry.fields, error.description, redis)
            return nil
        }
    }

    private func held(_ id: StreamId, _ redis: RedisClient) throws(RedisError) -> Item? {
        guard let row = try redis.command("XRANGE", stream.key, "\(id)", "\(id)").elements.first else {
            try expire(id, redis)
            return nil
        }
        return try item(row, redis)
    }

    private func expire(_ id: StreamId, _ redis: RedisClient) throws(RedisError) {
        try redis.command("XACK", stream.key, context.name, id.description)
        chats.book.release(id)
        expired.add()
        context.log.error("notice_expired") { $0.put("id", id) }
    }

    private func isPaced(_ chat: Int64) -> Bool {
        let paceMs = chat < 0 ? Self.groupPaceMs : Self.personPaceMs
        return sentUs[chat].map { SystemClock.monotonicUs() - $0 >= paceMs * 1000 } ?? true
    }

    // MARK: Sending

    private func sendPart() {
        guard let item = current, let part = item.parts.first else { return }
        let chat = chats.book.current(item.notice.chat)
        guard isPaced(chat) else { return }
        isSending = true
        bot.call(
            "sendMessage",
            [
                ("chat_id", "\(chat)"), ("text", part), ("parse_mode", "HTML"),
                ("disable_notification", item.notice.isSilent ? "true" : "false"),
                ("link_preview_options", #"{"is_disabled":true}"#),
            ], timeoutMs: Self.timeoutMs
        ) { [weak self] in self?.answered($0, from: chat) }
    }

    private func answered(_ answer: BotAPI.Answer, from chat: Int64) {
        isSending = false
        guard let item = current else { return }
        switch answer {
        case .ok:
            isReachable = true
            backOff.reset()
            sent.add()
            sentUs[chat] = SystemClock.monotonicUs()
            opened(chat)
            current?.parts.removeFirst()
            if current?.parts.isEmpty == true {
                settle(item) { redis throws(RedisError) in
                    try redis.command("XACK", stream.key, context.name, item.id.description)
                }
            }
            turn()
        case .refused(let refusal) where refusal.code == 429:
            retry(afterMs: (refusal.retryAfterSeconds ?? 5) * 1000, refusal.text)
        case .refused(let refusal) where refusal.code == 401 || refusal.code == 404:
            // The token: nothing can be told until somebody mends it.
            isReachable = false
            context.log.error("token_refused") { $0.put("error", "\(refusal.code) \(refusal.text)") }
            retry(afterMs: 60_000, refusal.text)
        case .refused(let refusal): refused(item, refusal, by: chat)
        case .unreachable(let text):
            isReachable = false
            retry(afterMs: backOff.next(), text)
        }
    }

    private func refused(_ item: Item, _ refusal: BotAPI.Refusal, by chat: Int64) {
        isReachable = true
        let text = "\(refusal.code) \(refusal.text)"
        switch ChatRefusal(code: refusal.code, text: refusal.text, movedTo: refusal.movedTo) {
        case .moved(let new): move(ChatMove(old: chat, new: new))
        case .chat:
            closed(chat, text)
            // It stays pending, and is told whole when the chat takes messages again.
            chats.book.hold(item.id, for: chat)
            current = nil
        case .message:
            refused.add()
            context.log.error("notice_refused") {
                $0.put("chat", chat)
                $0.put("error", text)
            }
            settle(item) { redis throws(RedisError) in
                try putAside(item.id, item.notice.fields, "Telegram: \(text)", redis)
            }
        }
    }

    /// Asks whether a chat takes messages, by what shows nothing but that somebody types.
    private func ask(_ chat: Int64) {
        isSending = true
        bot.call(
            "sendChatAction", [("chat_id", "\(chat)"), ("action", "typing")], timeoutMs: Self.timeoutMs
        ) { [weak self] answer in
            guard let self else { return }
            isSending = false
            switch answer {
            case .ok:
                isReachable = true
                opened(chat)
            case .refused(let refusal) where refusal.code == 400 || refusal.code == 403:
                if let new = refusal.movedTo { return move(ChatMove(old: chat, new: new)) }
                closed(chat, "\(refusal.code) \(refusal.text)")
            // What it comes to, the next notice will show.
            case .refused: opened(chat)
            case .unreachable(let text):
                isReachable = false
                retry(afterMs: backOff.next(), text)
            }
        }
    }

    private func opened(_ chat: Int64) {
        guard chats.book.opened(chat, at: SystemClock.monotonicUs()) else { return }
        context.log.info("chat_opened") { $0.put("chat", chat) }
    }

    private func closed(_ chat: Int64, _ reason: String) {
        guard chats.book.closed(chat, reason, at: SystemClock.monotonicUs()) else { return }
        context.log.error("chat_closed") {
            $0.put("chat", chat)
            $0.put("error", reason)
        }
        tell(chats.alert(closed: chat, reason))
    }

    /// Writes down the chat's new number, then uses it; if that can't be written, the next refusal names it again.
    private func move(_ move: ChatMove) {
        withRedis { redis throws(RedisError) in
            for command in chats.commands(for: move) { try redis.command(command) }
            guard chats.book.move(move.old, to: move.new) else { return }
            context.log.warning("chat_moved") {
                $0.put("chat", move.old)
                $0.put("new", move.new)
            }
            tell(chats.alert(of: move))
        }
        notBeforeUs = SystemClock.monotonicUs() + 1_000_000
    }

    private func tell(_ alert: Alert) {
        context.alerts.add(alert)
        withRedis { redis throws(RedisError) in try redis.add(alert.fields, to: StreamName(.alert)) }
    }

    private func retry(afterMs ms: Int64, _ reason: String) {
        retried.add()
        notBeforeUs = SystemClock.monotonicUs() + ms * 1000
        context.log.warning("notice_waits") {
            $0.put("error", reason)
            $0.put("retry_ms", ms)
        }
    }

    /// Lets go of the notice in hand. If Redis is away just then, it is read again and told a second time.
    private func settle(_ item: Item, _ body: (RedisClient) throws(RedisError) -> Void) {
        current = nil
        chats.book.release(item.id)
        withRedis(body)
    }

    private func putAside(
        _ id: StreamId, _ fields: Fields, _ error: String, _ redis: RedisClient
    ) throws(RedisError) {
        try redis.putAside(id, fields, of: stream, group: context.name, error: error)
        context.log.warning("dead_letter") {
            $0.put("id", id)
            $0.put("error", error)
        }
    }
}

/// Text as Telegram takes it: HTML, of at most 4096 characters.
enum MessageText {
    private static let lengthMax = 3800

    static func parts(_ notice: Notice) -> [String] {
        var parts: [String] = [], part = ""
        for line in notice.text.split(separator: "\n", omittingEmptySubsequences: false) {
            for piece in pieces(escaped(line)) {
                if !part.isEmpty, part.utf16.count + piece.utf16.count + 1 > lengthMax {
                    parts.append(part)
                    part = ""
                }
                part += (part.isEmpty ? "" : "\n") + piece
            }
        }
        parts.append(part.isEmpty ? "-" : part)
        return notice.isTable ? parts.map { "<pre>\($0)</pre>" } : parts
    }

    /// A line that is too long on its own.
    private static func pieces(_ line: String) -> [String] {
        guard line.utf16.count > lengthMax else { return [line] }
        var pieces: [String] = [], piece = ""
        for character in line {
            // An escape is not cut in two: `&quot;` has six characters.
            if piece.utf16.count >= lengthMax - 6, character == "&" || piece.utf16.count >= lengthMax {
                pieces.append(piece)
                piece = ""
            }
            piece.append(character)
        }
        return pieces + [piece]
    }

    private static func escaped(_ text: Substring) -> String {
        var result = ""
        for character in text {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.append(character)
            }
        }
        return result
    }
}
