import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

/// Says the executor's words on the streams, each exactly once and in order, whatever happens to Redis or to this process.
///
/// A word goes out in one transaction with its number from the journal (`outbox:executor:<journal>:{S}`). After a reconnect, and
/// after a restart that finds its words in the journal, those up to that number have been said, the others are said again.
/// A Redis that comes back without its last moments has lost the numbers with the words, so that these are said again too.
final class Outbox {
    private struct Word {
        let number: UInt64
        let message: ExecutorWord
    }

    /// Words of one symbol, or of the global streams: they share a slot of a cluster and a number.
    private final class Lane {
        let symbol: Symbol?
        var words: [Word] = []
        /// Words that Redis took a moment ago: it may not have them on its disk yet.
        var young: [(word: Word, us: Int64)] = []
        /// Of the words, how many have been sent and not answered.
        var sentCount = 0
        init(_ symbol: Symbol?) { self.symbol = symbol }

        /// The oldest word that may have to be said again.
        var oldest: UInt64? { young.first?.word.number ?? words.first?.number }

        func age(at us: Int64) { young.removeAll { us - $0.us > Outbox.youngMs * 1000 } }
    }

    /// What the next reply on the link answers.
    private enum Expectation {
        case marker(Lane)
        /// The last reply of a transaction of `lane`; replies before it only confirm that commands were queued.
        case word(Lane, repliesLeft: Int)
        case fact
    }

    private static let wordsMax = 50_000
    /// Redis brings its log to the disk every second.
    private static let youngMs: Int64 = 3000

    private let context: ServiceContext
    private let lanes: [(symbol: Symbol?, lane: Lane)]
    private var link: RedisLink?
    private var expectations: [Expectation] = []
    private var markersAwaited = 0
    private var backOff = BackOff(leastMs: 100, greatestMs: 5000)
    private let said: Metrics.Counter

    init(_ context: ServiceContext) {
        self.context = context
        lanes = (context.settings.symbols.map(Optional.some) + [nil]).map { ($0, Lane($0)) }
        said = context.metrics.counter("outbox_words_total", help: "Entries written by the executor.")
        context.metrics.gauge("outbox_waiting", help: "Entries that wait for Redis.") { [unowned self] in
            Double(waitingCount)
        }
    }

    var waitingCount: Int { lanes.reduce(0) { $0 + $1.lane.words.count } }

    /// Number up to which all words have been said, as far as this process knows.
    private var lastNumber: UInt64 = 0
    var saidUpTo: UInt64 {
        for (_, lane) in lanes { lane.age(at: SystemClock.monotonicUs()) }
        return lanes.compactMap { $0.lane.oldest }.min().map { $0 - 1 } ?? lastNumber
    }

    /// Connects. `identity` names the journal whose numbers the words have.
    func start(identity: String) {
        self.identity = identity
        connect()
        context.reactor.every(ms: 10_000) { [weak self] in self?.trim() }
    }

    /// Lets go of what is older than it is kept for, in the streams that the executor alone writes.
    private func trim() {
        guard isReady, let link else { return }
        var commands = CommandBuffer()
        let now = SystemClock.now().milliseconds
        let streams = lanes.compactMap(\.symbol).map { StreamName(.execution, $0) } + [StreamName(.account)]
        for stream in streams {
            let kept = context.settings.streams.retentionMs[stream.kind] ?? 86_400_000
            commands.command(["XTRIM", stream.key, "MINID", "~", "\(now - kept)"])
            expectations.append(.fact)
        }
        link.send(commands)
    }

    private var identity = ""

    private func markerKey(_ lane: Lane) -> String {
        "outbox:executor" + (identity.isEmpty ? "" : ":\(identity)") + (lane.symbol.map { ":{\($0.name)}" } ?? "")
    }

    /// Adds a word with its number in the journal.
    func say(_ message: ExecutorWord, number: UInt64) {
        guard let lane = lane(of: message.stream.symbol) else { return }
        if lane.words.count >= Self.wordsMax {
            context.log.error("outbox_full") { $0.put("dropped", message.stream) }
            return
        }
        lastNumber = max(lastNumber, number)
        lane.words.append(Word(number: number, message: message))
        flush()
    }

