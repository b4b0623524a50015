import Glibc
import Hosting
import RedisTestSupport
import SignalContracts
import Testing
import TradingPrimitives

@testable import StreamBus

/// Against a real cluster of three masters.
@Suite(.serialized)
struct ClusterTests {
    private let cluster: RedisCluster
    private let client: RedisClient
    /// One on each of the masters, as the slots are dealt out.
    private static let symbols = ["ETHUSDT", "BTCUSDT", "DOGEUSDT"]

    init() throws {
        cluster = try #require(RedisCluster())
        client = try cluster.client()
    }

    @Test func `keys have the slots that Redis says`() throws {
        var random = SplitMix64(seed: 3)
        var keys = [
            "", "a", "{}", "{}a", "a{b", "a}b{c}d", "{a}{b}", "{{a}}", "md.trade:{BTCUSDT}", "alert", "said:{alert}:x",
        ]
        for _ in 0..<200 {
            keys.append(
                String((0..<(1 + random.next() % 20)).map { _ in "ab{}:1".randomElement(using: &random) ?? "a" }))
        }
        let node = try cluster.node(0)
        for key in keys {
            #expect(try node.command("CLUSTER", "KEYSLOT", key).integer == Int64(KeySlot.of(key.utf8)), "\(key)")
        }
    }

    @Test func `commands go where their keys are, transactions too, and answers come in the order of the questions`()
        throws
    {
        #expect(Set(Self.symbols.compactMap { cluster.master(of: "{\($0)}") }).count == 3)
        var commands = CommandBuffer()
        for number in 0..<30 {
            let key = "md.trade:{\(Self.symbols[number % 3])}"
            commands.command(["MULTI"])
            commands.command(["XADD", key, "\(number + 1)-0", "n", "\(number)"])
            commands.command(["EXEC"])
            commands.command(["XLEN", key])
        }
        let replies = try client.pipeline(commands)
        #expect(replies.count == 120)
        for number in 0..<30 { #expect(replies[4 * number + 3].integer == Int64(number / 3 + 1)) }
        #expect(throws: RedisError.self) { try client.command("MGET", "{ETHUSDT}", "{BTCUSDT}") }
    }

    @Test func `a key that moves is followed, while it moves and when it has`() throws {
        let key = "md.trade:{BTCUSDT}", slot = KeySlot.of("BTCUSDT".utf8)
        try client.command("XADD", key, "1-0", "n", "1")
        let source = try #require(cluster.master(of: key))
        let target = try #require(cluster.masters.first { $0 != source })
        let from = try cluster.node(source), to = try cluster.node(target)
        let names = try (from.command("CLUSTER", "MYID").text ?? "", to.command("CLUSTER", "MYID").text ?? "")
        try to.command("CLUSTER", "SETSLOT", "\(slot)", "IMPORTING", names.0)
        try from.command("CLUSTER", "SETSLOT", "\(slot)", "MIGRATING", names.1)
        // What is not at the old node is asked for at the new one.
        #expect(try client.command("XADD", "signal:{BTCUSDT}", "1-0", "n", "1").text == "1-0")
        #expect(try client.command("XADD", key, "2-0", "n", "2").text == "2-0")
        try cluster.move(slot: slot, to: target)
        #expect(try client.command("XLEN", key).integer == 2)
        #expect(try client.command("XLEN", "signal:{BTCUSDT}").integer == 1)
        // A transaction in a slot that has moved is not carried out in part.
        let late = try cluster.client()
        try cluster.move(slot: slot, to: source)
        var commands = CommandBuffer()
        commands.command(["MULTI"])
        commands.command(["XADD", key, "3-0", "n", "3"])
        commands.command(["EXEC"])
        #expect(throws: RedisError.self) { try late.pipeline(commands) }
        #expect(try client.command("XLEN", key).integer == 2)
        _ = try cluster.client().pipeline(commands)
        #expect(try client.command("XLEN", key).integer == 3)
    }

    @Test func `what lies in another slot is said once, however often its entry is processed`() throws {
        let symbol = try #require(Symbol("BTCUSDT"))
        let reader = GroupReader(
            group: "g", consumer: "g-1",
            StreamLayout([StreamName(.trade, symbol), StreamName(.command)], isCluster: true))
        #expect(reader.laneTags == ["BTCUSDT", "command"] && reader.parts == [[0], [1]])
        let keeper = GroupKeeper(client, reader)
        _ = try keeper.createGroups(from: .beginning, resumeAt: [nil, nil])
        try client.command("XADD", "md.trade:{BTCUSDT}", "5-0", "n", "1")
        try client.command("XREADGROUP", "GROUP", "g", "g-1", "STREAMS", "md.trade:{BTCUSDT}", ">")
        var fields = Fields()
        fields.put("n", 1)
        func hop() -> HopBuffer {
            var hop = HopBuffer(reader, firstMarker: 1, isCluster: true)
            let id = StreamId(milliseconds: 5, sequence: 0)
            hop.begin(.entry(stream: 0, id: id))
            hop.emit(fields, to: Array("signal:{BTCUSDT}".utf8), lane: 0)
            for _ in 0..<2 { hop.emit(fields, to: Array("alert".utf8), lane: 0) }
            hop.project(.hash(key: "session", fields: fields, replacing: true), lane: 0)
            hop.acknowledge(stream: 0, id: id)
            hop.seal()
            return hop
        }
        // The first process is killed after each of its steps; the last one gets through.
        let steps = hop().aheadOfLanes.count
        #expect(steps == 2)
        for count in 0...steps {
            for ahead in hop().aheadOfLanes.prefix(count) {
                for reply in try client.pipeline(ahead.commands) {
                    if case .error(let text) = reply { Issue.record("\(text)") }
                }
            }
            #expect(try !keeper.isCommitted(hop().evidence(of: 0)))
        }
        let last = hop()
        #expect(try client.pipeline(last.commands(of: 0)).last?.elements.count == 2)
        #expect(try keeper.isCommitted(last.evidence(of: 0)))
        #expect(try client.command("XLEN", "alert").integer == 2)
        #expect(try client.command("XLEN", "signal:{BTCUSDT}").integer == 1)
        #expect(try client.command("HGET", "session", "n").text == "1")
    }

    @Test func `when a master dies its replica is found`() throws {
        let key = "md.trade:{BTCUSDT}"
        try #require(cluster.waitUntilWhole(masters: 3))
        let master = try #require(cluster.master(of: key))
        let before = try client.serverId(of: [Array(key.utf8)])
        // Replication is not waited for by the bus; this test is about what the replica has.
        let onMaster = try cluster.node(master)
        try onMaster.command("XADD", key, "1-0", "n", "1")
        try #require(try onMaster.command("WAIT", "1", "60000").integer == 1)
        cluster.kill(master)
        var length: Int64?
        for _ in 0..<15_000 where length == nil {
            length = try? cluster.client().command("XLEN", key).integer
            usleep(20_000)
        }
        #expect(length == 1)
        #expect(try cluster.client().serverId(of: [Array(key.utf8)]) != before)
    }
}
