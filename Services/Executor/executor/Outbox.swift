import Execution
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

/// Says the executor's words on the streams, each exactly once and in order, whatever happens to Redis or to this process.
///
/// A word goes out in one transaction with its number from the journal (`outbox:executor:<journal>:{S}`), by which a `WordLane` knows
/// what has been said.
final class Outbox {
    /// Words of one symbol, or of the global streams, on a cluster of one of them: they share a slot and a number.
    private final class Lane {
        /// What its keys have in braces; nil for the global streams of a single Redis.
        let tag: String?
        var words = WordLane<ExecutorWord>()
        init(_ tag: String?) { self.tag = tag }
    }

    /// What the next reply on the link answers.
    private enum Expectation {
        case marker(Lane)
        /// The last reply of a transaction of `lane`; replies before it only confirm that commands were queued.
        case word(Lane, repliesLeft: Int)
        case fact
    }

    /// A connection and the lanes that it carries: all of them to a single Redis, on a cluster each has its own.
    private final class Channel {
        let lanes: [Lane]
        var link: RedisLink?
        var expectations: [Expectation] = []
        var markersAwaited: Int
        var backOff = BackOff(leastMs: 100, greatestMs: 5000)

        init(_ lanes: [Lane]) {
            self.lanes = lanes
            markersAwaited = lanes.count
        }

        var isReady: Bool { link != nil && markersAwaited == 0 }
    }

    private let context: ServiceContext
    private let lanes: [Lane]
    private let channels: [Channel]
    private let isCluster: Bool
    private let said: Metrics.Counter

    init(_ context: ServiceContext) {
        self.context = context
        isCluster = context.settings.redis.cluster != nil
        let globals = [StreamKind.account, .alert, .reply].map(\.rawValue)
        lanes = context.settings.symbols.map { Lane($0.name) } + (isCluster ? globals.map { Lane($0) } : [Lane(nil)])
        channels = isCluster ? lanes.map { Channel([$0]) } : [Channel(lanes)]
        said = context.metrics.counter("outbox_words_total", help: "Entries written by the executor.")
        context.metrics.gauge("outbox_waiting", help: "Entries that wait for Redis.") { [unowned self] in
            Double(waitingCount)
        }
    }

    var waitingCount: Int { lanes.reduce(0) { $0 + $1.words.waitingCount } }

    /// Number up to which all words have been said, as far as this process knows.
    var saidUpTo: UInt64 { WordLane.saidUpTo(lanes.map(\.words)) }

    /// Connects. `identity` names the journal whose numbers the words have.
    func start(identity: String) {
        self.identity = identity
        for channel in channels { connect(channel) }
        context.reactor.every(ms: 10_000) { [unowned self] in for channel in channels { trim(channel) } }
        context.reactor.every(ms: 1000) { [unowned self] in for channel in channels { ask(channel) } }
    }

    /// Asks for an answer, where that tells that Redis has kept what it took.
    private func ask(_ channel: Channel) {
        guard channel.isReady, let link = channel.link, channel.lanes.contains(where: \.words.hasYoung) else { return }
        var commands = CommandBuffer()
        commands.command(["PING"])
        channel.expectations.append(.fact)
        link.send(commands)
    }

    /// Lets go of what is older than it is kept for, in the streams that the executor alone writes.
    private func trim(_ channel: Channel) {
        guard channel.isReady, let link = channel.link else { return }
        var commands = CommandBuffer()
        let now = SystemClock.now().milliseconds
        for stream in channel.lanes.flatMap(ownStreams) {
            let kept = context.settings.streams.retentionMs[stream.kind] ?? 86_400_000
            commands.command(["XTRIM", stream.key, "MINID", "~", "\(now - kept)"])
            channel.expectations.append(.fact)
        }
        if !commands.isEmpty { link.send(commands) }
    }

    private func ownStreams(_ lane: Lane) -> [StreamName] {
        guard let tag = lane.tag, tag != StreamKind.account.rawValue else { return [StreamName(.account)] }
        guard let symbol = context.settings.symbols.first(where: { $0.name == tag }) else { return [] }
        return [StreamName(.execution, symbol), StreamName(.contract, symbol)]
    }

    private var identity = ""

