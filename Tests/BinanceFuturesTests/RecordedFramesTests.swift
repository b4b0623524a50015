import BinanceFutures
import Foundation
import RedisTestSupport
import SignalContracts
import Testing
import TradingPrimitives
import Venue
import WebClient

/// Frames of the real venue, where they are at hand.
struct RecordedFramesTests {
    private static let data = "../shared/data"
    private static let recording = data + "/book/cryptofeed_BINANCE_FUTURES.ws.1.0.txt.gz"
    private static let fixtures = data + "/fixtures/streams"
    static let hasData = FileManager.default.fileExists(atPath: recording)

    /// The lines of a recording, each `<time> <json>`.
    private func frames() throws -> [String] {
        let copy = "/tmp/vortex7-frames-\(UUID().uuidString)"
        defer { removeFile(copy) }
        let process = try #require(ChildProcess("gzip", ["-dc", Self.recording], output: copy))
        #expect(process.wait() == 0)
        let text = try String(contentsOfFile: copy, encoding: .utf8)
        return text.split(separator: "\n").compactMap { line in
            line.firstIndex(of: "{").map { String(line[$0...]) }
        }
    }

    @Test(.enabled(if: hasData, "needs ../shared/data"))
    func `every recorded frame is read, and trades as Foundation reads them`() throws {
        let frames = try frames()
        #expect(frames.count > 1000)
        var symbols: Set<String> = []
        for frame in frames {
            let object = try? JSONSerialization.jsonObject(with: Data(frame.utf8)) as? [String: Any]
            let event = object?["data"] as? [String: Any] ?? object
            if let name = event?["s"] as? String { symbols.insert(name) }
        }
        var scanner = MarketScanner(symbols.sorted().compactMap { Symbol($0) })
        var trades = 0
        var books = 0
        for frame in frames {
            switch try Array(frame.utf8).withUnsafeBytes({ bytes throws(FrameError) in try scanner.scan(bytes) }) {
            case .trade(_, let trade):
                trades += 1
                let object = try JSONSerialization.jsonObject(with: Data(frame.utf8)) as? [String: Any]
                let event = try #require(object?["data"] as? [String: Any] ?? object)
                #expect(trade.price == (event["p"] as? String).flatMap { Price($0) })
                #expect(trade.tradeId == (event["a"] as? NSNumber)?.int64Value)
            case .book: books += 1
            default: break
            }
        }
        #expect(trades > 0 && books > 0)
    }

    @Test(.enabled(if: hasData, "needs ../shared/data"))
    func `every fixture of the user stream is read`() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: Self.fixtures) where name.hasPrefix("user_") {
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(Self.fixtures)/\(name)")))
            let event = try bytes.withUnsafeBytes { bytes throws(FrameError) in try UserEvent.read(bytes) }
            #expect(event != nil || name.contains("trade_lite"), "\(name)")
        }
    }
}
