import Hosting
import RedisTestSupport
import SignalContracts
import StreamBus
import Testing
import TradingPrimitives

struct HopBufferTests {
    private let server: RedisServer
    private let client: RedisClient
    private var reader: GroupReader
    private let key = Array("signal:{BTCUSDT}".utf8)

    init() throws {
        server = try #require(RedisServer())
        client = try server.client()
        let symbol = try #require(Symbol("BTCUSDT"))
        reader = GroupReader(group: "g", consumer: "g-1", StreamLayout([StreamName(.trade, symbol)]))
        _ = try GroupKeeper(client, reader).createGroups(from: .beginning, resumeAt: [nil])
        try client.command("XADD", "md.trade:{BTCUSDT}", "5-0", "v", "1", "price", "junk")
        try client.command("XREADGROUP", "GROUP", "g", "g-1", "STREAMS", "md.trade:{BTCUSDT}", ">")
    }

    private func commit(_ hop: inout HopBuffer) throws -> RedisValue? {
        hop.seal()
        return try client.pipeline(hop.commands(of: hop.lanesTouched[0])).last
    }

    @Test func `outputs, projection and acknowledgement commit together`() throws {
        var hop = HopBuffer(reader, firstMarker: 1)
        var fields = Fields()
        fields.put("score", 0.5)
        hop.emit(fields, to: key, lane: 0)
        hop.project(.hash(key: "regime:{BTCUSDT}", fields: fields, replacing: true), lane: 0)
        hop.acknowledge(stream: 0, id: StreamId(milliseconds: 5, sequence: 0))
        let keeper = GroupKeeper(client, reader)
        hop.seal()
        let evidence = hop.evidence(of: 0)
        #expect(try !keeper.isCommitted(evidence))
        #expect(try client.pipeline(hop.commands(of: 0)).last?.elements.count == 4)
        #expect(try keeper.isCommitted(evidence))
        #expect(try client.command("XLEN", "signal:{BTCUSDT}").integer == 1)
        #expect(try client.command("HGET", "regime:{BTCUSDT}", "score").text == "0.5")
    }

    @Test func `outputs that no entry set off leave a mark that they were committed`() throws {
        var hop = HopBuffer(reader, firstMarker: 77)
        var fields = Fields()
        fields.put("tick", 1)
        hop.emit(fields, to: key, lane: 0)
        hop.seal()
        let keeper = GroupKeeper(client, reader)
        #expect(try !keeper.isCommitted(hop.evidence(of: 0)))
        _ = try client.pipeline(hop.commands(of: 0))
        #expect(try keeper.isCommitted(hop.evidence(of: 0)))
    }

    @Test func `a dead letter carries the entry and the reason`() throws {
        var hop = HopBuffer(reader, firstMarker: 1)
        var fields = Fields()
        fields.put("price", "junk")
        hop.deadLetter(
            stream: 0, id: StreamId(milliseconds: 5, sequence: 0), fields: fields,
            reason: ContractError.malformed(field: "price", text: "junk").description)
        _ = try commit(&hop)
        let fieldsFound = try #require(
            try client.newest(of: StreamName(.dead, Symbol("BTCUSDT"))).first?.fields)
        let letter = try DeadLetter(fieldsFound)
        #expect(letter.stream == "md.trade:{BTCUSDT}")
        #expect(letter.entryId == StreamId(milliseconds: 5, sequence: 0))
        #expect(letter.service == "g")
        #expect(fieldsFound["field.price"] == "junk")
        #expect(try client.command("XPENDING", "md.trade:{BTCUSDT}", "g").elements[0].integer == 0)
    }

    @Test func `a server without memory commits nothing of a hop`() throws {
        var hop = HopBuffer(reader, firstMarker: 1)
        var fields = Fields()
        fields.put("score", 1)
        hop.emit(fields, to: key, lane: 0)
        hop.acknowledge(stream: 0, id: StreamId(milliseconds: 5, sequence: 0))
        try client.command("CONFIG", "SET", "maxmemory", "1")
        guard case .error = try commit(&hop) else {
            Issue.record("the commit was taken")
            return
        }
        #expect(try client.command("XPENDING", "md.trade:{BTCUSDT}", "g").elements[0].integer == 1)
        try client.command("CONFIG", "SET", "maxmemory", "0")
        #expect(try client.pipeline(hop.commands(of: 0)).last?.elements.count == 2)
    }
}
