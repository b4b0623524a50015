import BinanceFutures
import DataHub
import Glibc
import RedisTestSupport
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

// Frames in, entries in Redis: the hub's scanner, core and writer on one thread, beside the bare rate at which the same
// entries, encoded beforehand, go through one pipelined connection to the same server.

/// Nine trades and one book in ten frames, as the venue sends them.
func frame(_ number: Int, _ bytes: inout [UInt8]) {
    bytes.removeAll(keepingCapacity: true)
    let time = 1_723_161_256_000 + number
    if number % 10 == 9 {
        func side(_ price: (Int) -> Int) -> String {
            (0..<20).map { "[\"\(price($0)).10\",\"\($0).\(100 + number % 900)\"]" }.joined(separator: ",")
        }
        let (bids, asks) = (side { 61800 - $0 }, side { 61801 + $0 })
        bytes += Array(
            """
            {"stream":"btcusdt@depth20@100ms","data":{"e":"depthUpdate","E":\(time),"T":\(time),"s":"BTCUSDT",\
            "ps":"BTCUSDT","U":\(number),"u":\(number + 1),"pu":\(number),"b":[\(bids)],"a":[\(asks)],"st":1}}
            """.utf8)
    } else {
        bytes += Array(
            """
            {"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":\(time),"a":\(number),"s":"BTCUSDT",\
            "p":"61800.20","q":"0.\(100 + number % 900)","nq":"0.123","f":\(number),"l":\(number),"T":\(time),\
            "m":\(number % 3 == 0),"st":1}}
            """.utf8)
    }
}

final class Bench {
    let server: RedisServer
    let context: ServiceContext
    let frames: [[UInt8]]
    private let streams: [StreamName]
    private let lease: OwnerLease?

    init?(count: Int) {
        guard let server = RedisServer(), let symbol = Symbol("BTCUSDT") else { return nil }
        let file = server.directory + "/suite.yaml"
        guard writeFile(file, "symbols: [BTCUSDT]\nredis: {url: \"\(server.address)\"}\n") else { return nil }
        context = ServiceContext.start("data-hub", purpose: "", arguments: ["data-hub", "-c", file])
        removeFile(file)
        self.server = server
        var bytes: [UInt8] = []
        frames = (0..<count).map { number in
            frame(number, &bytes)
            return bytes
        }
        lease = OwnerLease(
            context, name: "ALL", freeForMs: 0, mayAssume: { false }, onTaken: {}, onLost: {})
        lease?.start()
        streams = [.trade, .book, .candle, .forming, .metric].map { StreamName($0, symbol) }
    }

    /// Entries a second through the hub's code. Also gives what it sent.
    func runHub() -> (rate: Double, busy: Double) {
        let writer = StreamWriter(context, bytesMax: 1 << 30)
        let numbers = streams.map { writer.open($0) }
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
            switch message {
            case .trade(_, let trade): input = .trade(trade)
            case .book(_, let book): input = .book(book)
            default: continue
            }
            hub.receive(input, symbol: 0, receivedUs: SystemClock.wallUs(), venueTime: input.eventTime) { output in
                if case .entry(let kind, let id, let fields) = output {
                    writer.write(numbers[kind.rawValue], id: id, fields)
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
        for stream in streams { try redis.command("DEL", stream.key) }
    }

    /// The entries that the hub wrote, as commands.
    private func recordedCommands(_ redis: RedisClient) throws(RedisError) -> [[UInt8]] {
        var commands: [[UInt8]] = []
        for stream in streams[..<2] {
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

guard let bench = Bench(count: 300_000) else {
    complain("hub-bench: redis-server does not start")
    ExitCode.failure.exit()
}
do {
    for _ in 0..<3 {
        try bench.forget(bench.server.client())
        let hub = bench.runHub()
        let bare = try bench.runBare()
        print(
            "hub \(Int(hub.rate)) entries/s (\(Int(hub.busy * 100)) % of a core), bare \(Int(bare)) entries/s: "
                + "\(Int(hub.rate / bare * 100)) %")
    }
} catch {
    complain("hub-bench: \(error)")
    bench.server.kill()
    ExitCode.failure.exit()
}
bench.server.kill()
