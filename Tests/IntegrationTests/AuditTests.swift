import Foundation
import TestSupport
import Testing

/// The audit of a run finds what it is there for: one honest trade, told in ways that are not true.
struct AuditTests {
    /// A long of 0.1 with a stop 300 ms after its entry, closed in profit: venue, streams and database of it.
    private static let honest = #"""
        {"naked_max_ms": 1500, "executor_up": [[0, 100000]], "impaired": [[50000, 60000]],
         "ledger": {"accounts": [{"positions": [],
          "totals": {"REALIZED_PNL": "10.00000000", "COMMISSION": "-0.60000000"},
          "orders": [
           {"orderId": 1, "clientOrderId": "v7-P-e1", "symbol": "BTCUSDT", "reduceOnly": false, "closePosition": false,
            "executedQty": "0.1", "status": "FILLED"},
           {"orderId": 2, "clientOrderId": "v7-P-x1", "symbol": "BTCUSDT", "reduceOnly": true, "closePosition": false,
            "executedQty": "0.1", "status": "FILLED"}],
          "algoOrders": [{"clientAlgoId": "v7-P-sl1", "symbol": "BTCUSDT", "algoStatus": "CANCELED",
            "createTime": 1300, "updateTime": 9100, "triggerTime": 0}],
          "fills": [
           {"id": 1, "orderId": 1, "symbol": "BTCUSDT", "side": "BUY", "qty": "0.1", "time": 1000},
           {"id": 2, "orderId": 2, "symbol": "BTCUSDT", "side": "SELL", "qty": "0.1", "time": 9000}]}]},
         "streams": {
          "decision:{BTCUSDT}": [{"id": "900-0", "id_field": "P", "action": "LONG"}],
          "plan:{BTCUSDT}": [{"id": "950-0", "id_field": "P", "verdict": "APPROVED", "quantity": "0.1"}],
          "execution:{BTCUSDT}": [
           {"id": "960-0", "event": "ENTRY_SENT", "plan": "P"},
           {"id": "9050-0", "event": "POSITION_CLOSED", "plan": "P", "pnl_net": "9.40000000"}]},
         "database": {"trades": [["P", "9.40000000", "10.0", "0.6", "BTCUSDT"]],
          "executions": [["BTCUSDT", "960-0"], ["BTCUSDT", "9050-0"]], "decisions": [["P"]], "plans": [["P"]]}}
        """#

    private func audit(_ text: String) throws -> Subprocess.Result {
        let file = FileManager.default.temporaryDirectory.appending(path: "vortex7-audit-\(UUID().uuidString).json")
        try text.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let script = SharedData.packageRoot.appending(path: "Tests/Oracles/chaos_audit.py").path
        return try Subprocess.run("/usr/bin/env", ["python3", script, file.path])
    }

    @Test func `an honest run passes`() throws {
        let result = try audit(Self.honest)
        #expect(result.exitCode == 0 && result.output.contains("longest without a stop 300 ms"), "\(result.output)")
    }

    @Test(arguments: [
        (
            #""clientOrderId": "v7-P-x1", "symbol": "BTCUSDT", "reduceOnly": true"#,
            #""clientOrderId": "v7-P-e2", "symbol": "BTCUSDT", "reduceOnly": false"#, "two entries were accepted"
        ),
        (#""clientOrderId": "v7-P-x1""#, #""clientOrderId": "v7-P-e1""#, "a client id was used twice"),
        (#""quantity": "0.1""#, #""quantity": "0.09""#, "filled 0.1 > 0.09"),
        (#""verdict": "APPROVED""#, #""verdict": "REJECTED""#, "an entry without an approved plan"),
        (#""createTime": 1300"#, #""createTime": 2600"#, "without a stop for 1600 ms"),
        (#""updateTime": 9100"#, #""updateTime": 14001"#, "rested for 5001 ms without a position"),
        (#""side": "SELL", "qty": "0.1""#, #""side": "SELL", "qty": "0.2""#, "an exit took 0.1 to -0.1"),
        (#""positions": []"#, #""positions": [{"positionAmt": "0.1"}]"#, "positions are left"),
        (#""algoStatus": "CANCELED""#, #""algoStatus": "NEW""#, "orders are left"),
        (#""REALIZED_PNL": "10.00000000""#, #""REALIZED_PNL": "10.00000001""#, "the venue's ledger to 9.40000001"),
        (
            #""trades": [["P", "9.40000000", "10.0", "0.6", "BTCUSDT"]]"#, #""trades": []"#,
            "trades of streams and database"
        ),
        (#"[["P", "9.40000000""#, #"[["P", "9.40000000"], ["P", "9.40000000""#, "a trade is twice"),
        (#"[["P", "9.40000000""#, #"[["P", "9.39999999""#, "net 9.39999999 in the database"),
        (#"[["BTCUSDT", "960-0"], "#, "[", "1 executions in the database, 2 in the streams"),
        (#""decisions": [["P"]]"#, #""decisions": []"#, "decisions: 0 in the database, 1 in the streams"),
        (#""event": "ENTRY_SENT", "plan": "P""#, #""event": "ENTRY_SENT", "plan": "Q""#, "plans without an answer"),
        (#""id": "950-0", "id_field": "P""#, #""id": "950-0", "id_field": "Q""#, "decisions to trade and plans differ"),
        (#""clientAlgoId": "v7-P-sl1""#, #""clientAlgoId": "mine""#, "closed a position that never had a stop"),
    ])
    func `each lie is found`(truth: String, lie: String, words: String) throws {
        let told = Self.honest.replacingOccurrences(of: truth, with: lie)
        #expect(told != Self.honest)
        let result = try audit(told)
        #expect(result.exitCode == 1 && result.output.contains(words), "\(result.output)")
    }

    @Test(arguments: [
        (#""createTime": 1300"#, #""createTime": 2600"#, 0), (#""updateTime": 9100"#, #""updateTime": 14001"#, 0),
        (#""createTime": 1300"#, #""createTime": 9001"#, 1),
    ])
    func `where times are not judged, what came before what still is`(
        truth: String, lie: String, exitCode: Int32
    ) throws {
        let told = Self.honest.replacingOccurrences(of: truth, with: lie)
            .replacingOccurrences(of: #""naked_max_ms""#, with: #""judges_times": false, "naked_max_ms""#)
        #expect(try audit(told).exitCode == exitCode)
    }

    @Test func `a position is not judged while nobody could protect it`() throws {
        let late = Self.honest.replacingOccurrences(of: #""createTime": 1300"#, with: #""createTime": 5000"#)
        #expect(try audit(late).exitCode == 1)
        #expect(try audit(late.replacingOccurrences(of: "[50000, 60000]", with: "[1200, 4800]")).exitCode == 0)
        #expect(
            try audit(late.replacingOccurrences(of: "[0, 100000]", with: "[0, 1100], [4900, 100000]")).exitCode == 0)
    }
}
