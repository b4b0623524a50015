import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

/// An executor and everything it said, driven one event at a time.
struct Conversation {
    let symbol: Symbol
    var executor: Executor
    var now = Timestamp(milliseconds: 1_700_000_000_000)
    var open: [(id: RequestId, request: VenueRequest)] = []
    var events: [ExecutionEvent] = []
    var messages: [ExecutorMessage] = []
    var journal: [ExecutorRecord] = []
    /// What people were last shown of the position; nil for nothing.
    var shown: Fields?
    /// What the venue tells of the wallet.
    var wallet = "5000"
    private var tradeId: Int64 = 100

    init(_ configuration: ExecutorConfiguration = ExecutorConfiguration(), also other: Symbol? = nil) throws {
        symbol = try #require(Symbol("BTCUSDT"))
        executor = Executor(symbols: [symbol] + (other.map { [$0] } ?? []), configuration)
    }

    /// A conversation whose executor has looked at an empty venue, set the leverage and may trade.
    static func ready(
        _ configuration: ExecutorConfiguration = ExecutorConfiguration(), also other: Symbol? = nil
    ) throws -> Conversation {
        var talk = try Conversation(configuration, also: other)
        try talk.start()
        return talk
    }

    /// The process after this one's crash, which has read `records` of its journal from the disk, all where they are nil.
    func restarted(afterMs: Int64 = 0, remembering records: [ExecutorRecord]? = nil) throws -> Conversation {
        var next = try Conversation()
        next.now = now + afterMs
        for record in records ?? journal { next.executor.remember(try ExecutorRecord(bytes: record.bytes[...])) }
        next.executor.recovered(at: next.now)
        return next
    }

    mutating func start() throws {
        hear(.rules(try rules()))
        hear(.userStream(isUp: true))
        try book("100.0", "100.1")
        tick()
        try answerLook(positions: [])
        hear(.user(.leverageChanged(symbol, 5)))
    }

    mutating func hear(_ event: ExecutorEvent) {
        for effect in executor.handle(event, at: now) {
            switch effect {
            case .journal(let record): journal.append(record)
            case .request(let id, let request): open.append((id, request))
            case .publish(let message):
                messages.append(message)
                if case .execution(_, let event) = message { events.append(event) }
            case .project(_, let fields): shown = fields
            }
        }
    }

    mutating func tick(afterMs: Int64 = 100) {
        now = now + afterMs
        hear(.timer)
    }

    /// Lets time pass in ticks of 100 ms, with a fresh book.
    mutating func pass(ms: Int64) throws {
        for _ in 0..<(ms / 100) {
            tick()
            try book("100.0", "100.1")
        }
    }

    /// With a mark price that agrees.
    mutating func book(_ bid: String, _ ask: String, of other: Symbol? = nil) throws {
        hear(.mark(other ?? symbol, try number(bid), at: now))
        hear(.book(other ?? symbol, bid: try number(bid), ask: try number(ask), at: now))
    }

    /// Takes the oldest open request that `match` wants.
    mutating func take(_ match: (VenueRequest) -> Bool) throws -> (id: RequestId, request: VenueRequest) {
        let place = try #require(open.firstIndex { match($0.request) }, "open: \(open.map(\.request))")
        return open.remove(at: place)
    }

    mutating func answerLook(positions: [PositionReport]) throws {
        while let place = open.firstIndex(where: { !$0.request.isMutation || $0.request == .setIsolatedMargin(symbol) })
        {
            let (id, request) = open.remove(at: place)
            switch request {
            case .queryOpenOrders: hear(.reply(id, .openOrders([])))
            case .queryOpenStops: hear(.reply(id, .openStops([])))
            case .queryPositions: hear(.reply(id, .positions(positions)))
            case .queryAccount: hear(.reply(id, .account(try account())))
            case .queryFills: hear(.reply(id, .fills([])))
            default: hear(.reply(id, .done))
            }
        }
    }

    // MARK: The venue's words

    mutating func takeOrder() throws -> (id: RequestId, order: NewOrder) {
        let (id, request) = try take { if case .placeOrder = $0 { true } else { false } }
        guard case .placeOrder(let order) = request else { throw Unexpected() }
        return (id, order)
    }

    mutating func takeStop() throws -> (id: RequestId, stop: NewStop) {
        let (id, request) = try take { if case .placeStop = $0 { true } else { false } }
        guard case .placeStop(let stop) = request else { throw Unexpected() }
        return (id, stop)
    }

    var orderCount: Int { open.count { if case .placeOrder = $0.request { true } else { false } } }
    var stopCount: Int { open.count { if case .placeStop = $0.request { true } else { false } } }

    func report(_ order: NewOrder, _ status: OrderStatus, executed: String = "0") throws -> OrderReport {
        var price = Price.zero
        if case .limit(let limit, _) = order.kind { price = limit }
        return OrderReport(
            symbol: symbol, clientOrderId: order.clientOrderId, orderId: Int64(order.clientOrderId.utf8.count) * 1000,
            side: order.side, status: status, price: price, quantity: order.quantity,
            executedQuantity: try number(executed), isReduceOnly: order.isReduceOnly, updateTime: now)
    }

