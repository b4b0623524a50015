import ExchangeSimulator
import ExchangeSimulatorServer
import Foundation
import TestSupport
import Testing
import TradingPrimitives

/// Makes archives as they are found, whole and broken, in a folder of its own.
final class ArchiveMaker {
    static let header = "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker"
    static let candleHeader = "open_time,open,high,low,close,volume,close_time"
    /// 2025-01-01.
    static let startMs: Int64 = 1_735_689_600_000

    let folder = FileManager.default.temporaryDirectory.appending(path: "vortex7-archives-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Rows of aggTrades, ten a second. `unit`: how many of its times' units are a millisecond.
    static func rows(
        _ count: Int = 600, startMs: Int64 = startMs, firstId: Int = 2_500_000_000, price: Double = 93_500,
        unit: Int64 = 1
    ) -> [String] {
        var random = SplitMix64(seed: 1)
        var tenths = Int((price * 10).rounded())
        return (0..<count).map { index in
            tenths += Int(random.next() % 3) - 1
            let trade = 5_000_000_000 + 2 * index
            let time = (startMs + Int64(index) * 100) * unit
            let quantity = "0.\(100 + random.next() % 900)"
            return "\(firstId + index),\(tenths / 10).\(tenths % 10),\(quantity),\(trade),\(trade + 1),\(time),"
                + (random.next() % 2 == 0 ? "true" : "false")
        }
    }

    static func text(_ rows: [String], header: String? = header, end: String = "\n") -> Data {
        Data(((header.map { [$0] } ?? []) + rows).map { $0 + end }.joined().utf8)
    }

    static func candles(_ count: Int, stepMs: Int64 = 60_000, price: Double = 93_500, unit: Int64 = 1) -> [String] {
        (0..<count).map { index in
            let open = startMs - Int64(count - index) * stepMs
            return "\(open * unit),\(price),\(price + 5),\(price - 5),\(price + 1),12.5,\((open + stepMs) * unit - 1)"
        }
    }

    /// A file in a folder of its own.
    func file(_ data: Data, _ name: String = "BTCUSDT-aggTrades-2025-01-01.csv") throws -> String {
        let own = folder.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
        try data.write(to: own.appending(path: name))
        return own.appending(path: name).path
    }

    func gzip(_ data: Data) throws -> Data {
        let path = try file(data)
        _ = try Subprocess.run("/bin/gzip", ["-f", path])
        return try Data(contentsOf: URL(filePath: path + ".gz"))
    }

    /// A zip archive with these files, in this order; a name that ends with `/` is a folder.
    func zip(_ files: [(name: String, data: Data)], method: String = "ZIP_DEFLATED") throws -> Data {
        let target = try file(Data(), "made.zip")
        var arguments = ["-c", Self.zipScript, target, method]
        for (name, data) in files { arguments += [name, try file(data, "member")] }
        let result = try Subprocess.run("/usr/bin/python3", arguments)
        #expect(result.exitCode == 0, "\(result.output)")
        return try Data(contentsOf: URL(filePath: target))
    }

    private static let zipScript = """
        import sys, zipfile
        with zipfile.ZipFile(sys.argv[1], "w", getattr(zipfile, sys.argv[2])) as archive:
            for name, path in zip(sys.argv[3::2], sys.argv[4::2]): archive.writestr(name, open(path, "rb").read())
        """

    static let now = Timestamp(milliseconds: startMs + 30 * 86_400_000)

    static func open(_ paths: String...) throws(RecordingError) -> RecordingSet {
        try RecordingSet(paths, only: [], now: now)
    }

    static func events(_ set: RecordingSet) -> [MarketEvent] {
        var source = set.source(set.symbols.map(Instrument.listed), isLooped: false)
        var events: [MarketEvent] = []
        while let event = source.next() {
            if case .trade = event.body { events.append(event) }
        }
        return events
    }

    /// Why a file is not played; nil when it is.
    static func refusal(_ paths: String...) -> String? {
        do throws(RecordingError) {
            _ = try RecordingSet(paths, only: [], now: now)
            return nil
        } catch {
            return error.description
        }
    }
}
