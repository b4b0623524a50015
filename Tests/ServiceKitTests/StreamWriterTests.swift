import RedisTestSupport
import SignalContracts
import StreamBus
import Testing
import TradingPrimitives

@testable import ServiceKit

@Suite(.serialized)
struct StreamWriterTests {
    @Test(arguments: 1...5 as ClosedRange<UInt64>)
    func `entries written over cut connections stand once and in order`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let server = try #require(RedisServer())
        let client = try server.client()
        let context = try testContext(server)
        let writer = StreamWriter(context)
        writer.start()
        let symbol = try #require(Symbol("BTCUSDT"))
        let name = StreamName(.trade, symbol)
        let stream = writer.open(name)
        var fields = Fields()
        for number in 1...2000 as ClosedRange<UInt64> {
            fields.removeAll()
            fields.put("n", Int(number))
            #expect(writer.write(stream, id: StreamId(milliseconds: number, sequence: 0), fields))
            if Int.random(in: 0..<20, using: &random) == 0 { writer.flush() }
            if Int.random(in: 0..<10, using: &random) == 0 { context.reactor.poll(timeoutMs: 0) }
            if Int.random(in: 0..<200, using: &random) == 0 {
                try client.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            }
        }
        writer.drain(withinMs: 60_000)
        let ids = try client.command("XRANGE", name.key, "-", "+").elements.compactMap { $0.elements[0].text }
        #expect(ids == (1...2000).map { "\($0)-0" }, "seed \(seed)")
    }

    @Test func `writes that Redis refuses wait until it takes them`() throws {
        let server = try #require(RedisServer())
        let client = try server.client()
        let context = try testContext(server)
        let writer = StreamWriter(context)
        writer.start()
        let symbol = try #require(Symbol("BTCUSDT"))
        let name = StreamName(.trade, symbol)
        let stream = writer.open(name)
        var fields = Fields()
        fields.put("n", 1)
        try client.command("CONFIG", "SET", "maxmemory", "1")
        writer.write(stream, id: StreamId(milliseconds: 1, sequence: 0), fields)
        writer.flush()
        for _ in 0..<20 { context.reactor.poll(timeoutMs: 20) }
        #expect(writer.unconfirmedCount == 1)
        try client.command("CONFIG", "SET", "maxmemory", "0")
        writer.drain(withinMs: 60_000)
        #expect(try client.command("XLEN", name.key).integer == 1)
    }
}

/// A context whose configuration names the server and one symbol.
func testContext(
    _ server: RedisServer, symbols: String = "BTCUSDT", _ more: String = ""
) throws -> ServiceContext {
    let file = server.directory + "/suite.yaml"
    try #require(
        writeFile(file, "symbols: [\(symbols)]\nredis: {url: \"\(server.address)\"}\nlog: {level: error}\n\(more)"))
    defer { removeFile(file) }
    return try ServiceContext(
        "bus-probe", CommandLineOptions(["bus-probe", "-c", file], name: "bus-probe", purpose: ""))
}
