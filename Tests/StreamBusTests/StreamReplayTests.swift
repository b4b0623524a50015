import Hosting
import RedisTestSupport
import SignalContracts
import StreamBus
import Testing
import TradingPrimitives

struct StreamReplayTests {
    @Test func `what is pending has its window before it, however far others have read on`() throws {
        let server = try #require(RedisServer()), client = try server.client()
        let symbol = try #require(Symbol("BTCUSDT")), stream = StreamName(.trade, symbol)
        let reader = GroupReader(group: "g", consumer: "g-1", StreamLayout([stream]))
        let keeper = GroupKeeper(client, reader)
        _ = try keeper.createGroups(from: .beginning, resumeAt: [nil])
        for ms in stride(from: 1000, through: 5000, by: 100) {
            try client.command("XADD", stream.key, "\(ms)-0", "n", "1")
        }
        func read(_ count: Int) throws {
            try client.command("XREADGROUP", "GROUP", "g", "g-1", "COUNT", "\(count)", "STREAMS", stream.key, ">")
        }
        try read(11)
        for ms in stride(from: 1000, through: 2000, by: 100) { try client.command("XACK", stream.key, "g", "\(ms)-0") }
        try read(20)
        var past: [UInt64] = [], pending: [UInt64] = []
        var replay = StreamReplay(client, reader)
        try replay.run(windowMs: { _ in 300 }, positions: keeper.positions(), pending: keeper.pending()) { entry in
            if entry.isPending { pending.append(entry.id.milliseconds) } else { past.append(entry.id.milliseconds) }
        }
        #expect(past == [1800, 1900, 2000])
        #expect(pending == Array(stride(from: 2100, through: 4000, by: 100)))
    }

    /// A worker read a trade stream that was full, held later books back, and died.
    @Test func `what is pending waits for earlier entries that nobody has read`() throws {
        let server = try #require(RedisServer()), client = try server.client()
        let symbol = try #require(Symbol("BTCUSDT"))
        let trades = StreamName(.trade, symbol), books = StreamName(.book, symbol)
        let reader = GroupReader(group: "g", consumer: "g-1", StreamLayout([trades, books]), countMax: 5)
        let keeper = GroupKeeper(client, reader)
        _ = try keeper.createGroups(from: .beginning, resumeAt: [nil, nil])
        for ms in 1...20 {
            try client.command("XADD", ms % 4 == 0 ? books.key : trades.key, "\(ms)-0", "n", "\(ms)")
        }
        var commands = CommandBuffer()
        reader.appendRead(to: &commands, blockMs: 10)
        try client.send(commands)
        _ = try client.receive()

        // Trades 1 to 6 were delivered, all five books, and none was processed.
        var successor = GroupReader(group: "g", consumer: "g-1", StreamLayout([trades, books]), countMax: 5)
        let pending = try keeper.pending()
        let held = successor.layout.parted(pending, try keeper.positions()).held
        #expect(held.map(\.id.milliseconds) == [8, 12, 16, 20])
        successor.hold(held)
        var seen: [UInt64] = []
        while successor.heldCount > 0 || seen.isEmpty {
            var commands = CommandBuffer()
            successor.appendRead(to: &commands, blockMs: 10)
            try client.send(commands)
            let reply = try client.receive()
            try successor.load(reply)
            var fields = Fields()
            successor.forEachReady(reply, &fields) { _, id, _ in seen.append(id.milliseconds) }
            try #require(seen.count < 100)
        }
        #expect(seen == Array(7...20))
    }
}
