import Foundation
import RedisTestSupport
import SignalContracts
import StreamBus
import TestSupport
import Testing
import TradingPrimitives

/// Three workers of each engine share twelve contracts while they are killed, stopped and put to sleep at random. What they
/// said is compared with what one undisturbed worker says of the same streams, word for word.
@Suite(.serialized)
struct ScaleTests {
    /// `VORTEX7_SCALE_SECONDS`, `VORTEX7_SCALE_RATE`: how long, and how much faster than the market.
    static let seconds = Int(ProcessInfo.processInfo.environment["VORTEX7_SCALE_SECONDS"] ?? "") ?? 25
    static let rate = Double(ProcessInfo.processInfo.environment["VORTEX7_SCALE_RATE"] ?? "") ?? 2
    static let seed = UInt64(ProcessInfo.processInfo.environment["VORTEX7_SEED"] ?? "") ?? 3

    private static let engines = PaperSuite.sharing
    private static let symbols = [
        "BTCUSDT", "ETHUSDT", "SOLUSDT", "XRPUSDT", "BNBUSDT", "DOGEUSDT", "ADAUSDT", "LINKUSDT", "AVAXUSDT", "DOTUSDT",
        "LTCUSDT", "SUIUSDT",
    ]
    /// What is said at least several times a second of each contract, so that a gap can be seen in it.
    private static let steady = ["order-flow-engine": "E1", "tick-engine": "E2"]

    private struct Trouble {
        enum Kind { case killed, stopped, asleep }
        let kind: Kind
        let service: String
        let atMs: Int64
        /// When the worker was awake again, or another one was started in its place.
        let endMs: Int64
    }
    /// A dead worker's contracts that were taken over later than this are told, milliseconds.
    private static let takeoverMaxMs: Int64 = 2000
    /// Signals that were set off within this time of a trouble are looked at, milliseconds.
    private static let windowMs: Int64 = 2500

    private let suite: PaperSuite

