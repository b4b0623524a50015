import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

/// An executor of three hundred contracts: what it asks of the venue.
struct ManyContractsTests {
    private struct Talk {
        var executor: Executor
        var now = Timestamp(milliseconds: 1_700_000_000_000)
        /// Everything that was asked, and when.
        var asked: [(at: Timestamp, request: VenueRequest)] = []
        /// What rests at the venue.
        var orders: [OrderReport] = []
        let symbols: [Symbol]

        init() throws {
            symbols = try (0..<300).map { try #require(Symbol("C\($0)USDT")) }
            executor = Executor(symbols: symbols)
        }

        mutating func hear(_ event: ExecutorEvent) {
            for effect in executor.handle(event, at: now) {
                guard case .request(let id, let request) = effect else { continue }
                asked.append((now, request))
                if let reply = reply(to: request) { hear(.reply(id, reply)) }
            }
        }

        private mutating func reply(to request: VenueRequest) -> VenueReply? {
            switch request {
            case .queryOpenOrders(let symbol): .openOrders(orders.filter { symbol ?? $0.symbol == $0.symbol })
            case .queryOpenStops: .openStops([])
            case .queryPositions: .positions([])
            case .queryAccount: .account(account)
            case .queryCommission(let symbol):
                .commission(CommissionReport(symbol: symbol, makerFeeRate: Ratio(raw: 1), takerFeeRate: Ratio(raw: 1)))
            case .queryBrackets: .brackets([])
            case .cancelOrder(_, let id):
                removed(id) ? .done : .unknown("no such order")
            default: .done
            }
        }

        private var account: AccountReport {
            let balance = Notional(raw: 5000 * fixedScale)
            return AccountReport(walletBalance: balance, availableBalance: balance, unrealizedPnl: .zero)
        }

        private mutating func removed(_ id: String) -> Bool {
            let count = orders.count
            orders.removeAll { $0.clientOrderId == id }
            return orders.count < count
        }

        mutating func pass(seconds: Int64) {
            for _ in 0..<(seconds * 5) {
                now = now + 200
                hear(.timer)
            }
        }

        func requests(since time: Timestamp) -> [VenueRequest] { asked.filter { $0.at > time }.map(\.request) }

        func order(_ id: String, of symbol: Symbol) throws -> OrderReport {
            OrderReport(
                symbol: symbol, clientOrderId: id, orderId: 7, side: .buy, status: .new,
                price: try #require(Price("100")), quantity: try #require(Quantity("1")), executedQuantity: .zero,
                isReduceOnly: false, updateTime: now)
        }
    }

    /// As the venue weighs it.
    private func weight(_ request: VenueRequest) -> Int {
        switch request {
        case .queryOpenOrders(nil), .queryOpenStops(nil): 40
        case .queryPositions, .queryAccount, .queryFills: 5
        case .queryCommission: 20
        default: 1
        }
    }

    @Test func `it weighs at most six hundred a minute`() throws {
        var talk = try Talk()
        talk.hear(.userStream(isUp: true))
        for minute in 0..<4 {
            let began = talk.now
            talk.pass(seconds: 60)
            let requests = talk.requests(since: began)
            let sum = requests.map(weight).reduce(0, +)
            #expect(sum <= 600, "minute \(minute): \(sum)")
            #expect(requests.count { $0 == .queryPositions } >= 11)
        }
        #expect(talk.executor.isReconciled)
        #expect(!talk.asked.contains { if case .setIsolatedMargin = $0.request { true } else { false } })
    }

    @Test func `an order that belongs to nothing is found in a contract where nothing is held`() throws {
        var talk = try Talk()
        talk.hear(.userStream(isUp: true))
        talk.pass(seconds: 30)
        talk.orders = [try talk.order("v7-lost-e", of: talk.symbols[123])]
        talk.pass(seconds: 25)
        #expect(talk.orders.isEmpty)
    }

    @Test func `what the user stream tells of a contract has that one looked at within a second`() throws {
        var talk = try Talk()
        talk.hear(.userStream(isUp: true))
        talk.pass(seconds: 32)
        let lost = try talk.order("v7-lost-e", of: talk.symbols[7]), began = talk.now
        talk.orders = [lost]
        talk.hear(.user(.order(lost, fill: nil)))
        talk.pass(seconds: 1)
        #expect(talk.requests(since: began).contains(.queryOpenOrders(talk.symbols[7])))
        #expect(talk.orders.isEmpty)
    }

    @Test func `a user stream that comes and goes makes no flood of questions`() throws {
        var talk = try Talk()
        talk.hear(.userStream(isUp: true))
        talk.pass(seconds: 60)
        let began = talk.now
        for _ in 0..<30 {
            talk.hear(.userStream(isUp: false))
            talk.hear(.userStream(isUp: true))
            talk.pass(seconds: 1)
        }
        #expect(talk.requests(since: began).count { $0 == .queryOpenOrders(nil) } <= 7)
    }

    @Test func `the first entry of a contract waits until its margin is kept apart`() throws {
        var configuration = ExecutorConfiguration()
        configuration.wideLookFrom = 0
        var talk = try Conversation.ready(configuration)
        talk.hear(.plan(talk.symbol, try talk.plan()))
        let wanted = VenueRequest.setIsolatedMargin(talk.symbol)
        let margin = try talk.take { $0 == wanted }
        #expect(talk.orderCount == 0)
        talk.hear(.reply(margin.id, .done))
        #expect(talk.orderCount == 1)
    }

    @Test func `an entry whose margin's answer took too long is not sent`() throws {
        var configuration = ExecutorConfiguration()
        configuration.wideLookFrom = 0
        var talk = try Conversation.ready(configuration)
        talk.hear(.plan(talk.symbol, try talk.plan()))
        let wanted = VenueRequest.setIsolatedMargin(talk.symbol)
        let margin = try talk.take { $0 == wanted }
        try talk.pass(ms: 6000)
        talk.hear(.reply(margin.id, .done))
        #expect(talk.orderCount == 0)
    }
}