    /// Shows a fact that the next one replaces: lost while Redis is away.
    func show(_ message: ExecutorWord) {
        guard isReady, let link else { return }
        var commands = CommandBuffer()
        message.append(to: &commands)
        for _ in 0..<commands.commandCount { expectations.append(.fact) }
        link.send(commands)
    }

    private var isReady: Bool { link != nil && markersAwaited == 0 }
    private func lane(of symbol: Symbol?) -> Lane? { lanes.first { $0.symbol == symbol }?.lane }

    // MARK: Connection

    private func connect() {
        do throws(RedisError) {
            expectations.removeAll()
            for (_, lane) in lanes { lane.sentCount = 0 }
            let made = try RedisLink(
                context.reactor, context.settings.redis, onReply: { [unowned self] in answered($0) },
                onEnd: { [unowned self] in lost($0) })
            link = made
            markersAwaited = lanes.count
            var commands = CommandBuffer()
            for (_, lane) in lanes {
                commands.command(["GET", markerKey(lane)])
                expectations.append(.marker(lane))
            }
            made.send(commands)
        } catch {
            lost(error)
        }
    }

    private func lost(_ error: RedisError) {
        context.log.warning("outbox_disconnected") { $0.put("error", error) }
        link?.close()
        markersAwaited = lanes.count
        context.reactor.after(ms: backOff.next()) { [unowned self] in connect() }
    }

    private func answered(_ reply: RedisReply) {
        guard !expectations.isEmpty else { return lost(.unexpectedReply("an answer without a question")) }
        switch expectations.removeFirst() {
        case .marker(let lane):
            if let text = reply.value.text, let number = UInt64(text) {
                lane.words = lane.young.map(\.word) + lane.words
                lane.words.removeAll { $0.number <= number }
            }
            // Without a number it has lost everything: the past is not told again.
            lane.young = []
            markersAwaited -= 1
            if markersAwaited == 0 {
                backOff.reset()
                flush()
            }
        case .fact:
            if let error = reply.error { context.log.warning("write_failed") { $0.put("error", error) } }
        case .word(let lane, let repliesLeft):
            if repliesLeft > 1 {
                expectations.insert(.word(lane, repliesLeft: repliesLeft - 1), at: 0)
            } else if let error = reply.error {
                lost(.refused(error))
            } else {
                let now = SystemClock.monotonicUs()
                lane.age(at: now)
                lane.young.append((lane.words.removeFirst(), now))
                lane.sentCount -= 1
                said.add()
            }
        }
    }

    private func flush() {
        guard isReady, let link else { return }
        var commands = CommandBuffer()
        for (_, lane) in lanes {
            for word in lane.words[lane.sentCount...] {
                let before = commands.commandCount
                commands.command(["MULTI"])
                word.message.append(to: &commands)
                commands.command(["SET", markerKey(lane), "\(word.number)"])
                commands.command(["EXEC"])
                expectations.append(.word(lane, repliesLeft: commands.commandCount - before))
            }
            lane.sentCount = lane.words.count
        }
        if !commands.isEmpty { link.send(commands) }
    }
}

/// A stream entry or a hot-state key to be written.
enum ExecutorWord {
    case entry(StreamName, Fields)
    case position(Symbol, Fields?)

    var stream: StreamName {
        switch self {
        case .entry(let stream, _): stream
        case .position(let symbol, _): StreamName(.execution, symbol)
        }
    }

    func append(to commands: inout CommandBuffer) {
        switch self {
        case .entry(let stream, let fields): commands.xadd(Array(stream.key.utf8), fields)
        case .position(let symbol, let fields):
            let key = "position:{\(symbol.name)}"
            if let fields {
                commands.project(.hash(key: key, fields: fields, replacing: true))
            } else {
                commands.project(.delete(key: key))
            }
        }
    }
}
