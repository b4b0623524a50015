import RedisTestSupport
import SignalContracts
import StreamBus
import Testing
import TradingPrimitives

@testable import ServiceKit

/// Hosts of so many streams that Redis is asked which have news.
@Suite(.serialized)
struct StreamNewsTests {
    @Test func `what is written to one of very many streams is read, once and in order`() throws {
        let harness = try HostHarness(others: 400)
        harness.host.recover()
        #expect(harness.host.news != nil)
        for _ in 0..<50 {
            try harness.write(1)
            harness.host.context.reactor.poll(timeoutMs: 1)
        }
        #expect(try harness.turn { try harness.outputs().count == 50 })
        // More than one read takes: the news of it comes once.
        try harness.write(700)
        #expect(try harness.turn { try harness.outputs().count == 750 })
        #expect(HostHarness.isExact(try harness.outputs(), count: 750))
    }

    @Test func `it is read by its news, and the streams beside it are not asked for`() throws {
        let harness = try HostHarness(others: 400)
        harness.host.recover()
        try harness.write(1)
        #expect(try harness.turn { try harness.outputs().count == 1 })
        try harness.client.command("CONFIG", "SET", "slowlog-log-slower-than", "0")
        try harness.client.command("CONFIG", "SET", "slowlog-max-len", "1000")
        try harness.client.command("SLOWLOG", "RESET")
        for count in 1...20 {
            try harness.write(1)
            #expect(try harness.turn { try harness.outputs().count == 1 + count })
        }
        let reads = try harness.client.command("SLOWLOG", "GET", "-1").elements.map { $0.elements[3].elements }
            .filter { $0.first?.text == "XREADGROUP" }
        // The command, its group and consumer, COUNT, and one stream with its place.
        #expect(reads.count { $0.count == 9 } >= 20, "\(reads.map(\.count))")
    }

    @Test func `when the news ends it is asked for anew, and nothing is lost`() throws {
        let harness = try HostHarness(others: 100)
        harness.host.recover()
        try harness.write(10)
        #expect(try harness.turn { try harness.outputs().count == 10 })
        for round in 1...3 {
            try harness.client.command("CLIENT", "KILL", "TYPE", "pubsub")
            try harness.write(10)
            #expect(try harness.turn { try harness.outputs().count == 10 + 10 * round })
            #expect(harness.host.metrics.reconnects.value == round)
        }
        #expect(HostHarness.isExact(try harness.outputs(), count: 40))
    }

    @Test func `within a second of upkeep is found what was never told`() throws {
        let harness = try HostHarness(others: 100)
        harness.host.recover()
        try harness.write(1)
        #expect(try harness.turn { try harness.outputs().count == 1 })
        harness.host.news?.close()
        try harness.write(5)
        harness.turn(forMs: 300)
        #expect(try harness.outputs().count == 1)
        for _ in 0..<5 { harness.host.upkeep() }
        #expect(try harness.turn { try harness.outputs().count == 6 })
    }

    @Test func `silence on the way of the news is a lost connection`() throws {
        let harness = try HostHarness(others: 100)
        harness.host.recover()
        try harness.write(1)
        #expect(try harness.turn { try harness.outputs().count == 1 })
        func heard() -> Int64 { harness.host.news?.lastAnswerUs ?? 0 }
        let before = heard()
        for _ in 0..<5 { harness.host.upkeep() }
        // The answer to a ping; all is well.
        #expect(harness.turn { heard() > before } && harness.host.metrics.reconnects.value == 0)
        harness.host.news?.lastAnswerUs -= 11_000_000
        for _ in 0..<5 { harness.host.upkeep() }
        #expect(harness.host.metrics.reconnects.value == 1)
        try harness.write(5)
        #expect(try harness.turn { try harness.outputs().count == 6 })
    }

    @Test func `workers that share very many symbols take each other's over, and all goes on exactly once`() throws {
        let server = try #require(RedisServer()), client = try server.client()
        let names = (0..<200).map { "T\($0)USDT" }
        var random = SplitMix64(seed: 7), written = names.map { _ in 0 }
        func write(_ count: Int) throws {
            for _ in 0..<count {
                let place = Int(random.next() % UInt64(names.count))
                try client.command(
                    "XADD", "md.trade:{\(names[place])}", StreamId(microseconds: SystemClock.wallUs()).description,
                    "n", "\(written[place])")
                written[place] += 1
            }
        }
        func outputs(_ place: Int) throws -> [(number: Int64, sum: Int64)] {
            try client.command("XRANGE", "signal:{\(names[place])}", "-", "+").elements.map { entry in
                (entry.elements[1]["n"]?.integer ?? -1, entry.elements[1]["sum"]?.integer ?? -1)
            }
        }
        func isAll() throws -> Bool { try names.indices.allSatisfy { try outputs($0).count == written[$0] } }
        func worker() throws -> ProcessorHost<PerSymbol<KeyedSummer>> {
            ProcessorHost(
                try testContext(server, symbols: names.joined(separator: ",")), sharing: .symbols, start: .beginning
            ) { PerSymbol { KeyedSummer(symbol: $0) } }
        }
        let first = try worker(), second = try worker()
        #expect(turnWorkers([first, second]) { first.owned.count == 100 && second.owned.count == 100 })
        for _ in 0..<10 {
            try write(60)
            #expect(try turnWorkers([first, second]) { try isAll() })
        }
        #expect(first.news != nil && second.news != nil)
        // The first one turns no more.
        try write(200)
        #expect(try turnWorkers([second]) { try isAll() })
        for place in names.indices {
            #expect(HostHarness.isExact(try outputs(place), count: Int64(written[place])), "\(names[place])")
        }
    }
}
