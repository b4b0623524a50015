import ExchangeSimulator
import TradingPrimitives

/// An exchange with one or two contracts, a book that the test writes, and an account with 10 000 USDT.
struct World {
    var exchange: Exchange
    var time: Int64 = 1_700_000_000_000
    let account: Int

    /// What recordings of the tests can be of: up to 2030.
    static let recordedTimes = RecordedTimes(until: Timestamp(milliseconds: 1_893_456_000_000))

    init(_ names: [String] = ["BTCUSDT"], deposit: String = "10000", bnb: String = "0") {
        let instruments = names.compactMap { Symbol($0) }.map(Instrument.listed)
        exchange = Exchange(
            ExchangeConfiguration(instruments: instruments), start: Timestamp(milliseconds: 1_700_000_000_000))
        account = exchange.openAccount("one", deposit: Notional(deposit) ?? .zero, bnb: Notional(bnb) ?? .zero)
    }

    mutating func event(_ body: MarketEvent.Body, instrument: Int = 0, afterMs: Int64 = 1) {
        time += afterMs
        exchange.process(MarketEvent(time: Timestamp(milliseconds: time), instrument: instrument, body))
    }

    /// Levels as `price:quantity`, best first.
    mutating func book(_ bids: String, _ asks: String, instrument: Int = 0) {
        event(
            .bookSnapshot(bids: Self.levels(bids), asks: Self.levels(asks), isPassedThrough: false),
            instrument: instrument)
    }

    mutating func trade(_ price: String, _ quantity: String, _ aggressor: Side, instrument: Int = 0, afterMs: Int64 = 1)
    {
        event(
            .trade(price: Price(price) ?? .zero, quantity: Quantity(quantity) ?? .zero, aggressor: aggressor),
            instrument: instrument, afterMs: afterMs)
    }

    mutating func advance(_ milliseconds: Int64) {
        time += milliseconds
        exchange.advance(to: Timestamp(milliseconds: time))
    }

    static let bitcoin = [Symbol("BTCUSDT")].compactMap(\.self).map(Instrument.listed)
    static func price(_ text: String) -> Price { Price(text) ?? .zero }
    static func quantity(_ text: String) -> Quantity { Quantity(text) ?? .zero }

    static func levels(_ text: String) -> [DepthLevel] {
        text.split(separator: " ").map { level in
            let parts = level.split(separator: ":").map(String.init)
            return DepthLevel(price: Price(parts[0]) ?? .zero, quantity: Quantity(parts[1]) ?? .zero)
        }
    }

    mutating func limit(
        _ side: Side, _ quantity: String, _ price: String, _ timeInForce: OrderValidity = .goodTillCancel,
        reduceOnly: Bool = false, account: Int? = nil
    ) throws -> Order {
        var request = OrderRequest(
            instrument: 0, side: side, type: .limit, quantity: Quantity(quantity) ?? .zero, price: Price(price) ?? .zero
        )
        request.timeInForce = timeInForce
        request.isReduceOnly = reduceOnly
        return try exchange.place(request, account: account ?? self.account)
    }

    mutating func market(_ side: Side, _ quantity: String, reduceOnly: Bool = false, account: Int? = nil) throws
        -> Order
    {
        var request = OrderRequest(instrument: 0, side: side, type: .market, quantity: Quantity(quantity) ?? .zero)
        request.isReduceOnly = reduceOnly
        return try exchange.place(request, account: account ?? self.account)
    }

    mutating func stop(_ side: Side, _ trigger: String, _ change: (inout AlgoRequest) -> Void = { _ in }) throws
        -> AlgoOrder
    {
        var request = AlgoRequest(instrument: 0, side: side, type: .stopMarket, trigger: Price(trigger) ?? .zero)
        change(&request)
        return try exchange.placeAlgo(request, account: account)
    }

    func order(_ id: Int64) -> Order? { exchange.orders.first { $0.id == id } }
    func algo(_ id: Int64) -> AlgoOrder? { exchange.algoOrders.first { $0.id == id } }
    var position: AccountPosition { exchange.accounts[account].positions[0] }

    /// Names and states of what the account was told since the last call.
    mutating func told() -> [String] {
        exchange.takeEvents().compactMap { event in
            guard case .user(_, let frame) = event.body else { return nil }
            switch frame {
            case .order(let order, .new): return "order NEW \(order.status.rawValue)"
            case .order(let order, .trade): return "order TRADE \(order.status.rawValue)"
            case .order(let order, .calculated): return "order CALCULATED \(order.status.rawValue)"
            case .order(let order, .amended): return "order AMENDMENT \(order.status.rawValue)"
            case .order(let order, .canceled): return "order CANCELED \(order.status.rawValue)"
            case .order(let order, .expired): return "order EXPIRED \(order.status.rawValue) \(order.expiry.rawValue)"
            case .tradeLite: return "lite"
            case .algo(let algo): return "algo \(algo.status.rawValue)"
            case .account(let change): return "account \(change.reason.rawValue)"
            case .marginCall: return "margin call"
            case .leverage(_, let leverage): return "leverage \(leverage)"
            }
        }
    }

    /// A signed REST call as a client makes it, past the signature.
    mutating func call(_ method: String, _ path: String, _ query: String = "") -> (status: Int, text: String) {
        guard let endpoint = Endpoint.find(method, path) else { return (404, "") }
        let parameters = Parameters(query: Array(query.utf8), body: [])
        let answer = exchange.answer(endpoint, RestCall(parameters, account: account))
        return (answer.status, String(decoding: answer.body, as: UTF8.self))
    }
}

/// The code of a refusal that `body` meets; nil when it does not meet one.
func code(_ body: () throws -> Void) -> Int? {
    do {
        try body()
        return nil
    } catch { return (error as? Refusal)?.code }
}

extension World {
    /// One with a book and a trade, some time after it.
    static func traded(
        _ bids: String = "60000:2 59990:30", _ asks: String = "60000.1:5 60001:30", afterMs: Int64 = 1000
    ) -> World {
        var world = World()
        world.book(bids, asks)
        world.trade("60000", "0.01", .sell)
        world.advance(afterMs)
        return world
    }

    /// One that holds 0.1 bought at 60000.1, and has told of it.
    static func holding() throws -> World {
        var world = traded()
        _ = try world.market(.buy, "0.1")
        _ = world.told()
        return world
    }
}
