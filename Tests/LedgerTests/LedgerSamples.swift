import Foundation
import Ledger
import SignalContracts
import Testing
import TradingPrimitives

/// Rows of accounts, against a real PostgreSQL, each test in a schema of its own.
struct LedgerSamples {
    static let serverURL = ProcessInfo.processInfo.environment["VORTEX7_TEST_POSTGRES_URL"]

    let symbol: Symbol
    private let time = Timestamp(milliseconds: 1_723_161_256_605)

    init() throws { symbol = try #require(Symbol("BTCUSDT")) }

    /// With no table in it.
    func withSchema(_ body: (Database) throws -> Void) throws {
        let database = try Database(url: try #require(Self.serverURL))
        let schema = "test_" + UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
        try database.script("CREATE SCHEMA \(schema); SET search_path TO \(schema)")
        defer { try? database.script("DROP SCHEMA \(schema) CASCADE") }
        try body(database)
    }

    func withDatabase(_ body: (Database) throws -> Void) throws {
        try withSchema { database in
            try Schema.migrate(database)
            try body(database)
        }
    }

    func number<Number: FixedDecimal>(_ text: String) throws -> Number { try #require(Number(text)) }

    func id(_ counter: UInt64) -> TradeId {
        TradeId(symbol: symbol, cause: StreamId(milliseconds: 1_723_161_256_612, sequence: counter))
    }

    func decision(
        _ counter: UInt64, _ mode: TradingMode, _ account: String, _ profile: Profile = .phase1
    ) throws -> LedgerEntry {
        var flow = OrderFlowSignal(cause: .zero, eventTime: time)
        (flow.direction, flow.strength) = (.buyPressure, 0.8)
        var signals = SignalSnapshot()
        signals.update(.orderFlow(flow))
        var decision = Decision(
            id: id(counter), cause: .zero, eventTime: time, profile: profile.rawValue, action: .long,
            strategy: .momentum, confidence: 61.5, finalScore: 0.615, scoreMomentum: 0.615, scoreReversion: 0,
            enginesAgree: 2, failedGates: GateSet(), reason: "", signals: signals)
        (decision.mode, decision.account, decision.program) = (mode, account, "9.9.9")
        return .decision(symbol, decision)
    }

    func closed(
        _ counter: UInt64, net: String, _ mode: TradingMode, _ account: String
    ) throws -> LedgerEntry {
        var event = event(.positionClosed, mode, account, plan: counter)
        event.summary = TradeSummary(
            exitReason: .takeProfit2, size: try number("988.8032"), quantity: try number("0.016"),
            entryPrice: try number("61800.2"), exitPrice: try number("61890.4"), leverage: 5,
            initialStopPrice: try number("61739.8"), takeProfitPrice: try number("61898.4"), trailingStopPrice: nil,
            grossPnl: try number(net) + (try number("0.71")), fees: try number("0.71"), netPnl: try number(net),
            confidence: 61.5, makerFills: 2, takerFills: 1, entryTime: time, exitTime: time + 184_000)
        return .execution(symbol, StreamId(milliseconds: 1, sequence: counter), event)
    }

    func event(_ kind: ExecutionKind, _ mode: TradingMode, _ account: String, plan: UInt64) -> ExecutionEvent {
        var event = ExecutionEvent(
            plan: id(plan), cause: .zero, eventTime: time, kind: kind, state: .closed, direction: .long,
            strategy: .momentum)
        (event.mode, event.account, event.program) = (mode, account, "9.9.9")
        return event
    }

    func account(_ name: String, wallet: String) throws -> AccountUpdate {
        var update = AccountUpdate(
            eventTime: time + 3_600_000, walletBalance: try number(wallet), availableBalance: .zero,
            unrealizedPnl: .zero, openPositions: 0, unknownOrders: 0, acceptsEntries: true, isVenueReachable: true,
            usedWeight: 0, weightLimit: 0, roundTripMs: 0)
        (update.mode, update.account) = (.paper, name)
        return update
    }
}
