import Execution
import SignalContracts
import TradingPrimitives
import Venue

/// The executor's journal records as bytes: those between reading a plan and sending its order, and all of a trade.
/// A position's record holds five floating-point numbers, which become strings on their way when they are long.
/// Returns whether they are within their budgets.
func measureRecords(_ symbol: Symbol) -> Bool {
    var trade = RecordStory(symbol)
    let taken = trade.takePlan()
    let rest = trade.fill()
    let isPlanCheap = measure("journal, a plan taken", taken, budget: 2)
    return measure("journal, a trade's records", taken + rest, budget: 3) && isPlanCheap
}

private func measure(_ name: String, _ records: [ExecutorRecord], budget: Double) -> Bool {
    let rounds = 2000
    var fields = Fields(), bytes: [UInt8] = []
    var count = 0
    func run() -> Cost {
        count = 0
        return Cost.of {
            for _ in 0..<rounds {
                for record in records {
                    bytes.removeAll(keepingCapacity: true)
                    record.write(into: &bytes, using: &fields)
                    count += bytes.count
                }
            }
        }
    }
    _ = run()
    let costs = (0..<5).map { _ in run() }
    let each = Double(rounds * records.count)
    let us = (costs.map(\.us).min() ?? 0) / each
    let allocations = Double(costs.map(\.allocations).min() ?? 0) / each
    print(
        "\(name): \(rounded(us, 2)) µs and \(rounded(allocations, 2)) allocations a record, "
            + "\(records.count) records of \(count / Int(each)) bytes")
    guard allocations > budget else { return true }
    print("\(name): more than its \(budget) allocations a record")
    return false
}

/// An executor that takes a plan and is filled; what it journals.
private struct RecordStory {
    private let symbol: Symbol
    private var executor: Executor
    private var time = Timestamp(milliseconds: 1_700_000_000_000)
    private var open: [(id: RequestId, request: VenueRequest)] = []
    private var records: [ExecutorRecord] = []

    init(_ symbol: Symbol) {
        self.symbol = symbol
        executor = Executor(symbols: [symbol])
        hear(
            .rules(
                InstrumentRules(
                    symbol: symbol, tickSize: Price(raw: 10_000_000), stepSize: Quantity(raw: 100_000),
                    minQuantity: Quantity(raw: 100_000), maxQuantity: Quantity(raw: 100_000_000_000),
                    maxMarketQuantity: Quantity(raw: 12_000_000_000), minNotional: Notional(raw: 500_000_000))))
        hear(.userStream(isUp: true))
        showBook()
        time = time + 100
        hear(.timer)
        lookAtNothing()
        hear(.user(.leverageChanged(symbol, 5)))
    }

    private mutating func hear(_ event: ExecutorEvent) {
        for effect in executor.handle(event, at: time) {
            switch effect {
            case .journal(let record): records.append(record)
            case .request(let id, let request): open.append((id, request))
            case .publish, .project: break
            }
        }
    }

    private mutating func showBook() {
        hear(.book(symbol, bid: Price(raw: 6_180_010_000_000), ask: Price(raw: 6_180_020_000_000), at: time))
    }

    private mutating func lookAtNothing() {
        while let place = open.firstIndex(where: { !$0.request.isMutation }) {
            let (id, request) = open.remove(at: place)
            switch request {
            case .queryOpenOrders: hear(.reply(id, .openOrders([])))
            case .queryOpenStops: hear(.reply(id, .openStops([])))
            case .queryPositions: hear(.reply(id, .positions([])))
            case .queryAccount:
                let balance = Notional(raw: 500_000_000_000)
                hear(
                    .reply(
                        id,
                        .account(
                            AccountReport(walletBalance: balance, availableBalance: balance, unrealizedPnl: .zero))))
            case .queryFills: hear(.reply(id, .fills([])))
            default: hear(.reply(id, .done))
            }
        }
    }

    mutating func takePlan() -> [ExecutorRecord] {
        records.removeAll()
        let cause = StreamId(milliseconds: UInt64(time.milliseconds), sequence: 4_230_001)
        let terms = TradeTerms(
            entryPrice: Price(raw: 6_180_010_000_000), quantity: Quantity(raw: 32_300_000),
            notional: Notional(raw: 1_996_143_230_000), leverage: 5, margin: Notional(raw: 399_228_646_000),
            stopDistance: Price(raw: 6_180_000_000), takeProfitDistance: Price(raw: 12_360_000_000),
            trailDistance: Price(raw: 3_860_000_000), takeProfitFraction: Ratio(raw: 60_000_000), entryOffsetTicks: 1,
            entryTimeoutMs: 5000, maxHoldMs: 300_000, riskRatio: 0.01, riskBound: "confidence",
            grossRewardToRisk: 1.6249999999999998, effectiveRewardToRisk: 0.9428571428571428,
            breakevenWinRate: 0.5147058823529412, makerFeeRate: Ratio(raw: 20_000), takerFeeRate: Ratio(raw: 50_000))
        hear(
            .plan(
                symbol,
                TradePlan(
                    id: TradeId(symbol: symbol, cause: cause), cause: cause, eventTime: time, direction: .long,
                    strategy: .momentum, confidence: 72.45000000000002, verdict: .approved(terms))))
        return records
    }

    /// The entry is accepted and filled; the stop and the target are placed.
    mutating func fill() -> [ExecutorRecord] {
        records.removeAll()
        while let (id, request) = open.first {
            open.removeFirst()
            time = time + 20
            switch request {
            case .placeOrder(let order):
                hear(.reply(id, .order(report(order))))
                if !order.isReduceOnly { hear(.user(.order(report(order), fill: filled(order)))) }
            case .placeStop(let stop):
                hear(
                    .reply(
                        id,
                        .stop(
                            StopReport(
                                symbol: symbol, clientOrderId: stop.clientOrderId, algoId: 77, side: stop.side,
                                status: .new, triggerPrice: stop.triggerPrice, orderId: nil, reason: nil,
                                updateTime: time))))
            default: hear(.reply(id, .done))
            }
        }
        return records
    }

    private func report(_ order: NewOrder) -> OrderReport {
        OrderReport(
            symbol: symbol, clientOrderId: order.clientOrderId, orderId: 8_389_765_123, side: order.side, status: .new,
            price: Price(raw: 6_180_010_000_000), quantity: order.quantity, executedQuantity: .zero,
            isReduceOnly: order.isReduceOnly, updateTime: time)
    }

    private func filled(_ order: NewOrder) -> Fill {
        Fill(
            symbol: symbol, tradeId: 5_231_765_432, orderId: 8_389_765_123, clientOrderId: order.clientOrderId,
            side: order.side, price: Price(raw: 6_180_010_000_000), quantity: order.quantity,
            fee: Notional(raw: 39_922_864), feeAsset: "USDT", isMaker: true, realizedPnl: .zero, time: time)
    }
}
