import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

/// A stop's end is told by two services of the venue: the matching engine tells of the order and its fills, the service of
/// conditional orders of the stop. However near to each other their words come, and whichever is ahead, they make one trade.
struct StopTriggerTests {
    enum Telling: CaseIterable {
        /// All words within one moment.
        case burst
        /// Each 20 ms after the one before it, with a timer between.
        case spaced
        /// All that the service has to say comes before the engine's first word.
        case serviceAhead
    }

    private enum Word {
        case stop(StopStatus)
        case accepted
        case fill(Fill)
        case account
    }

    private struct Story {
        var kinds: [ExecutionKind]
        var summary: TradeSummary
    }

    private static let orderId: Int64 = 5000

    private func tell(_ telling: Telling) throws -> Story {
        var talk = try Conversation.ready()
        let (stop, target) = try talk.enter(try talk.plan())
        let fills = try ["6", "4"].enumerated().map { index, quantity in
            Fill(
                symbol: talk.symbol, tradeId: 200 + Int64(index), orderId: Self.orderId,
                clientOrderId: stop.clientOrderId,
                side: .sell, price: try talk.number("99.8"), quantity: try talk.number(quantity),
                fee: try talk.number("0.05"), feeAsset: "USDT", isMaker: false,
                realizedPnl: try talk.number(index == 0 ? "-1.2" : "-0.8"), time: talk.now)
        }
        let engine: [Word] = [.accepted, .fill(fills[0]), .fill(fills[1]), .account]
        let words: [Word] =
            telling == .serviceAhead
            ? [.stop(.triggering), .stop(.triggered), .stop(.finished)] + engine
            : [.stop(.triggering)] + engine + [.stop(.triggered), .stop(.finished)]
        for word in words {
            try say(word, of: stop, &talk)
            if telling == .spaced {
                talk.tick(afterMs: 20)
                try talk.book("99.7", "99.8")
            }
        }
        // The target goes, and whatever is asked is answered with what has happened.
        for _ in 0..<50 {
            talk.tick()
            try talk.book("99.7", "99.8")
            while !talk.open.isEmpty {
                let (id, request) = talk.open.removeFirst()
                switch request {
                case .cancelOrder: talk.hear(.reply(id, .order(try talk.report(target, .canceled))))
                case .queryFills: talk.hear(.reply(id, .fills(fills)))
                case .queryOpenOrders: talk.hear(.reply(id, .openOrders([])))
                case .queryOpenStops: talk.hear(.reply(id, .openStops([])))
                case .queryPositions: talk.hear(.reply(id, .positions([])))
                case .queryAccount: talk.hear(.reply(id, .account(try talk.account())))
                case .placeOrder, .placeStop: Issue.record("\(telling): \(request)")
                default: talk.hear(.reply(id, .done))
                }
            }
        }
        #expect(talk.executor.position(of: talk.symbol) == nil)
        #expect(talk.alerts.isEmpty && talk.doubts.isEmpty, "\(telling): \(talk.alerts), \(talk.doubts)")
        let kinds = talk.events.map(\.kind)
        #expect(kinds.count { $0 == .positionClosed } == 1, "\(telling): \(kinds)")
        return Story(kinds: kinds, summary: try #require(talk.events.compactMap(\.summary).last))
    }

    private func say(_ word: Word, of stop: NewStop, _ talk: inout Conversation) throws {
        switch word {
        case .stop(let status):
            let orderId = status == .triggering ? nil : Self.orderId
            talk.hear(
                .user(
                    .stop(
                        StopReport(
                            symbol: talk.symbol, clientOrderId: stop.clientOrderId, algoId: 77, side: stop.side,
                            status: status, triggerPrice: stop.triggerPrice, quantity: stop.quantity,
                            orderId: orderId, reason: nil, updateTime: talk.now))))
        case .accepted: talk.hear(.user(.order(try order(of: stop, .new, "0", talk), fill: nil)))
        case .fill(let fill):
            let isLast = fill.tradeId == 201
            let report = try order(of: stop, isLast ? .filled : .partiallyFilled, isLast ? "10" : "6", talk)
            talk.hear(.user(.order(report, fill: fill)))
        case .account:
            let flat = PositionChange(symbol: talk.symbol, quantity: .zero, entryPrice: .zero)
            talk.hear(.user(.account(walletBalance: try talk.number("4997.88"), transferred: .zero, positions: [flat])))
            talk.wallet = "4997.88"
        }
    }

    private func order(
        of stop: NewStop, _ status: OrderStatus, _ executed: String, _ talk: Conversation
    ) throws -> OrderReport {
        OrderReport(
            symbol: talk.symbol, clientOrderId: stop.clientOrderId, orderId: Self.orderId, side: stop.side,
            status: status,
            price: .zero, quantity: try talk.number("10"), executedQuantity: try talk.number(executed),
            isReduceOnly: true, updateTime: talk.now)
    }

    @Test(arguments: Telling.allCases)
    func `a triggered stop ends in one trade with its own fills`(telling: Telling) throws {
        let summary = try tell(telling).summary
        #expect(summary.exitReason == .stopLoss && summary.quantity.description == "10")
        #expect(summary.grossPnl.description == "-2" && summary.fees.description == "0.12")
        #expect(summary.makerFills == 1 && summary.takerFills == 2)
    }

    @Test func `what is said of it is the same, however it is told`() throws {
        let burst = try tell(.burst).kinds
        #expect(try tell(.spaced).kinds == burst)
        #expect(try tell(.serviceAhead).kinds == burst)
    }
}
