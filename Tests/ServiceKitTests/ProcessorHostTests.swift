import RedisTestSupport
import SignalContracts
import StreamBus
import Testing
import TradingPrimitives

@testable import ServiceKit

/// Conversations of a host with a real Redis.
@Suite(.serialized)
struct ProcessorHostTests {
    @Test func `each entry has one output`() throws {
        let harness = try HostHarness()
        harness.host.recover()
        try harness.write(50)
        #expect(try harness.turn { try harness.outputs().count == 50 })
        #expect(HostHarness.isExact(try harness.outputs(), count: 50))
    }

    @Test func `a new host warms up in silence and goes on with the right state`() throws {
        let harness = try HostHarness()
        harness.host.recover()
        try harness.write(20)
        #expect(try harness.turn { try harness.outputs().count == 20 })
        try harness.replaceHost()
        harness.host.recover()
        harness.turn(forMs: 100)
        #expect(try harness.outputs().count == 20)
        try harness.write(5)
        #expect(try harness.turn { try harness.outputs().count == 25 })
        #expect(HostHarness.isExact(try harness.outputs(), count: 25))
    }

    @Test func `entries that a killed host had read are processed in their place`() throws {
        let harness = try HostHarness()
        harness.host.recover()
        try harness.write(5)
        #expect(try harness.turn { try harness.outputs().count == 5 })
        // Read in the name of the host, and never acknowledged.
        try harness.write(7)
        try harness.client.command(
            "XREADGROUP", "GROUP", "bus-probe", "bus-probe-1", "STREAMS", HostHarness.input, ">")
        try harness.write(3)
        try harness.replaceHost()
        harness.host.recover()
        #expect(try harness.turn { try harness.outputs().count == 15 })
        #expect(HostHarness.isExact(try harness.outputs(), count: 15))
    }

    @Test func `an entry that can't be understood is put aside and the next one goes on`() throws {
        let harness = try HostHarness()
        harness.host.recover()
        try harness.client.command("XADD", HostHarness.input, "1-1", "n", "poison")
        try harness.write(3)
        #expect(try harness.turn { try harness.outputs().count == 3 })
        let letter = try harness.client.command("XRANGE", "dead:{BTCUSDT}", "-", "+").elements[0].elements[1]
        #expect(letter["entry_id"]?.text == "1-1")
        #expect(letter["field.n"]?.text == "poison")
        #expect(harness.host.metrics.deadLetters.value == 1)
    }

    @Test func `while Redis refuses writes nothing is lost, and afterwards nothing is twice`() throws {
        let harness = try HostHarness()
        harness.host.recover()
        try harness.write(10)
        try harness.client.command("CONFIG", "SET", "maxmemory", "1")
        #expect(harness.turn { harness.host.metrics.refusedCommits.value > 0 })
        #expect(try harness.outputs().isEmpty)
        try harness.client.command("CONFIG", "SET", "maxmemory", "0")
        try harness.write(10)
        #expect(try harness.turn { try harness.outputs().count == 20 })
        #expect(HostHarness.isExact(try harness.outputs(), count: 20))
    }

    @Test func `a server that became a replica is waited for`() throws {
        let harness = try HostHarness()
        harness.host.recover()
        try harness.write(5)
        #expect(try harness.turn { try harness.outputs().count == 5 })
        try harness.write(5)
        try harness.client.command("REPLICAOF", "127.0.0.1", "1")
        harness.turn(forMs: 300)
        try harness.client.command("REPLICAOF", "NO", "ONE")
        try harness.write(5)
        #expect(try harness.turn { try harness.outputs().count == 15 })
        #expect(HostHarness.isExact(try harness.outputs(), count: 15))
    }

    @Test func `entries trimmed away unread are told, and the state is built anew`() throws {
        let harness = try HostHarness()
        harness.host.recover()
        try harness.write(5)
        #expect(try harness.turn { try harness.outputs().count == 5 })
        try harness.replaceHost()
        try harness.write(20)
        try harness.client.command("XTRIM", HostHarness.input, "MAXLEN", "4")
        harness.host.recover()
        #expect(harness.host.metrics.gaps.value == 16)
        let alerts = try harness.client.command("XRANGE", "alert", "-", "+").elements
        #expect(alerts.count == 1)
        let fields = alerts.first?.elements.last?.elements.compactMap(\.text) ?? []
        #expect(fields.contains("stream_gap") && fields.contains { $0.contains(": 16 entries") })
        #expect(try harness.turn { try harness.outputs().count == 9 })
        #expect(try harness.outputs().last?.sum == 21 + 22 + 23 + 24)
    }

