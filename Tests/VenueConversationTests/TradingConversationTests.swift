import Testing
import TradingPrimitives
import Venue

@testable import BinanceFutures

/// Our client and the simulated venue talk over real HTTP and WebSocket.
@Suite(.serialized, .enabled(if: SimulatorHarness.program != nil, "needs exchange-simulator, built beside the tests"))
struct TradingConversationTests {
    private let harness: SimulatorHarness
    private let symbol: Symbol
    private let quantity: Quantity

    init() throws {
        harness = try SimulatorHarness()
        symbol = try #require(Symbol("BTCUSDT") as Symbol?)
        quantity = try #require(Quantity("0.01"))
        harness.client?.start()
        #expect(harness.turn { harness.connections == 1 })
    }

    private func order(
        _ id: String, _ side: Side, _ kind: NewOrder.Kind, isReduceOnly: Bool = false
    ) -> VenueRequest {
        .placeOrder(
            NewOrder(
                symbol: symbol, clientOrderId: id, side: side, kind: kind, quantity: quantity,
                isReduceOnly: isReduceOnly))
    }

    @Test func `an order rests, is found, and is cancelled`() throws {
        let far = try harness.bestPrices().bid - Price(raw: 1000 * fixedScale)
        let price = far.rounded(toMultipleOf: Price(raw: 10_000_000), .down)
        guard case .order(let placed) = try harness.ask(order("v7-1-e", .buy, .limit(price, .postOnly))) else {
            Issue.record("not placed")
            return
        }
        #expect(placed.status == .new && placed.clientOrderId == "v7-1-e" && placed.price == price)
        #expect(
            harness.turn {
                harness.events.contains { event in
                    if case .order(let report, nil) = event { report.clientOrderId == "v7-1-e" } else { false }
                }
            })
        guard case .order(let found) = try harness.ask(.queryOrder(symbol, clientOrderId: "v7-1-e")) else {
            Issue.record("not found")
            return
        }
        #expect(found.orderId == placed.orderId)
        #expect(try harness.ask(.queryOpenOrders(symbol)) == .openOrders([found]))
        guard case .order(let canceled) = try harness.ask(.cancelOrder(symbol, clientOrderId: "v7-1-e")) else {
            Issue.record("not cancelled")
            return
        }
        #expect(canceled.status == .canceled)
        guard case .rejected(let error) = try harness.ask(.cancelOrder(symbol, clientOrderId: "v7-1-e")) else {
            Issue.record("cancelled twice")
            return
        }
        #expect(error.code == -2011)
    }

    @Test func `a position is opened, protected, and closed`() throws {
        #expect(try harness.ask(.setLeverage(symbol, 10)) == .done)
        #expect(try harness.ask(.setIsolatedMargin(symbol)) == .done)
        #expect(try harness.ask(.setIsolatedMargin(symbol)) == .done)
        guard case .order = try harness.ask(order("v7-2-e", .buy, .market)) else {
            Issue.record("not placed")
            return
        }
        #expect(harness.turn { fills("v7-2-e").reduce(.zero) { $0 + $1.quantity } == quantity })
        guard case .positions(let positions) = try harness.ask(.queryPositions) else {
            Issue.record("no positions")
            return
        }
        #expect(positions.first?.quantity == quantity)
        let trigger = try harness.bestPrices().bid - Price(raw: 500 * fixedScale)
        let stop = NewStop(
            symbol: symbol, clientOrderId: "v7-2-sl1", side: .sell,
            triggerPrice: trigger.rounded(toMultipleOf: Price(raw: 10_000_000), .down), workingPrice: .last)
        guard case .stop(let placed) = try harness.ask(.placeStop(stop)) else {
            Issue.record("no stop")
            return
        }
        #expect(placed.status == .new && placed.triggerPrice == stop.triggerPrice)
        guard case .openStops(let stops) = try harness.ask(.queryOpenStops(symbol)) else {
            Issue.record("no list of stops")
            return
        }
        #expect(stops.map(\.clientOrderId) == ["v7-2-sl1"])
        #expect(try harness.ask(.cancelStop(symbol, clientOrderId: "v7-2-sl1")) == .done)
        guard case .stop(let gone) = try harness.ask(.queryStop(symbol, clientOrderId: "v7-2-sl1")) else {
            Issue.record("the stop is not found")
            return
        }
        #expect(gone.status == .canceled)
        guard case .order = try harness.ask(order("v7-2-x", .sell, .market, isReduceOnly: true)) else {
            Issue.record("not closed")
            return
        }
        #expect(harness.turn { fills("v7-2-x").reduce(.zero) { $0 + $1.quantity } == quantity })
        try agreeOnMoney()
    }

    /// Fills of an order that the user stream has told.
    private func fills(_ id: String) -> [Fill] {
        harness.events.compactMap { event in
            if case .order(let report, let fill?) = event, report.clientOrderId == id { fill } else { nil }
        }
    }

    /// The stream's fills, the venue's list of fills, and the balance tell one story.
    private func agreeOnMoney() throws {
        guard case .fills(let listed) = try harness.ask(.queryFills(symbol, fromId: nil, since: nil)),
            case .account(let account) = try harness.ask(.queryAccount)
        else {
            Issue.record("no fills or no account")
            return
        }
        let told = fills("v7-2-e") + fills("v7-2-x")
        #expect(listed.map(\.tradeId) == told.map(\.tradeId))
        guard case .commission(let commission) = try harness.ask(.queryCommission(symbol)) else {
            Issue.record("no fee rates")
            return
        }
        let paid = commission.symbol == symbol && commission.makerFeeRate == Ratio("0.0002")
        #expect(paid && commission.takerFeeRate == Ratio("0.0005"))
        #expect(listed.map(\.fee) == told.map(\.fee))
        let start = try #require(Notional("5000"))
        let change = told.reduce(Notional.zero) { $0 + $1.realizedPnl - $1.fee }
        #expect(account.walletBalance == start + change)
        #expect(
            harness.turn {
                if case .account(let balance?, _, _)? = harness.events.last(where: { event in
                    if case .account = event { true } else { false }
                }) {
                    balance == account.walletBalance
                } else {
                    false
                }
            })
    }

    @Test func `an order that would take is refused as post-only`() throws {
        let ask = try harness.bestPrices().ask + Price(raw: 100 * fixedScale)
        let price = ask.rounded(toMultipleOf: Price(raw: 10_000_000), .up)
        guard case .rejected(let error) = try harness.ask(order("v7-3-e", .buy, .limit(price, .postOnly))) else {
            Issue.record("taken")
            return
        }
        #expect(error.code == -5022)
    }

    @Test func `an entry that was refused for its timestamp is never sent again; what protects is`() throws {
        let far = try harness.bestPrices().bid - Price(raw: 1000 * fixedScale)
        let price = far.rounded(toMultipleOf: Price(raw: 10_000_000), .down)
        try harness.fault(#"{"kind":"refuse-call","route":"POST /fapi/v1/order","code":-1021,"count":1}"#)
        guard case .rejected(let error) = try harness.ask(order("v7-5-e", .buy, .limit(price, .postOnly))) else {
            Issue.record("an entry was repeated")
            return
        }
        #expect(error.code == -1021)
        #expect(try harness.ask(.queryOpenOrders(symbol)) == .openOrders([]))
        guard case .order = try harness.ask(order("v7-5-e2", .buy, .market)) else {
            Issue.record("not placed")
            return
        }
        try harness.fault(#"{"kind":"refuse-call","route":"POST /fapi/v1/order","code":-1021,"count":1}"#)
        guard case .order = try harness.ask(order("v7-5-x", .sell, .market, isReduceOnly: true)) else {
            Issue.record("an exit was not repeated")
            return
        }
    }

    @Test func `the user stream is replaced before its end without a break`() throws {
        let client = try #require(harness.client)
        client.lifeMs = -1
        client.checkLife()
        client.lifeMs = .max
        #expect(harness.turn { harness.connections == 2 })
        #expect(client.isConnected)
        harness.turn(withinMs: 2500) { false }
        harness.forgetEvents()
        guard case .order = try harness.ask(order("v7-4-e", .buy, .market)) else {
            Issue.record("not placed")
            return
        }
        #expect(harness.turn { fills("v7-4-e").reduce(.zero) { $0 + $1.quantity } == quantity })
        harness.turn(withinMs: 300) { false }
        #expect(Set(fills("v7-4-e").map(\.tradeId)).count == fills("v7-4-e").count, "one socket is left")
        #expect(client.isConnected && harness.connections == 2)
    }

    @Test func `a frame that can't be read asks for a look at the venue`() throws {
        "{\"e\":\"ORDER_TRADE_UPDATE\",\"o\":{".utf8.withContiguousStorageIfAvailable {
            harness.client?.frameArrived(UnsafeRawBufferPointer($0))
        }
        #expect(harness.connections == 2 && harness.client?.isConnected == true)
    }

    @Test func `the user stream comes back after the venue went away`() throws {
        harness.killSimulator()
        #expect(harness.turn { harness.client?.isConnected == false })
        guard case .notExecuted = try harness.ask(.queryAccount) else {
            Issue.record("answered by nobody")
            return
        }
        try harness.startSimulator()
        #expect(harness.turn(withinMs: 60_000) { harness.connections == 2 })
    }
}
