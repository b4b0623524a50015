import BinanceFutures
import DataHub
import Glibc
import Hosting
import RedisTestSupport
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

// Frames in, entries in Redis: the hub's scanner, core and writer on one thread, beside the bare rate at which the same
// entries, encoded beforehand, go through one pipelined connection to the same server. With one contract, whose trades and books
// may not overtake each other, and with a dozen.

/// Nine trades and one book of a contract in ten frames, as the venue sends them.
func frame(_ number: Int, _ symbol: Symbol, _ bytes: inout [UInt8]) {
    bytes.removeAll(keepingCapacity: true)
    let time = 1_723_161_256_000 + number
    if number % 10 == 9 {
        func side(_ price: (Int) -> Int) -> String {
            (0..<20).map { "[\"\(price($0)).10\",\"\($0).\(100 + number % 900)\"]" }.joined(separator: ",")
        }
        let (bids, asks) = (side { 61800 - $0 }, side { 61801 + $0 })
        bytes += Array(
            """
            {"stream":"\(symbol.lowercased)@depth20@100ms","data":{"e":"depthUpdate","E":\(time),"T":\(time),"s":"\(symbol)",\
            "ps":"\(symbol)","U":\(number),"u":\(number + 1),"pu":\(number),"b":[\(bids)],"a":[\(asks)],"st":1}}
            """.utf8)
    } else {
        bytes += Array(
            """
            {"stream":"\(symbol.lowercased)@aggTrade","data":{"e":"aggTrade","E":\(time),"a":\(number),"s":"\(symbol)",\
            "p":"61800.20","q":"0.\(100 + number % 900)","nq":"0.123","f":\(number),"l":\(number),"T":\(time),\
            "m":\(number % 3 == 0),"st":1}}
            """.utf8)
    }
}

final class Bench {
    let server: RedisServer
    let context: ServiceContext
    let frames: [[UInt8]]
    private let symbols: [Symbol]
    private let streams: [[StreamName]]
    private let lease: OwnerLease?

    init?(count: Int, contracts: Int) {
        let names = (1...contracts).map { "C\($0)USDT" }
        symbols = names.compactMap { Symbol($0) }
        guard let server = RedisServer(), symbols.count == contracts else { return nil }
        let file = server.directory + "/suite.yaml"
        guard writeFile(file, "symbols: [\(names.joined(separator: ", "))]\nredis: {url: \"\(server.address)\"}\n")
        else { return nil }
        context = ServiceContext.start("data-hub", purpose: "", arguments: ["data-hub", "-c", file])
        removeFile(file)
        self.server = server
        var bytes: [UInt8] = []
        let symbols = symbols
        frames = (0..<count).map { number in
            frame(number / contracts, symbols[number % contracts], &bytes)
            return bytes
        }
        lease = OwnerLease(
            context, name: "ALL", freeForMs: 0, mayAssume: { false }, onTaken: {}, onLost: {})
        lease?.start()
        streams = symbols.map { symbol in DataHub.Kind.allCases.map { StreamName($0.stream, symbol) } }
    }

