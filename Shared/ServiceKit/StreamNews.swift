import SignalContracts
import StreamBus

/// Which of very many streams have news. A read that names hundreds of streams costs Redis more than the few entries that it
/// finds: it looks each of them up, and again to wait. So Redis is asked to tell which keys have been written to
/// (`CLIENT TRACKING … BCAST`), and only their lanes are read: all streams of a symbol, so that their entries keep one order.
final class StreamNews {
    /// From so many streams on they are read by news. Fewer are waited for in the read itself, which saves a round trip.
    static let streamCountMin = 80

    private enum Phase {
        /// The connection's number is asked for, since it is its own audience.
        case number
        case tracking, subscribing, listening
    }

    private static let channel = "__redis__:invalidate"
    /// For each lane of the reader, whether something has been written to its streams since it was last asked for.
    private(set) var lanes: [Bool]
    private(set) var hasAny = false
    /// When Redis last said something here, monotonic microseconds.
    var lastAnswerUs = SystemClock.monotonicUs()
    /// By the hash of the streams' keys. A key of others that has the same one costs a read that finds nothing.
    private var laneOf: [Int: Int] = [:]
    private let prefixes: [String]
    private var phase = Phase.number
    private var link: RedisLink?
    private let onNews: () -> Void
    private let onEnd: (RedisError) -> Void

    /// `onNews` is called when there is something to read. When the connection ends, nothing comes any more.
    init(
        _ reactor: Reactor, _ address: RedisAddress, _ reader: GroupReader, onNews: @escaping () -> Void,
        onEnd: @escaping (RedisError) -> Void
    ) throws(RedisError) {
        lanes = reader.laneTags.map { _ in false }
        prefixes = Set(reader.streams.map { $0.symbol == nil ? $0.key : "\($0.kind.rawValue):" }).sorted()
        self.onNews = onNews
        self.onEnd = onEnd
        for (stream, key) in reader.keys.enumerated() {
            laneOf[key.withUnsafeBytes { Self.hash(of: $0) }] = reader.lanes[stream]
        }
        let link = try RedisLink(
            reactor, address, key: reader.keys[0], onReply: { [unowned self] in take($0) }, onEnd: onEnd)
        self.link = link
        var commands = CommandBuffer()
        commands.command(["CLIENT", "ID"])
        link.send(commands)
    }

    func close() { link?.close() }

    /// What has been asked for is no news any more.
    func clear() {
        for lane in lanes.indices { lanes[lane] = false }
        hasAny = false
    }

    /// There may be more in this lane than was read.
    func add(lane: Int) {
        lanes[lane] = true
        hasAny = true
    }

    /// Asks for a word, so that silence means that nothing would be told.
    func ping() {
        guard phase == .listening else { return }
        var commands = CommandBuffer()
        commands.command(["PING"])
        link?.send(commands)
    }

    /// There may be something anywhere.
    func addAll() {
        guard phase == .listening else { return }
        for lane in lanes.indices { lanes[lane] = true }
        hasAny = true
    }

    private static func hash(of key: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: key)
        return hasher.finalize()
    }

    private func take(_ reply: RedisReply) {
        lastAnswerUs = SystemClock.monotonicUs()
        if let error = reply.error {
            close()
            return onEnd(.refused(error))
        }
        switch phase {
        case .number:
            track(reply.integer(RedisReply.root) ?? 0)
            phase = .tracking
        case .tracking: phase = .subscribing
        case .subscribing:
            phase = .listening
            // What was written before is told by nobody.
            addAll()
            onNews()
        case .listening:
            hear(reply)
            if hasAny { onNews() }
        }
    }

    private func track(_ number: Int64) {
        var commands = CommandBuffer()
        commands.command(
            ["CLIENT", "TRACKING", "ON", "REDIRECT", "\(number)", "BCAST"] + prefixes.flatMap { ["PREFIX", $0] })
        commands.command(["SUBSCRIBE", Self.channel])
        link?.send(commands)
    }

    /// `message`, the channel, and the keys, or nil when everything was deleted. Two words answer a ping.
    private func hear(_ reply: RedisReply) {
        guard reply.elementCount(RedisReply.root) == 3 else { return }
        guard reply.isArray(3) else { return addAll() }
        for key in 0..<reply.elementCount(3) {
            if let lane = laneOf[Self.hash(of: reply.text(4 + key))] { add(lane: lane) }
        }
    }
}
