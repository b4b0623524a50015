import Glibc
import Hosting
import RedisTestSupport
import SignalContracts
import StreamBus
import Testing
import TradingPrimitives

@testable import ServiceKit

@Suite(.serialized)
struct StreamWriterTests {
    /// A lease that this process has.
    private func owned(_ context: ServiceContext, onLost: @escaping () -> Void = {}) throws -> OwnerLease {
        let lease = try #require(
            OwnerLease(context, name: "ALL", freeForMs: 0, mayAssume: { false }, onTaken: {}, onLost: onLost))
        lease.start()
        for _ in 0..<500 where lease.standing != .held { context.reactor.poll(timeoutMs: 10) }
        try #require(lease.standing == .held)
        return lease
    }

    @Test(arguments: 1...5 as ClosedRange<UInt64>, [false, true])
    func `entries written over cut connections stand once and in order`(seed: UInt64, isFenced: Bool) throws {
        var random = SplitMix64(seed: seed)
        let server = try #require(RedisServer())
        let client = try server.client()
        let context = try testContext(server)
        let writer = StreamWriter(context)
        writer.start(isFenced ? try owned(context) : nil)
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

    @Test func `what one that slept past its lease still holds is not written`() throws {
        let server = try #require(RedisServer())
        let client = try server.client()
        let context = try testContext(server)
        let writer = StreamWriter(context)
        var isLost = false
        let lease = try owned(context) { isLost = true }
        writer.start(lease)
        let symbol = try #require(Symbol("BTCUSDT")), all = try #require(Symbol("ALL"))
        let name = StreamName(.trade, symbol)
        let stream = writer.open(name)
        var fields = Fields()
        fields.put("n", 1)
        func write(_ number: UInt64) {
            writer.write(stream, id: StreamId(milliseconds: number, sequence: 0), fields)
            writer.write(to: "list", isOnce: true) { $0.command(["LPUSH", "list", "\(number)"]) }
            writer.flush()
        }
        write(1)
        for _ in 0..<500 where writer.unconfirmedCount > 0 { context.reactor.poll(timeoutMs: 10) }
        #expect(try client.command("XLEN", name.key).integer == 1)
        // This process sleeps; another one takes the lease when it has run out.
        let other = SymbolLeases(service: context.name, worker: "other", symbols: [all])
        while try other.renew(client).owned.isEmpty { usleep(50_000) }
        // It wakes up in the middle of its work, with the gate still open as far as it knows.
        write(2)
        write(3)
        for _ in 0..<500 where !isLost { context.reactor.poll(timeoutMs: 10) }
        #expect(isLost && lease.standing == .none)
        write(4)
        for _ in 0..<50 { context.reactor.poll(timeoutMs: 10) }
        #expect(try client.command("XLEN", name.key).integer == 1)
        #expect(try client.command("LRANGE", "list", "0", "-1").elements.compactMap(\.text) == ["1"])
    }

    @Test func `a transaction that was under way when the name changed is not carried out`() throws {
        let server = try #require(RedisServer())
        let client = try server.client()
        var gate = WriteGate((key: "owner", owner: "one"))
        var commands = CommandBuffer()
        try client.command("SET", "owner", "one")
        let link = try server.client()
        func send() throws -> [WriteGate.Answer] {
            defer { commands.removeAll() }
            try link.send(commands)
            return try (0..<commands.commandCount).map { _ in gate.answered(try link.receive()) }
        }
        gate.look(&commands)
        #expect(try send() == [.nothing, .opened])
        var writes = CommandBuffer()
        writes.command(["LPUSH", "list", "1"])
        gate.wrap(writes.bytes[...], replies: 1, into: &commands)
        #expect(try send() == [.nothing, .nothing, .carriedOut, .nothing, .opened])
        // Between the look and the next transaction.
        try client.command("SET", "owner", "two")
        gate.wrap(writes.bytes[...], replies: 1, into: &commands)
        #expect(try send() == [.nothing, .nothing, .refused, .nothing, .shut])
        #expect(try client.command("LLEN", "list").integer == 1)
        // What can't be queued says why.
        try client.command("SET", "owner", "one")
        gate.look(&commands)
        #expect(try send() == [.nothing, .opened])
        writes.command(["NOSUCH"])
        gate.wrap(writes.bytes[...], replies: 2, into: &commands)
        let answers = try send()
        guard case .failed(let text) = answers[3] else {
            Issue.record("\(answers)")
            return
        }
        #expect(text.contains("unknown command") && answers.last == .opened)
    }

    @Test(arguments: [false, true])
    func `writes that Redis refuses wait until it takes them`(isFenced: Bool) throws {
        let server = try #require(RedisServer())
        let client = try server.client()
        let context = try testContext(server)
        let writer = StreamWriter(context)
        writer.start(isFenced ? try owned(context) : nil)
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
