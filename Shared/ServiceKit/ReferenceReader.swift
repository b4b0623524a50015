import SignalContracts
import StreamBus
import TradingPrimitives

/// Reads streams that every worker of a service has to know, whatever symbols it has: without a group, from the past of a
/// window on. What is read so sets nothing off; it only adds to what a processor knows.
final class ReferenceReader {
    let streams: [StreamName]
    private let windowMs: Int64
    private var last: [StreamId]
    private var links: [RedisLink] = []
    private let context: ServiceContext
    private static let pageSize = 500
    private static let blockMs = 1000

    /// The window is the market's time, which passes sooner when the venue is played faster. A little more is read: the entries
    /// at which a worker goes on may be some seconds old.
    init(_ context: ServiceContext, _ streams: [StreamName], windowMs: Int64) {
        self.context = context
        self.streams = streams
        self.windowMs = Int64(Double(windowMs) / max(1, context.settings.venue.clockRate)) + 10_000
        last = streams.map { _ in .zero }
    }

    /// Gives the entries of the window, stream after stream; with `isNew` false those from the last one given on.
    func replay(
        _ client: RedisClient, isNew: Bool, _ body: (_ stream: StreamName, _ id: StreamId, _ fields: Fields) -> Void
    ) throws(RedisError) {
        let start = StreamId(milliseconds: UInt64(max(0, SystemClock.now().milliseconds - windowMs)), sequence: 0)
        for (index, stream) in streams.enumerated() {
            let from = isNew ? start : max(start, last[index])
            last[index] = try StreamRange(client).forEach(in: stream, from: from) { body(stream, $0, $1) }
        }
    }

    /// Goes on from where `replay` ended. When the connection ends, nothing comes any more until the next `replay`.
    func begin(
        _ body: @escaping (_ stream: StreamName, _ id: StreamId, _ fields: Fields) -> Void,
        onEnd: @escaping (RedisError) -> Void
    ) throws(RedisError) {
        links = []
        for (number, asked) in parts.enumerated() {
            links.append(
                try RedisLink(
                    context.reactor, context.settings.redis, key: Array(streams[asked[0]].key.utf8),
                    onReply: { [unowned self] reply in
                        do throws(RedisError) {
                            try take(reply, body)
                            ask(asked, links[number])
                        } catch { onEnd(error) }
                    }, onEnd: onEnd))
            ask(asked, links[number])
        }
    }

    func close() { for link in links { link.close() } }

    /// Streams that are read with one command: on a cluster those of one slot.
    private var parts: [[Int]] {
        guard context.settings.redis.cluster != nil else { return [Array(streams.indices)] }
        return streams.indices.map { [$0] }
    }

    private func ask(_ asked: [Int], _ link: RedisLink) {
        var commands = CommandBuffer()
        commands.command(
            ["XREAD", "COUNT", "\(Self.pageSize)", "BLOCK", "\(Self.blockMs)", "STREAMS"]
                + asked.map { streams[$0].key } + asked.map { last[$0].description })
        link.send(commands)
    }

    private func take(
        _ reply: RedisReply, _ body: (_ stream: StreamName, _ id: StreamId, _ fields: Fields) -> Void
    ) throws(RedisError) {
        if let error = reply.error { throw .refused(error) }
        var node = RedisReply.root + 1
        for _ in 0..<reply.elementCount(RedisReply.root) {
            let name = reply.string(node + 1)
            guard let index = streams.firstIndex(where: { $0.key == name }) else {
                throw .unexpectedReply("XREAD: \(name) was not asked for")
            }
            try StreamRange.forEach(reply, at: node + 2) { id, fields in
                last[index] = id
                body(streams[index], id, fields)
            }
            node = reply.after(node)
        }
    }
}
