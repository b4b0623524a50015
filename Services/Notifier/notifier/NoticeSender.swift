import ServiceKit
import SignalContracts
import StreamBus

/// Delivers notices one after the other, in their order: an entry is acknowledged once Telegram has taken all of it.
///
/// While Telegram is away the notices wait in Redis. A process that dies between Telegram's word and the acknowledgement
/// tells that one notice again: Telegram has no way to ask whether it knows it.
final class NoticeSender {
    private static let turnMs: Int64 = 100
    /// Telegram takes one message a second in a chat, and twenty a minute in a group, whose id is below zero.
    private static let personPaceMs: Int64 = 1050
    private static let groupPaceMs: Int64 = 3100
    private static let timeoutMs = 15_000
    private let context: ServiceContext
    private let bot: BotAPI
    private let stream = StreamName(.notice)
    private var redis: RedisClient?
    private var hasPending = true
    private var current: (id: StreamId, notice: Notice, parts: [String])?
    private var isSending = false
    private var notBeforeUs: Int64 = 0
    private var sentUs: [Int64: Int64] = [:]
    private var backOff = BackOff(leastMs: 1000, greatestMs: 60_000)
    private var isReachable = true
    private let sent: Metrics.Counter
    private let refused: Metrics.Counter
    private let retried: Metrics.Counter

    init(_ context: ServiceContext, _ bot: BotAPI) {
        self.context = context
        self.bot = bot
        sent = context.metrics.counter("notices_sent_total", help: "Messages that Telegram has taken.")
        refused = context.metrics.counter("notices_refused_total", help: "Notices that Telegram would not take.")
        retried = context.metrics.counter("notices_retried_total", help: "Messages that have to be sent again.")
        context.metrics.gauge("telegram_up", help: "1 while Telegram takes messages.") { [weak self] in
            self?.isReachable == true ? 1 : 0
        }
    }

    func start() { context.reactor.every(ms: Self.turnMs) { [unowned self] in turn() } }

    private func turn() {
        guard !isSending, SystemClock.monotonicUs() >= notBeforeUs else { return }
        do throws(RedisError) {
            if current == nil { current = try next() }
            sendPart()
        } catch {
            redis = nil
            hasPending = true
            notBeforeUs = SystemClock.monotonicUs() + 1_000_000
            context.log.warning("unavailable") { $0.put("error", error) }
        }
    }

    private func connect() throws(RedisError) -> RedisClient {
        if let redis { return redis }
        let made = try RedisClient(context.settings.redis, timeoutMs: 1500)
        try made.makeGroup(context.name, of: stream)
        redis = made
        return made
    }

    /// What was taken before and not delivered comes first.
    private func next() throws(RedisError) -> (StreamId, Notice, [String])? {
        let redis = try connect()
        let reply = try redis.command(
            "XREADGROUP", "GROUP", context.name, "\(context.name)-\(context.instance)", "COUNT", "1", "STREAMS",
            stream.key, hasPending ? "0" : ">")
        let rows = reply.elements.first?.elements.last?.elements ?? []
        guard let row = rows.first else {
            hasPending = false
            return nil
        }
        // An entry that was trimmed while it was pending has no fields.
        guard let entry = StreamEntry(row), !entry.fields.pairs.isEmpty else {
            if let id = row.elements.first?.text { try redis.command("XACK", stream.key, context.name, id) }
            return nil
        }
        do throws(ContractError) {
            let notice = try Notice(entry.fields)
            return (entry.id, notice, MessageText.parts(notice))
        } catch {
            try putAside(entry.id, entry.fields, error.description)
            return nil
        }
    }

    private func sendPart() {
        guard let (_, notice, parts) = current, let part = parts.first else { return }
        let pace = notice.chat < 0 ? Self.groupPaceMs : Self.personPaceMs
        guard SystemClock.monotonicUs() - (sentUs[notice.chat] ?? 0) >= pace * 1000 else { return }
        isSending = true
        bot.call(
            "sendMessage",
            [
                ("chat_id", "\(notice.chat)"), ("text", part), ("parse_mode", "HTML"),
                ("disable_notification", notice.isSilent ? "true" : "false"),
                ("link_preview_options", #"{"is_disabled":true}"#),
            ], timeoutMs: Self.timeoutMs
        ) { [weak self] in self?.answered($0) }
    }

    private func answered(_ answer: BotAPI.Answer) {
        isSending = false
        guard let (id, notice, _) = current else { return }
        switch answer {
        case .ok:
            isReachable = true
            backOff.reset()
            sent.add()
            sentUs[notice.chat] = SystemClock.monotonicUs()
            current?.parts.removeFirst()
            if current?.parts.isEmpty == true {
                settle { redis throws(RedisError) in
                    try redis.command("XACK", stream.key, context.name, id.description)
                }
            }
            turn()
        case .refused(let code, let text, let seconds) where code == 429:
            retry(afterMs: (seconds ?? 5) * 1000, "\(text)")
        case .refused(let code, let text, _) where code == 401 || code == 404:
            // The token: nothing can be told until somebody mends it.
            isReachable = false
            context.log.error("token_refused") { $0.put("error", "\(code) \(text)") }
            retry(afterMs: 60_000, text)
        case .refused(let code, let text, _):
            refused.add()
            context.log.error("notice_refused") {
                $0.put("chat", notice.chat)
                $0.put("error", "\(code) \(text)")
            }
            settle { redis throws(RedisError) in try putAside(id, notice.fields, "Telegram: \(code) \(text)") }
        case .unreachable(let text):
            isReachable = false
            retry(afterMs: backOff.next(), text)
        }
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
    private func settle(_ body: (RedisClient) throws(RedisError) -> Void) {
        current = nil
        do throws(RedisError) { try body(try connect()) } catch {
            redis = nil
            hasPending = true
            context.log.warning("unavailable") { $0.put("error", error) }
        }
    }

    private func putAside(_ id: StreamId, _ fields: Fields, _ error: String) throws(RedisError) {
        try connect().putAside(id, fields, of: stream, group: context.name, error: error)
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