    private func markerKey(_ lane: Lane) -> String {
        "outbox:executor" + (identity.isEmpty ? "" : ":\(identity)") + (lane.tag.map { ":{\($0)}" } ?? "")
    }

    /// Adds a word with its number in the journal.
    func say(_ message: ExecutorWord, number: UInt64) {
        guard let lane = lane(of: message.stream) else { return }
        guard lane.words.say(message, number: number) else {
            return context.log.error("outbox_full") { $0.put("dropped", message.stream) }
        }
        for channel in channels { flush(channel) }
    }

    /// Shows a fact that the next one replaces: lost while Redis is away.
    func show(_ message: ExecutorWord) {
        guard let lane = lane(of: message.stream),
            let channel = channels.first(where: { $0.lanes.contains { $0 === lane } }), channel.isReady
        else { return }
        var commands = CommandBuffer()
        message.append(to: &commands)
        for _ in 0..<commands.commandCount { channel.expectations.append(.fact) }
        channel.link?.send(commands)
    }

    private func lane(of stream: StreamName) -> Lane? {
        let tag = stream.symbol?.name ?? (isCluster ? stream.key : nil)
        return lanes.first { $0.tag == tag }
    }

    // MARK: Connection

    private func connect(_ channel: Channel) {
        do throws(RedisError) {
            channel.expectations.removeAll()
            for lane in channel.lanes { lane.words.disconnected() }
            let made = try RedisLink(
                context.reactor, context.settings.redis, key: Array(markerKey(channel.lanes[0]).utf8),
                onReply: { [unowned self] in answered($0, channel) }, onEnd: { [unowned self] in lost($0, channel) })
            channel.link = made
            channel.markersAwaited = channel.lanes.count
            var commands = CommandBuffer()
            for lane in channel.lanes {
                commands.command(["GET", markerKey(lane)])
                channel.expectations.append(.marker(lane))
            }
            made.send(commands)
        } catch {
            lost(error, channel)
        }
    }

    private func lost(_ error: RedisError, _ channel: Channel) {
        context.log.warning("outbox_disconnected") { $0.put("error", error) }
        channel.link?.close()
        channel.markersAwaited = channel.lanes.count
        context.reactor.after(ms: channel.backOff.next()) { [unowned self] in connect(channel) }
    }

    private func answered(_ reply: RedisReply, _ channel: Channel) {
        guard !channel.expectations.isEmpty else {
            return lost(.unexpectedReply("an answer without a question"), channel)
        }
        switch channel.expectations.removeFirst() {
        case .marker(let lane):
            // One that is still loading, say: it does not know yet.
            if let error = reply.error { return lost(.refused(error), channel) }
            let found = reply.value.text.flatMap { UInt64($0) }
            if let first = lane.words.found(mark: found, atUs: SystemClock.monotonicUs()) {
                var commands = CommandBuffer()
                commands.command(["SET", markerKey(lane), "\(first)"])
                channel.expectations.append(.fact)
                channel.link?.send(commands)
            }
            channel.markersAwaited -= 1
            if channel.markersAwaited == 0 {
                channel.backOff.reset()
                flush(channel)
            }
        case .fact:
            if let error = reply.error { return context.log.warning("write_failed") { $0.put("error", error) } }
            for lane in channel.lanes { lane.words.heard(atUs: SystemClock.monotonicUs()) }
        case .word(let lane, let repliesLeft):
            if repliesLeft > 1 {
                channel.expectations.insert(.word(lane, repliesLeft: repliesLeft - 1), at: 0)
            } else if let error = reply.error {
                lost(.refused(error), channel)
            } else {
                lane.words.confirmed(atUs: SystemClock.monotonicUs())
                said.add()
            }
        }
    }

    private func flush(_ channel: Channel) {
        guard channel.isReady, let link = channel.link else { return }
        var commands = CommandBuffer()
        for lane in channel.lanes {
            for word in lane.words.takeUnsent() {
                let before = commands.commandCount
                commands.command(["MULTI"])
                word.message.append(to: &commands)
                commands.command(["SET", markerKey(lane), "\(word.number)"])
                commands.command(["EXEC"])
                channel.expectations.append(.word(lane, repliesLeft: commands.commandCount - before))
            }
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