    /// Entries a second through the hub's code. Also gives what it sent.
    func runHub() -> (rate: Double, busy: Double) {
        let writer = StreamWriter(context, bytesMax: 1 << 30)
        let numbers = streams.map { $0.map { writer.open($0) } }
        // As in earnest: in transactions that watch who the owner is.
        // While the bare connection had the thread nobody renewed the lease.
        let rested = SystemClock.monotonicUs() + 100_000
        while lease?.standing != .held || SystemClock.monotonicUs() < rested { context.reactor.poll(timeoutMs: 10) }
        writer.start(lease)
        context.reactor.poll(timeoutMs: 10)
        var scanner = MarketScanner(context.settings.symbols)
        var configuration = HubConfiguration()
        configuration.staleMs = 0
        var hub = DataHub(context.settings.symbols, configuration)
        let began = SystemClock.monotonicUs()
        let cpuBegan = cpuUs()
        for (index, frame) in frames.enumerated() {
            guard let message = try? frame.withUnsafeBytes({ try scanner.scan($0) }) else { continue }
            let input: DataHub.Input
            let symbol: Int
            switch message {
            case .trade(let index, let trade): (symbol, input) = (index, .trade(trade))
            case .book(let index, let book): (symbol, input) = (index, .book(book))
            default: continue
            }
            hub.receive(input, symbol: symbol, receivedUs: SystemClock.wallUs(), venueTime: input.eventTime) { output in
                if case .entry(let kind, let id, let entry) = output {
                    writer.write(numbers[symbol][kind.rawValue], id: id) { entry.encode(into: &$0) }
                }
            }
            // Frames come in bursts: what one turn of the loop brings is sent at its end.
            guard index % 32 == 31 else { continue }
            writer.flush()
            context.reactor.poll(timeoutMs: 0)
            while writer.unconfirmedCount > 4096 { context.reactor.poll(timeoutMs: 10) }
        }
        writer.drain(withinMs: 10_000)
        let elapsed = Double(SystemClock.monotonicUs() - began)
        return (Double(frames.count) / elapsed * 1e6, Double(cpuUs() - cpuBegan) / elapsed)
    }

    /// Entries a second when the bytes are ready.
    func runBare() throws(RedisError) -> Double {
        let redis = try server.client()
        let commands = try recordedCommands(redis)
        try forget(redis)
        let connection = try RedisConnection(server.address)
        let began = SystemClock.monotonicUs()
        var sent = 0
        var answered = 0
        while answered < commands.count {
            while sent < commands.count, sent - answered < 4096 {
                for _ in 0..<32 where sent < commands.count {
                    connection.write(commands[sent][...])
                    sent += 1
                }
                try connection.flush()
            }
            var waiting = pollfd(
                fd: connection.descriptor, events: Int16(POLLIN | (connection.wantsToSend ? POLLOUT : 0)), revents: 0)
            poll(&waiting, 1, 1000)
            try connection.flush()
            try connection.receive()
            while try connection.nextReply() != nil { answered += 1 }
        }
        return Double(commands.count) / Double(SystemClock.monotonicUs() - began) * 1e6
    }

    /// The streams alone: the name of their owner stays.
    func forget(_ redis: RedisClient) throws(RedisError) {
        for stream in streams.joined() { try redis.command("DEL", stream.key) }
    }

    /// The entries that the hub wrote, as commands.
    private func recordedCommands(_ redis: RedisClient) throws(RedisError) -> [[UInt8]] {
        var commands: [[UInt8]] = []
        for stream in streams.map({ $0[..<2] }).joined() {
            let key = Array(stream.key.utf8)
            for entry in try redis.command("XRANGE", stream.key, "-", "+").elements {
                var buffer = CommandBuffer()
                buffer.command(
                    ["XADD", String(decoding: key, as: UTF8.self), entry.elements[0].text ?? ""]
                        + entry.elements[1].elements.compactMap(\.text))
                commands.append(buffer.bytes)
            }
        }
        return commands
    }
}

func cpuUs() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
}

for contracts in [1, 12] {
    guard let bench = Bench(count: 300_000, contracts: contracts) else {
        complain("hub-bench: redis-server does not start")
        ExitCode.failure.exit()
    }
    defer { bench.server.kill() }
    do {
        for _ in 0..<3 {
            try bench.forget(bench.server.client())
            let hub = bench.runHub()
            let bare = try bench.runBare()
            print(
                "\(contracts) contracts: hub \(Int(hub.rate)) entries/s (\(Int(hub.busy * 100)) % of a core), bare "
                    + "\(Int(bare)) entries/s: \(Int(hub.rate / bare * 100)) %")
        }
    } catch {
        complain("hub-bench: \(error)")
        bench.server.kill()
        ExitCode.failure.exit()
    }
}
