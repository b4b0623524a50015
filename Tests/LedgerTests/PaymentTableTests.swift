import Foundation
import Ledger
import SignalContracts
import Testing
import TradingPrimitives

/// Payments as the tax office wants them.
@Suite(.enabled(if: LedgerSamples.serverURL != nil, "VORTEX7_TEST_POSTGRES_URL names no server: use Tests/run.sh"))
struct PaymentTableTests {
    private let samples: LedgerSamples
    private let midnight = Timestamp(milliseconds: 1_723_161_600_000)

    init() throws { samples = try LedgerSamples() }

    /// An entry in two pieces before midnight, one fee of it in BNB; funding and an exit after it.
    private func write(to database: Database) throws {
        var sequence: UInt64 = 0
        func add(_ kind: ExecutionKind, _ ms: Int64, _ fill: (inout ExecutionEvent) throws -> Void) throws {
            var event = samples.event(kind, .paper, "P1", plan: 1)
            event.eventTime = midnight + ms
            try fill(&event)
            sequence += 1
            try LedgerEntry.execution(samples.symbol, StreamId(milliseconds: 1, sequence: sequence), event).write(
                to: database)
        }
        try add(.entrySent, -3000) { _ in }
        try add(.entryFilled, -2000) { event in
            (event.price, event.quantity) = (try samples.number("61800.2"), try samples.number("0.01"))
            (event.fee, event.isMaker) = (try samples.number("0.12360040"), true)
            (event.realizedPnl, event.clientOrderId) = (.zero, "v7-x-e")
        }
        try add(.entryFilled, -1000) { event in
            (event.price, event.quantity) = (try samples.number("61800.2"), try samples.number("0.006"))
            (event.feeAsset, event.feeAmount) = ("BNB", try samples.number("0.00012"))
            (event.isMaker, event.realizedPnl) = (true, .zero)
        }
        try add(.fundingPaid, 0) { $0.realizedPnl = try samples.number("-0.0988") }
        try add(.exitFilled, 1000) { event in
            (event.price, event.quantity) = (try samples.number("61890.4"), try samples.number("0.016"))
            (event.fee, event.isMaker) = (try samples.number("0.4951232"), false)
            event.realizedPnl = try samples.number("1.4432")
        }
    }

    private func lines(_ table: PaymentTable, _ database: Database, from: String? = nil, to: String? = nil) throws
        -> [String]
    {
        var lines: [String] = []
        try table.forEachLine(from: from, to: to, in: database) { lines.append($0) }
        return lines
    }

    @Test func `each fill, fee and payment of funding is a line, oldest first`() throws {
        try samples.withDatabase { database in
            try write(to: database)
            let end = "paper,P1,\(samples.id(1))"
            #expect(
                PaymentTable.fills.head
                    == "time,symbol,side,part,price,quantity,value,maker,fee,fee_asset,realized_pnl,order,mode,account,trade"
            )
            #expect(
                try lines(.fills, database) == [
                    "2024-08-08T23:59:58.000Z,BTCUSDT,BUY,ENTRY,61800.2,0.01,618.002,yes,0.1236004,USDT,0,v7-x-e,\(end)",
                    "2024-08-08T23:59:59.000Z,BTCUSDT,BUY,ENTRY,61800.2,0.006,370.8012,yes,0.00012,BNB,0,,\(end)",
                    "2024-08-09T00:00:01.000Z,BTCUSDT,SELL,EXIT,61890.4,0.016,990.2464,no,0.4951232,USDT,1.4432,,\(end)",
                ])
            #expect(
                try lines(.fees, database) == [
                    "2024-08-08T23:59:58.000Z,BTCUSDT,USDT,0.1236004,\(end)",
                    "2024-08-08T23:59:59.000Z,BTCUSDT,BNB,0.00012,\(end)",
                    "2024-08-09T00:00:01.000Z,BTCUSDT,USDT,0.4951232,\(end)",
                ])
            #expect(
                try lines(.funding, database) == ["2024-08-09T00:00:00.000Z,BTCUSDT,USDT,-0.0988,\(end)"])
        }
    }

    @Test func `days are whole, in UTC, and both ends belong`() throws {
        try samples.withDatabase { database in
            try write(to: database)
            #expect(try lines(.fills, database, to: "2024-08-08").count == 2)
            #expect(try lines(.fills, database, from: "2024-08-09", to: "2024-08-09").count == 1)
            #expect(try lines(.funding, database, to: "2024-08-08").isEmpty)
            #expect(try lines(.fills, database, from: "2024-08-10").isEmpty)
        }
    }

    @Test func `a long table is read in pages, without a gap or a line twice`() throws {
        try samples.withDatabase { database in
            // Many of one millisecond: their order is the streams'.
            try database.script(
                """
                INSERT INTO executions SELECT 'BTCUSDT', '1-' || lpad(i::TEXT, 6, '0'), 'p',
                    '2024-08-08T00:00:00Z'::TIMESTAMPTZ + (i / 3000) * interval '1 ms', 'FUNDING_PAID', 'CLOSED',
                    jsonb_build_object('realized_pnl', i::TEXT) FROM generate_series(1, 12001) i
                """)
            let told = try lines(.funding, database)
            #expect(told.count == 12_001 && Set(told).count == told.count)
            #expect(told.first?.contains(",USDT,1,") == true && told.last?.contains(",USDT,12001,") == true)
        }
    }
}
