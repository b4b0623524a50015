import Foundation
import Ledger
import SignalContracts
import StreamBus
import TestSupport
import Testing

/// What a run left behind, audited by `chaos_audit.py`: the venue's ledger against streams and, where there is one, database.
struct RunAudit {
    let seed: UInt64
    /// What the run was and how it is repeated, for the one who reads that it failed.
    let title: String
    /// While the executor was up, milliseconds since 1970.
    var executorUp: [[Int64]] = []
    /// While nobody could have protected a position, and a moment to find that out and recover.
    var impaired: [[Int64]] = []
    /// After a start the executor gets this to look its orders up.
    let graceMs: Int64 = 5000
    /// Whether times are judged, which a machine that does other things too can spoil: in `make chaos` and `make test-long`.
    /// Otherwise they are printed, and judged is only what came before what.
    static let judgesTimes = ProcessInfo.processInfo.environment["VORTEX7_JUDGE_TIMES"] != nil

    /// Words of the last moment may be on their way still: what is wrong for good is wrong in the end.
    func check(_ suite: PaperSuite, _ database: TestDatabase? = nil) throws {
        var last = "it could not be audited"
        let file = FileManager.default.temporaryDirectory.appending(path: "vortex7-chaos-\(seed)-\(getpid()).json")
        let isSound = suite.wait {
            let result = try audit(suite, database, file)
            last = result.output
            return result.exitCode == 0
        }
        #expect(isSound, "\(title)\nthe run is in \(file.path)\n\(last)")
        print(last)
        if isSound { try? FileManager.default.removeItem(at: file) }
    }

    private func audit(_ suite: PaperSuite, _ database: TestDatabase?, _ file: URL) throws -> Subprocess.Result {
        var streams: [String: [[String: String]]] = [:]
        for symbol in suite.symbols {
            for kind in StreamKind.allCases where kind.isPerSymbol && kind != .candle {
                let key = "\(kind.rawValue):{\(symbol)}"
                streams[key] = try suite.entries(key).map(row)
            }
        }
        streams["alert"] = try suite.entries("alert").map(row)
        var run: [String: Any] = [
            "ledger": try suite.venue("/sim/v1/ledger"), "streams": streams, "naked_max_ms": 1500,
            "judges_times": Self.judgesTimes,
            "executor_up": executorUp.enumerated().map {
                $0.offset == 0 ? $0.element : [$0.element[0] + graceMs, $0.element[1]]
            }, "impaired": impaired,
        ]
        if let database { run["database"] = try tables(database) }
        try JSONSerialization.data(withJSONObject: run).write(to: file)
        let script = SharedData.packageRoot.appending(path: "Tests/Oracles/chaos_audit.py").path
        return try Subprocess.run("/usr/bin/env", ["python3", script, file.path])
    }

    private func tables(_ database: TestDatabase) throws -> [String: Any] {
        func rows(_ sql: String) throws -> [[String]] {
            try Database(url: database.url).run(sql).map { $0.map { $0 ?? "" } }
        }
        return [
            "trades": try rows("SELECT plan, pnl_net, pnl_gross, fee_total, symbol FROM trades"),
            "executions": try rows("SELECT symbol, entry_id FROM executions"),
            "decisions": try rows("SELECT id FROM decisions"), "plans": try rows("SELECT id FROM plans"),
        ]
    }

    /// An entry as names and values; its own field `id` is called `id_field`.
    private func row(_ entry: StreamEntry) -> [String: String] {
        var row: [String: String] = [:]
        for (name, value) in entry.fields.pairs { row[name == "id" ? "id_field" : name] = value }
        row["id"] = entry.id.description
        return row
    }
}
