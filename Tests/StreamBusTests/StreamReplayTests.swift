import RedisTestSupport
import SignalContracts
import StreamBus
import Testing
import TradingPrimitives

struct StreamReplayTests {
    @Test func `what is pending has its window before it, however far others have read on`() throws {
        let server = try #require(RedisServer()), client = try server.client()
        let symbol = try #require(Symbol("BTCUSDT")), stream = StreamName(.trade, symbol)
        let reader = GroupReader(group: "g", consumer: "g-1", streams: [stream])
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
}
