import Execution
import Foundation
import SignalContracts
import TestSupport
import TradingPrimitives

// What comes off the streams and out of the journal.
extension FuzzTarget {
    private static let messages: [any StreamMessage.Type] = [
        AggTrade.self, BookUpdate.self, CandleUpdate.self, MarketMetric.self, EngineSignal.self,
        LiquidationHeatmap.self, Decision.self, TradePlan.self, ExecutionEvent.self, AccountUpdate.self, RiskState.self,
        EngineWeights.self, Alert.self,
        Command.self, Reply.self, DeadLetter.self,
    ]

    /// An entry as text, a line a field: `name value`. What can be read must be read the same once it is written again.
    static let streamEntries = FuzzTarget(
        name: "stream-entries", seeds: { try goldenFiles() },
        read: { input in
            let fields = fields(input)
            for type in messages { keep(type, fields) }
            for kind in StreamKind.allCases where !kind.isPerSymbol || kind == .plan || kind == .book {
                let symbol = kind.isPerSymbol ? Symbol("BTCUSDT") : nil
                _ = try? ExecutorInput(stream: StreamName(kind, symbol), id: .zero, fields: fields)
            }
            _ = StreamName(text: input)
            _ = StreamId(text: input)
        })

    static let journalRecords = FuzzTarget(
        name: "journal-records",
        seeds: {
            try goldenFiles().map { file in
                let entry = file.withUnsafeBytes { fields($0) }
                var message = Fields()
                for (name, value) in [("record", "message"), ("stream", "alert")] { message.append(name, value) }
                for (name, value) in entry.pairs { message.append("m.\(name)", value) }
                return message.record
            } + [
                try aPosition(), Array(Fields.of(["record": "plan", "plan": "BTCUSDT-1"]).record),
                Array(Fields.of(["record": "entries_stopped", "stopped": "1"]).record),
            ]
        },
        read: { input in
            let bytes = Array(input)
            guard let record = try? ExecutorRecord(bytes: bytes[...]) else { return }
            precondition(
                (try? ExecutorRecord(bytes: record.bytes[...])) == record, "a record changed when it was written")
            var executor = Executor(symbols: ["BTCUSDT", "ETHUSDT"].compactMap { Symbol($0) })
            executor.remember(record)
        })

    /// A position in the journal, with an order, a stop and a fill.
    private static func aPosition() throws -> [UInt8] {
        let file = SharedData.packageRoot.appending(path: "Tests/SignalContractsTests/Golden/TradePlan-approved.v1.txt")
        let plan = Array(try Data(contentsOf: file)).withUnsafeBytes { fields($0) }
        let sum: KeyValuePairs = [
            "quantity": "0.1", "value": "6000", "fees": "1.2", "pnl": "0", "maker": "1", "taker": "0", "first": "5",
        ]
        var position = Fields.of([
            "record": "position", "position_v": "1", "symbol": "BTCUSDT", "state": "TRAILING", "reached_target": "1",
            "extreme": "60100", "stop_moved_at": "7", "opened_at": "1", "abandoned": "0", "trade_ids": "11,12",
            "orders": "entry v7-1-e 60000 0.1 done 5 0.1 0.1 2 0;target v7-1-tp1 60100 0.05 open 0 0 0 3 1",
            "stops": "v7-1-sl1 59900 unknown 0 4 0",
        ])
        for (name, value) in plan.pairs { position.append("plan.\(name)", value) }
        for (name, value) in sum {
            position.append("in.\(name)", value)
            position.append("out.\(name)", value)
        }
        return position.record
    }

    private static func keep<Message: StreamMessage>(_: Message.Type, _ fields: Fields) {
        guard let message = try? Message(fields) else { return }
        let again: Message
        do { again = try Message(message.fields) } catch { fatalError("\(Message.self) once written: \(error)") }
        guard again == message else { fatalError("\(message) was written as \(again)") }
    }

    private static func fields(_ text: UnsafeRawBufferPointer) -> Fields {
        var fields = Fields()
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let end = line.firstIndex(of: UInt8(ascii: " ")) ?? line.endIndex
            fields.append(
                name: UnsafeRawBufferPointer(rebasing: line[..<end]),
                value: UnsafeRawBufferPointer(rebasing: line[end...].dropFirst()))
        }
        return fields
    }

    private static func goldenFiles() throws -> [[UInt8]] {
        let folder = SharedData.packageRoot.appending(path: "Tests/SignalContractsTests/Golden")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            Array(try Data(contentsOf: folder.appending(path: $0)))
        }
    }
}

extension Fields {
    fileprivate static func of(_ pairs: KeyValuePairs<String, String>) -> Fields {
        var fields = Fields()
        for (name, value) in pairs { fields.append(name, value) }
        return fields
    }

    fileprivate mutating func append(_ name: String, _ value: String) {
        Array(name.utf8).withUnsafeBytes { name in
            Array(value.utf8).withUnsafeBytes { append(name: name, value: $0) }
        }
    }
}
