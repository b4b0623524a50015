import Foundation
import RedisTestSupport
import ServiceKit
import SignalContracts
import StreamBus
import TradingPrimitives

/// How long the two engines that remember a day take to read it again: a day of two symbols' candles, updates in progress
/// as the hub thins them.
func measureReplay() -> Bool {
    guard let server = RedisServer(), let client = try? server.client() else {
        print("replay: no redis-server here")
        return true
    }
    let symbols = ["BTCUSDT", "ETHUSDT"].compactMap { Symbol($0) }
    let file = server.directory + "/suite.yaml"
    defer {
        for name in ["suite.yaml", "technical-engine.log", "regime-filter.log"] {
            removeFile("\(server.directory)/\(name)")
        }
    }
    guard writeFile(file, "symbols: [BTCUSDT, ETHUSDT]\nredis: {url: \"\(server.address)\"}\nlog: {form: json}\n"),
        let written = try? writeDay(client, symbols)
    else { return false }
    print("replay: \(written) entries of a day, two symbols")
    let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    for service in ["technical-engine", "regime-filter"] {
        for symbol in symbols {
            for kind in [StreamKind.candle, .forming, .book] {
                _ = try? client.command("XGROUP", "CREATE", StreamName(kind, symbol).key, service, "$", "MKSTREAM")
            }
        }
        let log = "\(server.directory)/\(service).log"
        let process = ChildProcess("\(programs)/\(service)", ["-c", file], output: log)
        for _ in 0..<600 {
            guard
                let line = (try? String(contentsOfFile: log, encoding: .utf8))?.split(separator: "\n").first(where: {
                    $0.contains("replayed")
                })
            else { usleep(50_000); continue }
            let fields = line.split(whereSeparator: { !$0.isNumber && !$0.isLetter })
            let ms = fields.lastIndex(of: "ms").flatMap { fields.indices.contains($0 + 1) ? fields[$0 + 1] : nil }
            print("\(service): a day read again in \(ms ?? "?") ms")
            break
        }
        _ = process
    }
    return true
}

private func writeDay(_ client: RedisClient, _ symbols: [Symbol]) throws -> Int {
    let now = SystemClock.wallUs() / 1000, start = now - 86_400_000
    var written = 0, commands = CommandBuffer(), fields = Fields()
    func flush() throws(RedisError) {
        try client.send(commands)
        for _ in 0..<commands.commandCount { _ = try client.receive() }
        commands = CommandBuffer()
    }
    for symbol in symbols {
        for second in 0..<86_400 {
            let time = start + Int64(second) * 1000
            for (index, timeframe) in Timeframe.allCases.enumerated() {
                let length = timeframe.milliseconds
                let (place, everyMs) = (time % length / 1000 * 1000, length / 60)
                guard place % everyMs < 1000 else { continue }
                let isClosed = place == 0
                fields.removeAll()
                candle(timeframe, time, isClosed ? time - length : time - time % length, isClosed).encode(into: &fields)
                commands.begin("XADD", arguments: 3 + 2 * fields.count)
                commands.add(Array(StreamName(isClosed ? .candle : .forming, symbol).key.utf8))
                commands.add("\(time)-\(index)")
                commands.add(fields)
                written += 1
            }
            if second % 200 == 0 { try flush() }
        }
        try flush()
    }
    return written
}

private func candle(_ timeframe: Timeframe, _ time: Int64, _ openTime: Int64, _ isClosed: Bool) -> CandleUpdate {
    let price = Price(raw: 6_180_020_000_000 + time % 977 * 10_000_000)
    let start = Timestamp(milliseconds: openTime).floored(to: timeframe.milliseconds)
    return CandleUpdate(
        eventTime: Timestamp(milliseconds: time), timeframe: timeframe, openTime: start, open: price,
        high: price + price.tenth,
        low: price - price.tenth, close: price, volume: Quantity(raw: 12_345_600_000),
        quoteVolume: Notional(raw: 7_630_000_000_000),
        fillCount: 4321, takerBuyVolume: Quantity(raw: 6_000_000_000), isClosed: isClosed, isBackfill: false)
}

extension Price {
    fileprivate var tenth: Price { Price(raw: 10_000_000) }
}
