import Hosting
import RedisTestSupport
import SignalContracts
import StreamBus
import Testing
import TradingPrimitives

/// Reads of several streams, against a real server.
struct GroupReaderTests {
    private let server: RedisServer
    private let client: RedisClient
    private let btc: Symbol

    init() throws {
        server = try #require(RedisServer())
        client = try server.client()
        btc = try #require(Symbol("BTCUSDT"))
    }

    private func reader(_ kinds: [StreamKind], of symbols: [Symbol]? = nil, countMax: Int) throws -> GroupReader {
        let streams = (symbols ?? [btc]).flatMap { symbol in kinds.map { StreamName($0, symbol) } }
        let reader = GroupReader(group: "g", consumer: "g-1", StreamLayout(streams), countMax: countMax)
        _ = try GroupKeeper(client, reader).createGroups(
            from: .beginning, resumeAt: Array(repeating: nil, count: streams.count))
        return reader
    }

    private func write(_ kind: StreamKind, _ ids: [UInt64]) throws {
        for id in ids { try client.command("XADD", StreamName(kind, btc).key, "\(id)-0", "n", "\(id)") }
    }

    /// All that one read after another brings, until nothing is left.
    private func readAll(_ reader: inout GroupReader) throws -> [UInt64] {
        var order: [UInt64] = []
        var fields = Fields()
        for _ in 0..<1000 {
            var commands = CommandBuffer()
            reader.appendRead(to: &commands, blockMs: 1)
            try client.send(commands)
            let reply = try client.receive()
            try reader.load(reply)
            let isEmpty = reader.readyCount == 0 && reader.heldCount == 0
            reader.forEachReady(reply, &fields) { _, id, _ in order.append(id.milliseconds) }
            if isEmpty { break }
        }
        return order
    }

    @Test func `entries of two streams come in the order of their ids`() throws {
        var reader = try reader([.trade, .book], countMax: 100)
        try write(.trade, [1, 3, 5])
        try write(.book, [2, 4, 6])
        #expect(try readAll(&reader) == [1, 2, 3, 4, 5, 6])
    }

    @Test func `a stream that is ahead waits for one whose read was full`() throws {
        var reader = try reader([.trade, .book], countMax: 2)
        try write(.trade, [1, 2, 3, 4, 5, 6, 7])
        try write(.book, [8, 9])
        #expect(try readAll(&reader) == Array(1...9))
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `whatever the batches, the order is that of the ids`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var reader = try reader([.trade, .book, .candle], countMax: Int.random(in: 1...7, using: &random))
        var next: UInt64 = 1
        var order: [UInt64] = []
        for _ in 0..<5 {
            for _ in 0..<Int.random(in: 0...30, using: &random) {
                let kind: StreamKind = [.trade, .trade, .trade, .book, .candle][Int.random(in: 0...4, using: &random)]
                try write(kind, [next])
                next += 1
            }
            order += try readAll(&reader)
        }
        #expect(order == Array(1..<next), "seed \(seed)")
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `lanes that are read by their news keep each symbol's order, and the last entry is found`(seed: UInt64) throws
    {
        var random = SplitMix64(seed: seed)
        let symbols = ["AAAUSDT", "BBBUSDT", "CCCUSDT"].compactMap { Symbol($0) }
        var reader = try reader([.trade, .book], of: symbols, countMax: Int.random(in: 1...5, using: &random))
        var news = [false, false, false, false], orders: [[UInt64]] = [[], [], []], written: [[UInt64]] = [[], [], []]
        var next: UInt64 = 1, fields = Fields()
        for turn in 0..<300 {
            for _ in 0..<Int.random(in: 0...6, using: &random) where turn < 200 {
                let place = Int.random(in: 0...2, using: &random),
                    kind: StreamKind = Bool.random(using: &random) ? .trade : .book
                try client.command("XADD", StreamName(kind, symbols[place]).key, "\(next)-0", "n", "1")
                written[place].append(next)
                news[place] = true
                next += 1
            }
            // It may be heard of later.
            let heard = news.map { $0 && (turn >= 200 || Bool.random(using: &random)) }
            guard heard.contains(true) else { continue }
            var commands = CommandBuffer()
            reader.appendRead(to: &commands, blockMs: 1, news: heard)
            for lane in news.indices where heard[lane] { news[lane] = false }
            try client.send(commands)
            let reply = try client.receive()
            try reader.load(reply)
            reader.forEachUnfinishedLane { news[$0] = true }
            reader.forEachReady(reply, &fields) { stream, id, _ in orders[stream / 2].append(id.milliseconds) }
        }
        let isInOrder = orders == written
        #expect(isInOrder, "seed \(seed)")
    }

    @Test func `entries that were trimmed away unread are counted once`() throws {
        var reader = try reader([.trade], countMax: 3)
        try write(.trade, Array(1...3))
        #expect(try readAll(&reader) == [1, 2, 3])
        try write(.trade, Array(4...20))
        try client.command("XTRIM", "md.trade:{BTCUSDT}", "MINID", "11")
        let keeper = GroupKeeper(client, reader)
        let position = try #require(try keeper.positions().first)
        #expect(position.lostCount == 7)
        #expect(position.lastDelivered.milliseconds == 3)
        try keeper.writeOffLost(0, at: position)
        #expect(try keeper.positions().first?.lostCount == 0)
        #expect(try readAll(&reader) == Array(11...20))
        #expect(try keeper.positions().first?.lostCount == 0)
    }

    @Test func `nothing is called lost when all that was trimmed had been read`() throws {
        var reader = try reader([.trade], countMax: 100)
        try write(.trade, Array(1...9))
        #expect(try readAll(&reader).count == 9)
        try client.command("XTRIM", "md.trade:{BTCUSDT}", "MAXLEN", "0")
        #expect(try GroupKeeper(client, reader).positions().first?.lostCount == 0)
        try write(.trade, [10])
        #expect(try GroupKeeper(client, reader).positions().first?.lostCount == 0)
    }

    @Test(arguments: [0, 2])
    func `how much is unread is right again after a server that loaded its append-only file`(unread: Int) throws {
        let server = try #require(RedisServer(["--appendonly", "yes"]))
        var client = try server.client()
        let stream = StreamName(.trade, btc)
        func write(_ ids: ClosedRange<Int>) throws {
            for id in ids { try client.command("XADD", stream.key, "\(id)-0", "n", "\(id)") }
        }
        func read(_ count: Int) throws {
            try client.command("XREADGROUP", "GROUP", "g", "g-1", "COUNT", "\(count)", "STREAMS", stream.key, ">")
        }
        func lag() throws -> Int64? {
            try client.command("XINFO", "GROUPS", stream.key).elements.first?["lag"]?.integer
        }
        try client.makeGroup("g", of: stream)
        try write(1...10)
        try read(10)
        try client.command("BGREWRITEAOF")
        while try client.information("persistence").joined().contains("aof_rewrite_in_progress:1") {}
        try write(11...15)
        try read(5 - unread)
        try client.command("CONFIG", "SET", "appendfsync", "always")
        try client.command("SET", "synced", "1")
        server.kill()
        #expect(server.start())
        client = try server.client()
        try client.makeGroup("g", of: stream)
        #expect(try lag() == Int64(unread))
        try write(16...16)
        try read(10)
        #expect(try lag() == 0)
    }
}
