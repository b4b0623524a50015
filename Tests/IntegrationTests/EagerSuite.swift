import Foundation
import SignalContracts
import StreamBus
import TestSupport
import Testing

/// Nothing was traded; what stood in the way.
struct NoEntry: Error {
    let reasons: String
    let executor: String
}

/// Begin and end of a run of all services that trade often and briefly.
extension PaperSuite {
    static let traders = engines + ["data-hub", "executor"]

    /// Starts all services and waits for the first entry.
    func startTrading(seed: UInt64, also others: [String] = []) throws {
        startSimulator(["--seed", "\(seed)"])
        start(Self.traders + others)
        guard wait(until: { try entryCount() > 0 }) else {
            let reasons = try symbols.map { try control(["why-not", $0]).output }.joined(separator: "\n")
            throw NoEntry(reasons: reasons, executor: String(log("executor").suffix(800)))
        }
    }

    func entryCount() throws -> Int {
        try symbols.reduce(0) { sum, symbol in
            try sum + entries("execution:{\(symbol)}").count { $0.fields["event"] == "ENTRY_SENT" }
        }
    }

    /// Stops entries, closes everything, and lets all that is on its way arrive.
    func flatten() throws {
        try #require(wait { try control(["stop"]).exitCode == 0 }, "\(log("executor").suffix(1500))")
        #expect(wait { try control(["close-all"]).exitCode == 0 }, "\(log("executor").suffix(1500))")
        try settle()
    }

    /// Ends the market, and waits until everybody has done what it has set off.
    func settle() throws {
        _ = terminate("data-hub")
        let isQuiet = wait { try hasArrived() }
        let streams = try control(["streams"]).output
        #expect(isQuiet, "\(streams)")
    }

    static func nowMs() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}
