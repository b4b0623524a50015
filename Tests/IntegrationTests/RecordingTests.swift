import Foundation
import SignalContracts
import StreamBus
import TestSupport
import Testing

/// Recordings played through the simulator, the hub and the engines: what arrives is what was sent, and every signal is
/// what a recomputation from the streams gives.
@Suite(.serialized, .enabled(if: SharedData.isPresent, "\(SharedData.skipMessage)"))
struct RecordingTests {
    /// `VORTEX7_PLAY_RATES=1,20` plays at those; by default only fast.
    static let rates = (ProcessInfo.processInfo.environment["VORTEX7_PLAY_RATES"] ?? "20").split(separator: ",")
        .compactMap { Double($0) }

    @Test(arguments: rates)
    func `every frame arrives once and in order, and every signal is right`(rate: Double) throws {
        let suite = try #require(PaperSuite(rate: rate))
        suite.start(["order-flow-engine", "tick-engine"])
        #expect(
            suite.wait {
                try suite.length("md.book:{ETHUSDT}") >= 0 && suite.log("tick-engine").contains("ready")
            })
        let data = ["BTCUSDT", "ETHUSDT"].flatMap {
            ["--data", SharedData.folder.appending(path: "book/\($0)-rawws-20240808T2354Z.txt.gz").path]
        }
        suite.startSimulator(data)
        suite.start(["data-hub"])
        let isOver = suite.wait {
            try suite.venue("/sim/v1/status")["ended"] as? Bool == true
        }
        try #require(isOver, "\(suite.log("exchange-simulator").suffix(500))")
        // The venue goes on showing its last book, so the counts are compared in one moment.
        let hasAll = suite.wait {
            try suite.symbols.allSatisfy { try arrived($0, suite) == sent($0, suite) }
        }
        #expect(hasAll, "what arrived is not what was sent")
        try expectEnd(of: "data-hub", suite)
        for symbol in suite.symbols { try check(symbol, suite) }
        #expect(try suite.length("dead:{BTCUSDT}") + suite.length("dead:{ETHUSDT}") + suite.length("dead") == 0)
        for service in ["order-flow-engine", "tick-engine"] { try expectEnd(of: service, suite) }
    }

    /// A service without an error in its log and of modest size ends when it is asked to.
    private func expectEnd(of service: String, _ suite: PaperSuite) throws {
        #expect(!suite.log(service).contains("\"level\":\"error\""), "\(service): \(suite.log(service).suffix(500))")
        let resident = try #require(suite.residentMB(service))
        #expect(resident <= 60, "\(service) holds \(resident) MB")
        #expect(suite.terminate(service) == 0, "\(service)")
    }

    private func sent(_ symbol: String, _ suite: PaperSuite) throws -> [Int?] {
        let frames = try suite.framesSent(), name = symbol.lowercased()
        return [frames["\(name)@aggTrade"], frames["\(name)@depth20@100ms"]]
    }

    private func arrived(_ symbol: String, _ suite: PaperSuite) throws -> [Int?] {
        [try suite.length("md.trade:{\(symbol)}"), try suite.length("md.book:{\(symbol)}")]
    }

    private func check(_ symbol: String, _ suite: PaperSuite) throws {
        let trades = try suite.entries("md.trade:{\(symbol)}"), books = try suite.entries("md.book:{\(symbol)}")
        #expect(trades.count > 5000 && books.count > 3000)
        let ids = try trades.map { try AggTrade($0.fields).tradeId }
        #expect(zip(ids, ids.dropFirst()).allSatisfy { $1 == $0 + 1 }, "\(symbol): trade ids follow each other")
        let updates = try books.map { try BookUpdate($0.fields).updateId }
        #expect(zip(updates, updates.dropFirst()).allSatisfy { $0 < $1 }, "\(symbol): books follow each other")
        // Both engines have seen all of it.
        #expect(suite.wait { try engineCount("E1", symbol, suite) == books.count })

        var capture = CaptureFile()
        let market = trades.map { (StreamKind.trade, $0) } + books.map { (StreamKind.book, $0) }
        for (kind, entry) in market.sorted(by: { $0.1.id < $1.1.id }) { capture.append(kind, entry.id, entry.fields) }
        for stream in ["md.candle", "md.forming"] {
            for entry in try suite.entries("\(stream):{\(symbol)}") { capture.append(.candle, entry.id, entry.fields) }
        }
        for entry in try suite.entries("signal:{\(symbol)}") { capture.append(.signal, entry.id, entry.fields) }
        for oracle in ["signal_oracle.py", "candle_oracle.py"] {
            let differences = try capture.differences(oracle: oracle)
            #expect(differences == nil, "\(symbol) \(oracle): \(differences?.prefix(2000) ?? "")")
        }
    }

    private func engineCount(_ engine: String, _ symbol: String, _ suite: PaperSuite) throws -> Int {
        try suite.entries("signal:{\(symbol)}").count { $0.fields["engine"] == engine }
    }
}