    init() throws {
        // A capture has of each stream what is there.
        let retention =
            "streams: {retention_minutes: {signal: 5, md_trade: 5, md_book: 5, md_forming: 5}}"
        suite = try #require(
            PaperSuite(symbols: Self.symbols, rate: Self.rate, settings: "\(PaperSuite.journals)\n\(retention)"))
    }

    @Test func `workers that share contracts, disturbed at random, say what an undisturbed one says`() throws {
        suite.startSimulator(["--seed", "\(Self.seed)"])
        for service in Self.engines { for number in 1...3 { start(service, number) } }
        suite.start(["data-hub"])
        try #require(
            suite.wait { try Self.symbols.allSatisfy { try suite.length("signal:{\($0)}") > 100 } })

        var random = SplitMix64(seed: Self.seed), compared = 0
        var delays: [Int64] = [], handOvers: [Int64] = [], chained: [Int64] = []
        // In rounds, so that a capture stays small.
        var left = Self.seconds
        while left > 0 {
            let round = min(left, 60)
            left -= round
            let began = Date()
            let troubles = disturb(seconds: round, &random)
            // What is compared has been said to its end.
            try suite.settle()
            for trouble in troubles where trouble.kind != .asleep {
                guard let delay = try takeover(after: trouble) else { continue }
                if delay > Self.takeoverMaxMs {
                    print("\(delay) ms after \(trouble.service) was \(trouble.kind) at \(trouble.atMs)")
                }
                if isChained(trouble, troubles) {
                    chained.append(delay)
                } else if trouble.kind == .stopped {
                    handOvers.append(delay)
                } else {
                    delays.append(delay)
                }
            }
            compared += try compare(minutes: Int(Date().timeIntervalSince(began) / 60) + 1)
            suite.start(["data-hub"])
        }
        tell("killed", delays)
        tell("stopped", handOvers)
        tell("not alone in trouble:", chained)
        print("\(compared) signals are as one worker alone says them")
    }

    /// Whether the engine's contracts are on the move anyway, since a worker of it is in trouble or just back: one that has just
    /// taken over may be the next to die.
    private func isChained(_ trouble: Trouble, _ all: [Trouble]) -> Bool {
        all.contains {
            $0.service == trouble.service && $0.atMs != trouble.atMs && trouble.atMs > $0.atMs - Self.windowMs
                && trouble.atMs < $0.endMs + Self.windowMs
        }
    }

    private func start(_ service: String, _ number: Int) {
        suite.start(service, as: name(service, number), "\(service): {instance: \(number)}\n")
    }

    private func name(_ service: String, _ number: Int) -> String { "\(service)-\(number)" }

    /// One trouble after the other; at the end all are well.
    private func disturb(seconds: Int, _ random: inout SplitMix64) -> [Trouble] {
        let end = Date().addingTimeInterval(Double(seconds))
        var troubles: [Trouble] = []
        while Date() < end {
            let service = Self.engines[Int(random.next() % UInt64(Self.engines.count))]
            let number = Int(random.next() % 3) + 1, worker = name(service, number)
            let now = PaperSuite.nowMs(), kind: Trouble.Kind
            switch random.next() % 4 {
            case 0:
                kind = .asleep
                suite.signal(worker, SIGSTOP)
                usleep(UInt32(500_000 + random.next() % 3_000_000))
                suite.signal(worker, SIGCONT)
            case 1:
                kind = .stopped
                #expect(suite.terminate(worker) == 0)
                usleep(UInt32(random.next() % 1_500_000))
                start(service, number)
            default:
                kind = .killed
                suite.kill(worker)
                usleep(UInt32(random.next() % 1_500_000))
                start(service, number)
            }
            troubles.append(Trouble(kind: kind, service: service, atMs: now, endMs: PaperSuite.nowMs()))
            // Long enough for the shares to settle, or not.
            usleep(UInt32(random.next() % 2_500_000))
        }
        return troubles
    }

    /// How late the latest of the contracts' next signals was, milliseconds: all but a little of it is the taking over.
    private func takeover(after trouble: Trouble) throws -> Int64? {
        guard let engine = Self.steady[trouble.service] else { return nil }
        let client = try suite.redis.client()
        var worst: Int64 = 0
        for symbol in Self.symbols {
            let rows = try client.command(
                "XRANGE", "signal:{\(symbol)}", "\(trouble.atMs)", "\(trouble.atMs + 10_000)", "COUNT", "2000")
            for entry in rows.elements.compactMap({ StreamEntry($0) }) where entry.fields["engine"] == engine {
                guard let cause: StreamId = try entry.fields.optional("cause") else { continue }
                // Set off by what came while nobody was there.
                guard Int64(cause.milliseconds) < trouble.atMs + Self.windowMs else { break }
                worst = max(worst, Int64(entry.id.milliseconds) - Int64(cause.milliseconds))
            }
        }
        return worst
    }

    /// Replays the last minutes through each engine's own program; returns how many signals were compared.
    private func compare(minutes: Int) throws -> Int {
        let file = "\(suite.folder)/capture.txt"
        try? FileManager.default.removeItem(atPath: file)
        let capture = try suite.control(["capture", file, "--last", "\(minutes)"])
        #expect(capture.exitCode == 0, "\(capture.output)")
        var compared = 0
        for service in Self.engines {
            let result = try Subprocess.run(
                "\(PaperSuite.programs)/\(service)", ["-c", "\(suite.folder)/suite.yaml", "--replay", file])
            #expect(result.exitCode == 0, "\(service): \(result.output.prefix(3000))")
            let text = result.output.split(separator: "{").last.map { "{" + $0 } ?? ""
            let line = text.split(separator: "\n").first.map(String.init) ?? ""
            let words = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            compared += words?["compared"] as? Int ?? 0
        }
        return compared
    }

    private func tell(_ what: String, _ delays: [Int64]) {
        print(
            "\(what) workers of E1 and E2: \(delays.count), next signal late by p50 \(percentile(delays, 0.5)) ms, "
                + "p99 \(percentile(delays, 0.99)) ms, at most \(delays.max() ?? 0) ms")
    }

    private func percentile(_ values: [Int64], _ share: Double) -> Int64 {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }
}
