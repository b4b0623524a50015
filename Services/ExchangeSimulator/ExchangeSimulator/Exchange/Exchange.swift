public import TradingPrimitives

/// How a venue is set up.
public struct ExchangeConfiguration: Sendable {
    public var instruments: [Instrument]
    public var makerFee = Ratio(raw: 20_000)
    public var takerFee = Ratio(raw: 50_000)
    public var fundingRate = Ratio(raw: 10_000)
    public var fundingIntervalMs: Int64 = 8 * 3_600_000
    public var listenKeyLifeMs: Int64 = 3_600_000
    /// Of the chances that faults have.
    public var faultSeed: UInt64 = 1
    /// Whether each contract's books and candles come at a phase of its own, as at the venue; else all in the same moment.
    public var hasPhases = false
    /// Tells this venue from one that was started at another time: its accounts are others.
    public var venueNumber: UInt64 = 0

    public init(instruments: [Instrument]) { self.instruments = instruments }
}

/// The exchange: order books, matching, accounts, margin, funding, and what it publishes.
///
/// Pure: time comes with `advance(to:)` and with market events, requests come as values, and everything that the venue
/// tells is in `takeEvents()`. One instance plays a paper account, a backtest or a seeded simulation alike.
public struct Exchange: Sendable {
    /// Fee rates hold for accounts that are opened later.
    public var configuration: ExchangeConfiguration
    public internal(set) var now: Timestamp
    public internal(set) var books: [InstrumentBook]
    public internal(set) var accounts: [Account] = []

    /// All orders, ascending by id; final ones are forgotten when there are too many.
    public internal(set) var orders: ContiguousArray<Order> = []
    public internal(set) var algoOrders: ContiguousArray<AlgoOrder> = []
    /// Newest order of a client id, by account.
    var orderIdByClient: [[String: Int64]] = []
    var algoIdByClient: [[String: Int64]] = []
    var lastOrderId: Int64
    var lastAlgoId: Int64
    var lastIncomeId: Int64
    var events: [ExchangeEvent] = []
    /// What goes wrong on request.
    public var faults: FaultBook
    /// Instruments whose prices may have moved past a trigger.
    var triggersToCheck: [Int] = []
    /// Accounts and contracts whose change is still to be told.
    var touched: [(account: Int, instrument: Int)] = []
    /// Positions that were closed or turned round, with the side they had.
    var endedPositions: [(account: Int, instrument: Int, side: Side)] = []

    public init(_ configuration: ExchangeConfiguration, start: Timestamp) {
        self.configuration = configuration
        now = start
        lastOrderId = start.milliseconds * 100
        lastAlgoId = 1_000_000_000_000_000 + start.milliseconds
        lastIncomeId = start.milliseconds * 100
        faults = FaultBook(seed: configuration.faultSeed)
        books = configuration.instruments.enumerated().map { index, instrument in
            InstrumentBook(
                index, instrument, start: start, fundingRate: configuration.fundingRate,
                fundingIntervalMs: configuration.fundingIntervalMs)
        }
    }

    public var instruments: [Instrument] { configuration.instruments }

    public func instrument(named name: String) -> Int? {
        instruments.firstIndex { $0.symbol.name == name }
    }

    /// Says which market frames of a contract are made; all of them until somebody says so.
    public mutating func setInterest(_ interest: StreamInterest, of index: Int) { books[index].interest = interest }

    /// Opens an account with a deposit. Returns its index.
    /// With `bnb` it pays its fees in BNB as long as that lasts.
    public mutating func openAccount(_ name: String, deposit: Notional, bnb: Notional = .zero) -> Int {
        var account = Account(
            name: name, alias: alias(of: accounts.count), instruments: instruments.count,
            makerFee: configuration.makerFee, takerFee: configuration.takerFee, at: now)
        if deposit.raw != 0 {
            lastIncomeId += 1
            account.book(
                Income(id: lastIncomeId, type: .transfer, amount: deposit, instrument: nil, tradeId: nil, time: now))
        }
        (account.bnb, account.isBurning) = (bnb, bnb > .zero)
        accounts.append(account)
        orderIdByClient.append([:])
        algoIdByClient.append([:])
        return accounts.count - 1
    }

    /// `SgsR` where the venue has no number; else made from the number and the account's place.
    private func alias(of index: Int) -> String {
        guard configuration.venueNumber > 0 else { return "SgsR" }
        let mixed = (configuration.venueNumber &+ UInt64(index)) &* 0x9E37_79B9_7F4A_7C15
        return "P" + String(mixed ^ (mixed >> 32), radix: 36)
    }

    /// What was told since the last call, in order.
    public mutating func takeEvents() -> [ExchangeEvent] {
        let taken = events
        events = []
        return taken
    }

    mutating func tell(_ frame: MarketNews) {
        let told = faults.isEmpty ? frame : distorted(frame)
        events.append(ExchangeEvent(time: now, body: .market(told)))
    }

    mutating func tell(_ account: Int, _ frame: UserFrame) {
        events.append(ExchangeEvent(time: now, body: .user(account: account, frame)))
    }

    // MARK: Orders by id

    func index(ofOrder id: Int64) -> Int? { Self.search(orders.count, id) { orders[$0].id } }
    func index(ofAlgo id: Int64) -> Int? { Self.search(algoOrders.count, id) { algoOrders[$0].id } }

    private static func search(_ count: Int, _ id: Int64, _ idAt: (Int) -> Int64) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if idAt(middle) < id { low = middle + 1 } else { high = middle }
        }
        return low < count && idAt(low) == id ? low : nil
    }

    /// Forgets the older half of the final orders once there are very many.
    mutating func forgetOldOrders() {
        let limit = 400_000
        if orders.count > limit {
            let newest = orders[limit / 2].id
            orders.removeAll { $0.id < newest && !$0.status.isOpen }
            for account in orderIdByClient.indices {
                orderIdByClient[account] = orderIdByClient[account].filter { index(ofOrder: $0.value) != nil }
            }
        }
        if algoOrders.count > limit {
            let newest = algoOrders[limit / 2].id
            algoOrders.removeAll { $0.id < newest && !$0.status.isOpen }
            for account in algoIdByClient.indices {
                algoIdByClient[account] = algoIdByClient[account].filter { index(ofAlgo: $0.value) != nil }
            }
        }
    }
}