    func report(_ stop: NewStop, _ status: StopStatus) -> StopReport {
        StopReport(
            symbol: symbol, clientOrderId: stop.clientOrderId, algoId: 77, side: stop.side, status: status,
            triggerPrice: stop.triggerPrice, quantity: stop.quantity, orderId: nil, reason: nil, updateTime: now)
    }

    /// An execution of `quantity` at `price`, on the user stream.
    mutating func fill(
        _ clientOrderId: String, _ side: Side, _ quantity: String, at price: String, maker: Bool = true,
        pnl: String = "0",
        fee: String = "0.02", feeAsset: String = "USDT"
    ) throws {
        tradeId += 1
        let fill = Fill(
            symbol: symbol, tradeId: tradeId, orderId: 0, clientOrderId: clientOrderId, side: side,
            price: try number(price), quantity: try number(quantity), fee: try number(fee), feeAsset: feeAsset,
            isMaker: maker, realizedPnl: try number(pnl), time: now)
        let report = OrderReport(
            symbol: symbol, clientOrderId: clientOrderId, orderId: 0, side: side, status: .partiallyFilled,
            price: try number(price), quantity: try number(quantity), executedQuantity: .zero, isReduceOnly: false,
            updateTime: now)
        hear(.user(.order(report, fill: fill)))
    }

    /// From a plan to a filled, protected position with its target resting. Returns the stop and the target.
    mutating func enter(_ plan: TradePlan) throws -> (stop: NewStop, target: NewOrder) {
        hear(.plan(symbol, plan))
        let (entryId, entry) = try takeOrder()
        hear(.reply(entryId, .order(try report(entry, .new))))
        try fill(entry.clientOrderId, entry.side, "10", at: "100.0")
        let (stopId, stop) = try takeStop()
        hear(.reply(stopId, .stop(report(stop, .new))))
        let (targetId, target) = try takeOrder()
        hear(.reply(targetId, .order(try report(target, .new))))
        return (stop, target)
    }

    /// The last account update.
    var accountTold: AccountUpdate? {
        for case .account(let update) in messages.reversed() { return update }
        return nil
    }

    /// Orders of which it was said that their outcome is unknown, and not yet that it is known.
    var doubts: [String] {
        var open: [String] = []
        for event in events {
            guard let id = event.clientOrderId else { continue }
            if event.kind == .orderUnknown { open.append(id) }
            if event.kind == .orderResolved, let place = open.firstIndex(of: id) { open.remove(at: place) }
        }
        return open
    }

    /// Names of the alerts so far.
    var alerts: Set<String> {
        Set(messages.compactMap { if case .alert(let alert) = $0 { alert.event } else { nil } })
    }

    // MARK: Facts

    /// The venue's word of a long position.
    func held(_ quantity: String, liquidation: String = "0") throws -> PositionReport {
        PositionReport(
            symbol: symbol, quantity: try number(quantity), entryPrice: try number("100"), markPrice: try number("100"),
            liquidationPrice: try number(liquidation), unrealizedPnl: .zero)
    }

    func rules(of other: Symbol? = nil, maxMarket: String = "1000") throws -> InstrumentRules {
        InstrumentRules(
            symbol: other ?? symbol, tickSize: try number("0.1"), stepSize: try number("0.001"),
            minQuantity: try number("0.001"),
            maxQuantity: try number("1000"), maxMarketQuantity: try number(maxMarket), minNotional: try number("5"))
    }

    func account() throws -> AccountReport {
        AccountReport(walletBalance: try number(wallet), availableBalance: try number(wallet), unrealizedPnl: .zero)
    }

    func plan(_ direction: Direction = .long, number counter: UInt64 = 1) throws -> TradePlan {
        let cause = StreamId(milliseconds: UInt64(now.milliseconds), sequence: counter)
        let terms = TradeTerms(
            entryPrice: try number("100"), quantity: try number("10"), notional: try number("1000"), leverage: 5,
            margin: try number("200"), stopDistance: try number("0.2"), takeProfitDistance: try number("0.4"),
            trailDistance: try number("0.3"), takeProfitFraction: try number("0.6"), entryOffsetTicks: 1,
            entryTimeoutMs: 5000, maxHoldMs: 300_000, riskRatio: 0.01, riskBound: "risk_per_trade",
            grossRewardToRisk: 2,
            effectiveRewardToRisk: 1, breakevenWinRate: 0.5, makerFeeRate: try number("0.0002"),
            takerFeeRate: try number("0.0005"))
        return TradePlan(
            id: TradeId(symbol: symbol, cause: cause), cause: cause, eventTime: now, direction: direction,
            strategy: .momentum, confidence: 70, verdict: .approved(terms))
    }

    func number<Number: FixedDecimal>(_ text: String) throws -> Number { try #require(Number(text)) }

    struct Unexpected: Error {}
}

extension ExecutorMessage {
    func isAlert(_ event: String, _ severity: Severity) -> Bool {
        if case .alert(let alert) = self { alert.event == event && alert.severity == severity } else { false }
    }
}
