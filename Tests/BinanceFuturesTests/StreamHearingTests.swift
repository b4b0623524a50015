import Testing
import TradingPrimitives
import Venue

@testable import BinanceFutures

struct StreamHearingTests {
    private func report(_ id: String, _ status: OrderStatus, at time: Int64) throws -> OrderReport {
        OrderReport(
            symbol: try #require(Symbol("BTCUSDT")), clientOrderId: id, orderId: 1, side: .buy, status: status,
            price: Price(raw: fixedScale), quantity: Quantity(raw: fixedScale), executedQuantity: .zero,
            isReduceOnly: false, updateTime: Timestamp(milliseconds: time))
    }

    private func fill(_ id: Int64, at time: Int64) throws -> Fill {
        Fill(
            symbol: try #require(Symbol("BTCUSDT")), tradeId: id, orderId: 1, clientOrderId: "a", side: .buy,
            price: Price(raw: fixedScale), quantity: Quantity(raw: fixedScale), fee: .zero, feeAsset: "USDT",
            isMaker: true, realizedPnl: .zero, time: Timestamp(milliseconds: time))
    }

    private func time(_ ms: Int64) -> Timestamp { Timestamp(milliseconds: ms) }

    @Test func `a stream that has told all is not blamed`() throws {
        var hearing = StreamHearing()
        hearing.opened(at: time(100_000))
        hearing.heard(.order(try report("a", .filled, at: 110_000), fill: try fill(7, at: 110_000)))
        #expect(hearing.missed(in: .order(try report("a", .filled, at: 110_400)), at: time(130_000)) == nil)
        #expect(hearing.missed(in: .fills([try fill(7, at: 110_000)]), at: time(130_000)) == nil)
        // What happened before it stood, it need not tell.
        #expect(hearing.missed(in: .openOrders([try report("old", .new, at: 90_000)]), at: time(130_000)) == nil)
    }

    @Test func `what REST tells and the stream has not told within five seconds is missed`() throws {
        var hearing = StreamHearing()
        hearing.opened(at: time(100_000))
        let order = VenueReply.openOrders([try report("b", .new, at: 110_000)])
        #expect(hearing.missed(in: order, at: time(114_000)) == nil)
        #expect(hearing.missed(in: order, at: time(115_500)) == "order b")
        #expect(hearing.missed(in: .fills([try fill(9, at: 110_000)]), at: time(116_000)) == "trade 9")
        hearing.heard(.order(try report("b", .new, at: 110_000), fill: nil))
        #expect(hearing.missed(in: order, at: time(116_000)) == nil)
        #expect(
            hearing.missed(in: .order(try report("b", .canceled, at: 120_000)), at: time(126_000)) == "order b",
            "a later change")
    }
}
