import Glibc
import Hosting
import RedisTestSupport
import SignalContracts
import StreamBus
import Testing
import TradingPrimitives

@testable import ServiceKit

struct KeyedInput: StreamInput, SymbolKeyed {
    let symbol: Symbol
    let number: Int64
    static var streams: [StreamKind] { [.trade] }
    static func warmUpMs(of kind: StreamKind) -> Int64 { 600_000 }
    init?(stream: StreamName, id: StreamId, fields: Fields) throws(ContractError) {
        guard let symbol = stream.symbol else { return nil }
        self.symbol = symbol
        number = try fields.required("n")
    }
}

struct KeyedSummer: StreamProcessor {
    let symbol: Symbol
    /// How long it takes over an entry, microseconds.
    let costUs: UInt32
    var last: [Int64] = []
    init(symbol: Symbol, costUs: UInt32 = 0) {
        self.symbol = symbol
        self.costUs = costUs
    }
    mutating func process(_ input: KeyedInput, emit: (SumOutput) -> Void) {
        if costUs > 0 { usleep(costUs) }
        last.append(input.number)
        if last.count > 10 { last.removeFirst() }
        emit(SumOutput(stream: StreamName(.signal, symbol), number: input.number, sum: last.reduce(0, +)))
    }
}

/// Workers of one service in this process, each with its own loop, and the symbols that they share.
@Suite(.serialized)
struct SharedSymbolsTests {
    private typealias Worker = ProcessorHost<PerSymbol<KeyedSummer>>
    private static let names = ["AAAUSDT", "BBBUSDT", "CCCUSDT", "DDDUSDT"]
    private let server: RedisServer
    private let client: RedisClient

    init() throws {
        server = try #require(RedisServer())
        client = try server.client()
    }

    private func worker(costUs: UInt32 = 0) throws -> Worker {
        let context = try testContext(server, symbols: Self.names.joined(separator: ","))
        return ProcessorHost(context, sharing: .symbols, start: .beginning) {
            PerSymbol { KeyedSummer(symbol: $0, costUs: costUs) }
        }
    }

    private func write(_ numbers: Range<Int>) throws {
        for number in numbers {
            for name in Self.names {
                let id = StreamId(microseconds: SystemClock.wallUs())
                try client.command("XADD", "md.trade:{\(name)}", id.description, "n", "\(number)")
            }
        }
    }

    private func outputs(_ name: String) throws -> [(number: Int64, sum: Int64)] {
        try client.command("XRANGE", "signal:{\(name)}", "-", "+").elements.map { entry in
            (entry.elements[1]["n"]?.integer ?? -1, entry.elements[1]["sum"]?.integer ?? -1)
        }
    }

    private func allHave(_ count: Int) throws -> Bool {
        try Self.names.allSatisfy { try outputs($0).count == count }
    }

    private func allExact(_ count: Int64) throws -> Bool {
        try Self.names.allSatisfy { HostHarness.isExact(try outputs($0), count: count) }
    }

    @Test func `a worker that builds its state for longer than a lease lives keeps its symbols`() throws {
        let first = try worker()
        try write(0..<100)
        #expect(try turnWorkers([first]) { try allHave(100) })
        first.leaveLeases()
        // A machine that stands still for as long as a lease lives may lose one all the same; not each time.
        let keepsAll = try (0..<20).contains { _ in
            let slow = try worker(costUs: 5000)
            slow.renewLeases()
            let began = SystemClock.monotonicUs()
            while !slow.machine.isLive { slow.context.reactor.poll(timeoutMs: 2) }
            #expect(SystemClock.monotonicUs() - began > LeaseTable.lifeMs * 1000)
            defer { slow.leaveLeases() }
            return try Self.names.allSatisfy { name in
                let key = SymbolLeases.leaseKey(slow.context.name, name, isCluster: false)
                return try client.command("PTTL", key).integer ?? 0 > 0
            }
        }
        #expect(keepsAll)
    }

    @Test func `a new worker gets its fair share, and all goes on exactly once`() throws {
        let first = try worker()
        #expect(turnWorkers([first]) { first.owned.count == 4 && first.machine.isLive })
        try write(0..<20)
        #expect(try turnWorkers([first]) { try allHave(20) })
        let second = try worker()
        try write(20..<40)
        #expect(turnWorkers([first, second]) { first.owned.count == 2 && second.owned.count == 2 })
        try write(40..<60)
        #expect(try turnWorkers([first, second]) { try allHave(60) })
        #expect(try allExact(60))
    }

    @Test func `a dead worker's symbols move to one that lives`() throws {
        let first = try worker()
        let second = try worker()
        #expect(turnWorkers([first, second]) { first.owned.count == 2 && second.owned.count == 2 })
        try write(0..<10)
        #expect(try turnWorkers([first, second]) { try allHave(10) })
        // The first one turns no more.
        try write(10..<20)
        #expect(try turnWorkers([second]) { try allHave(20) })
        #expect(try allExact(20))
    }

    @Test func `a worker that slept through its leases commits nothing when it wakes up`() throws {
        let first = try worker()
        #expect(turnWorkers([first]) { first.owned.count == 4 && first.machine.isLive })
        try write(0..<10)
        #expect(try turnWorkers([first]) { try allHave(10) })
        // It has a read under way at the server when it falls asleep: these entries are delivered to it.
        try write(10..<11)
        let second = try worker()
        #expect(turnWorkers([second]) { second.owned.count == 4 })
        try write(11..<30)
        // Now the first wakes up, with entries in its connection that the second may have processed meanwhile.
        #expect(try turnWorkers([first, second]) { try allHave(30) && first.owned.count == 2 })
        #expect(first.metrics.fenced.value == 1)
        try write(30..<40)
        #expect(try turnWorkers([first, second]) { try allHave(40) })
        #expect(try allExact(40))
    }
}
