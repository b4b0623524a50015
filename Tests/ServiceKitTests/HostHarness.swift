import RedisTestSupport
import SignalContracts
import StreamBus
import Testing
import TradingPrimitives

@testable import ServiceKit

/// A number in, the sum of the last ten out: right only if each number was seen once, in order.
struct NumberInput: StreamInput {
    let number: Int64
    let id: StreamId
    static var streams: [StreamKind] { [.trade] }
    static func warmUpMs(of kind: StreamKind) -> Int64 { 600_000 }
    init?(stream: StreamName, id: StreamId, fields: Fields) throws(ContractError) {
        number = try fields.required("n")
        self.id = id
    }
}

struct SumOutput: StreamOutput {
    let stream: StreamName
    let number: Int64
    let sum: Int64
    func encode(into fields: inout Fields) {
        fields.put("n", number)
        fields.put("sum", sum)
    }
}

struct Summer: StreamProcessor {
    let symbol: Symbol
    var last: [Int64] = []
    init(symbol: Symbol) { self.symbol = symbol }
    mutating func process(_ input: NumberInput, emit: (SumOutput) -> Void) {
        last.append(input.number)
        if last.count > 10 { last.removeFirst() }
        emit(SumOutput(stream: StreamName(.signal, symbol), number: input.number, sum: last.reduce(0, +)))
    }
}

/// A host in this process, turned by the test, and the server it works on.
final class HostHarness {
    let server: RedisServer
    let client: RedisClient
    private(set) var host: ProcessorHost<Summer>
    private let symbol: Symbol
    private var written: Int64 = 0
    static let input = "md.trade:{BTCUSDT}"
    static let output = "signal:{BTCUSDT}"

    /// Streams that the host reads beside its own, and that stay empty.
    private let others: [StreamName]

    init(_ options: [String] = [], others count: Int = 0) throws {
        server = try #require(RedisServer(options))
        client = try server.client()
        symbol = try #require(Symbol("BTCUSDT"))
        others = (0..<count).compactMap { Symbol("T\($0)USDT") }.map { StreamName(.trade, $0) }
        host = try Self.host(server, symbol, others)
    }

    private static func host(
        _ server: RedisServer, _ symbol: Symbol, _ others: [StreamName]
    ) throws -> ProcessorHost<Summer> {
        let context = try testContext(server)
        return ProcessorHost(
            context, sharing: .none, start: .beginning, streams: [StreamName(.trade, symbol)] + others
        ) { Summer(symbol: symbol) }
    }

    /// The host is let go as by kill -9, and another one stands in its place.
    ///
    /// Returns once the server has noticed: until then it would hand the next entry to the reader that is gone.
    func replaceHost() throws {
        host = try Self.host(server, symbol, others)
        let end = SystemClock.monotonicUs() + 300_000_000
        while SystemClock.monotonicUs() < end {
            let clients = try client.command("INFO", "clients").text ?? ""
            if clients.contains("blocked_clients:0") { return }
        }
        Issue.record("the server still serves the host that is gone")
    }

    func write(_ count: Int, with client: RedisClient? = nil) throws {
        for _ in 0..<count {
            let id = StreamId(microseconds: SystemClock.wallUs())
            try (client ?? self.client).command("XADD", Self.input, id.description, "n", "\(written)")
            written += 1
        }
    }

    /// The server is killed, and started again; gives a connection to it.
    func restartServer() throws -> RedisClient {
        server.kill()
        turn(forMs: 200)
        let isUp = server.start()
        try #require(isUp)
        return try server.client()
    }

    func turn(forMs ms: Int64) {
        let end = SystemClock.monotonicUs() + ms * 1000
        while SystemClock.monotonicUs() < end { host.context.reactor.poll(timeoutMs: 10) }
    }

    /// Turns the host until the condition holds; false after `ms`.
    func turn(untilMs ms: Int64 = 300_000, _ condition: () throws -> Bool) rethrows -> Bool {
        let end = SystemClock.monotonicUs() + ms * 1000
        while SystemClock.monotonicUs() < end {
            if try condition() { return true }
            host.context.reactor.poll(timeoutMs: 5)
        }
        return false
    }

    func outputs(with client: RedisClient? = nil) throws -> [(number: Int64, sum: Int64)] {
        try (client ?? self.client).command("XRANGE", Self.output, "-", "+").elements.map { entry in
            (entry.elements[1]["n"]?.integer ?? -1, entry.elements[1]["sum"]?.integer ?? -1)
        }
    }

    /// Each number up to `count` once, in order, with the right sum.
    static func isExact(_ outputs: [(number: Int64, sum: Int64)], count: Int64) -> Bool {
        outputs.elementsEqual((0..<count).map { ($0, (max(0, $0 - 9)...$0).reduce(0, +)) }, by: ==)
    }
}

/// Turns workers that share symbols, each renewing its leases as its timer would, until `condition` holds.
func turnWorkers(
    _ workers: [ProcessorHost<PerSymbol<KeyedSummer>>], untilMs ms: Int64 = 300_000, _ condition: () throws -> Bool
) rethrows -> Bool {
    let end = SystemClock.monotonicUs() + ms * 1000
    var nextRenewal = Int64.min
    while SystemClock.monotonicUs() < end {
        if try condition() { return true }
        if SystemClock.monotonicUs() > nextRenewal {
            nextRenewal = SystemClock.monotonicUs() + 300_000
            for worker in workers { worker.renewLeases() }
        }
        for worker in workers { worker.context.reactor.poll(timeoutMs: 2) }
    }
    return false
}