    @Test func `entries of a dead consumer are taken over while running`() throws {
        let harness = try HostHarness()
        try harness.client.command("XGROUP", "CREATE", HostHarness.input, "bus-probe", "0", "MKSTREAM")
        try harness.client.command("XADD", HostHarness.input, "1-1", "n", "100")
        try harness.client.command("XREADGROUP", "GROUP", "bus-probe", "gone-7", "STREAMS", HostHarness.input, ">")
        harness.host.recover()
        harness.host.askForeign()
        #expect(try harness.outputs().isEmpty)
        // Asked for now and then, as upkeep does, until it counts as dead.
        let isTaken = try harness.turn {
            harness.host.askForeign()
            harness.turn(forMs: 50)
            return try harness.outputs().map(\.number) == [100]
        }
        #expect(isTaken)
        #expect(harness.host.metrics.claims.value == 1)
    }

    @Test func `groups that Redis lost are made again at the last committed entry`() throws {
        let harness = try HostHarness()
        harness.host.recover()
        try harness.write(5)
        #expect(try harness.turn { try harness.outputs().count == 5 })
        try harness.client.command("FLUSHALL")
        #expect(harness.turn { harness.host.metrics.recreatedGroups.value == 1 })
        try harness.write(3)
        #expect(try harness.turn { try harness.outputs().map(\.number) == [5, 6, 7] })
    }

    @Test func `a restarted server finds the host again`() throws {
        let harness = try HostHarness(["--appendonly", "yes", "--appendfsync", "always"])
        harness.host.recover()
        try harness.write(5)
        #expect(try harness.turn { try harness.outputs().count == 5 })
        let client = try harness.restartServer()
        try harness.write(5, with: client)
        #expect(try harness.turn { try harness.outputs(with: client).count == 10 })
        #expect(HostHarness.isExact(try harness.outputs(with: client), count: 10))
        #expect(harness.host.metrics.warmUps.value == 2)
    }

    @Test func `what is unread is right after a server's restart, though the host's first try to come back fails`()
        throws
    {
        let harness = try HostHarness(["--appendonly", "yes", "--appendfsync", "always"])
        harness.host.recover()
        try harness.write(5)
        #expect(try harness.turn { try harness.outputs().count == 5 })
        try harness.client.command("BGREWRITEAOF")
        while try harness.client.information("persistence").joined().contains("aof_rewrite_in_progress:1") {}
        try harness.write(5)
        #expect(try harness.turn { try harness.outputs().count == 10 })
        let client = try harness.restartServer()
        func lag() throws -> Int64? {
            try client.command("XINFO", "GROUPS", HostHarness.input).elements.first?["lag"]?.integer
        }
        // As one that is still loading, it says who it is, and refuses the rest.
        try client.command("ACL", "SETUSER", "default", "-xgroup")
        harness.turn(forMs: 500)
        try client.command("ACL", "SETUSER", "default", "+xgroup")
        #expect(try harness.turn { try lag() == 0 })
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func `connections cut at any moment lose nothing and double nothing`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let harness = try HostHarness()
        harness.host.backOff = BackOff(leastMs: 1, greatestMs: 5)
        harness.host.recover()
        for _ in 0..<30 {
            try harness.write(Int.random(in: 1...8, using: &random))
            for _ in 0..<Int.random(in: 0...4, using: &random) { harness.host.context.reactor.poll(timeoutMs: 0) }
            try harness.client.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            for _ in 0..<Int.random(in: 0...4, using: &random) { harness.host.context.reactor.poll(timeoutMs: 1) }
        }
        let count = try harness.client.command("XLEN", HostHarness.input).integer ?? 0
        #expect(try harness.turn { try harness.outputs().count >= count }, "seed \(seed)")
        harness.turn(forMs: 20)
        #expect(HostHarness.isExact(try harness.outputs(), count: count), "seed \(seed)")
        #expect(harness.host.metrics.reconnects.value > 0)
    }
}
