import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

/// What was looked for in vain may come all the same, late: then it stands at the venue, and it counts.
struct LateComerTests {
    private static let noSuchOrder = VenueReply.rejected(VenueError(code: -2013, message: "Order does not exist."))

    /// Answers each look-up of `clientOrderId` with "no such order", until `isGivenUp`.
    private func giveUp(
        _ clientOrderId: String, _ talk: inout Conversation, until isGivenUp: (Conversation) -> Bool
    ) throws {
        let began = talk.now
        while !isGivenUp(talk), talk.now < began + 12_000 {
            try talk.pass(ms: 100)
            while let place = talk.open.firstIndex(where: { $0.request.looksUp(clientOrderId) }) {
                talk.hear(.reply(talk.open.remove(at: place).id, Self.noSuchOrder))
            }
        }
        #expect(isGivenUp(talk))
    }

    /// A trailing position whose first move of the stop never seemed to come, so that the second one stands.
    private func withSecondMove() throws -> (talk: Conversation, first: NewStop, second: NewStop) {
        var talk = try Conversation.ready()
        let (_, target) = try talk.enter(try talk.plan())
        try talk.fill(target.clientOrderId, .sell, "6", at: "100.4")
        try talk.book("100.6", "100.7")
        talk.tick()
        let (id, first) = try talk.takeStop()
        talk.hear(.reply(id, .unknown("reset")))
        try giveUp(first.clientOrderId, &talk) { $0.stopCount == 1 }
        let (secondId, second) = try talk.takeStop()
        talk.hear(.reply(secondId, .stop(talk.report(second, .new))))
        #expect(!talk.open.contains { $0.request.isCancel(of: first.clientOrderId) })
        return (talk, first, second)
    }

    @Test(arguments: [false, true])
    func `a stop that was given up for absent and comes late is cancelled, for another one stands`(
        isRestarted: Bool
    ) throws {
        var (talk, first, second) = try withSecondMove()
        if isRestarted {
            var next = try talk.restarted()
            next.hear(.rules(try next.rules()))
            next.hear(.userStream(isUp: true))
            next.hear(.user(.stop(next.report(second, .new))))
            talk = next
        }
        talk.hear(.user(.stop(talk.report(first, .new))))
        #expect(talk.open.contains { $0.request.isCancel(of: first.clientOrderId) })
        #expect(!talk.open.contains { $0.request.isCancel(of: second.clientOrderId) })
    }

    @Test func `a target that comes late goes, for another one rests`() throws {
        var talk = try Conversation.ready()
        talk.hear(.plan(talk.symbol, try talk.plan()))
        let (_, entry) = try talk.takeOrder()
        try talk.fill(entry.clientOrderId, .buy, "10", at: "100.0")
        let (stopId, stop) = try talk.takeStop()
        talk.hear(.reply(stopId, .stop(talk.report(stop, .new))))
        let (id, first) = try talk.takeOrder()
        talk.hear(.reply(id, .unknown("reset")))
        try giveUp(first.clientOrderId, &talk) { $0.orderCount == 1 }
        let (secondId, second) = try talk.takeOrder()
        talk.hear(.reply(secondId, .order(try talk.report(second, .new))))
        talk.hear(.user(.order(try talk.report(first, .new), fill: nil)))
        #expect(talk.open.contains { $0.request.isCancel(of: first.clientOrderId) })
        #expect(!talk.open.contains { $0.request.isCancel(of: second.clientOrderId) })
    }

    @Test func `what comes late to a position that is gone is looked for at once, and cancelled`() throws {
        var (talk, first, second) = try withSecondMove()
        try talk.fill(second.clientOrderId, .sell, "4", at: "100.3")
        talk.hear(.user(.stop(talk.report(second, .finished))))
        while let place = talk.open.firstIndex(where: { if case .cancelStop = $0.request { true } else { false } }) {
            talk.hear(.reply(talk.open.remove(at: place).id, .done))
        }
        #expect(talk.events.contains { $0.kind == .positionClosed })
        try talk.pass(ms: 1000)
        try talk.answerLook(positions: [])
        talk.hear(.user(.stop(talk.report(first, .new))))
        try talk.pass(ms: 500)
        let symbol = talk.symbol
        let (look, _) = try talk.take { $0 == .queryOpenStops(symbol) }
        talk.hear(.reply(look, .openStops([talk.report(first, .new)])))
        #expect(talk.open.contains { $0.request.isCancel(of: first.clientOrderId) })
    }

    @Test
    func `a cancel that was lost is sent again once a look shows the stop, though nobody answers questions about it`()
        throws
    {
        var talk = try Conversation.ready()
        let (stop, target) = try talk.enter(try talk.plan())
        try talk.fill(target.clientOrderId, .sell, "10", at: "100.4")
        let symbol = talk.symbol
        let (cancel, _) = try talk.take { $0.isCancel(of: stop.clientOrderId) }
        talk.hear(.reply(cancel, .unknown("reset")))
        let (question, _) = try talk.take { $0.looksUp(stop.clientOrderId) }
        talk.hear(.reply(question, .unknown("503")))
        try talk.pass(ms: 5000)
        let (look, _) = try talk.take { $0 == .queryOpenStops(symbol) }
        talk.hear(.reply(look, .openStops([talk.report(stop, .new)])))
        #expect(talk.open.contains { $0.request.isCancel(of: stop.clientOrderId) })
    }

    @Test func `a fill of an order from before that meets the next position has the venue looked at, at once`() throws {
        var talk = try Conversation.ready()
        _ = try talk.enter(try talk.plan())
        try talk.pass(ms: 1000)
        try talk.answerLook(positions: [try talk.held("10")])
        let symbol = talk.symbol
        #expect(!talk.open.contains { $0.request == .queryPositions })
        try talk.fill("v7-BTCUSDT-hbefore00000-sl4", .sell, "3", at: "99.9")
        try talk.pass(ms: 500)
        #expect(talk.open.contains { $0.request == .queryPositions })
        #expect(talk.executor.position(of: symbol)?.held == (try talk.number("10")))
    }
}

extension VenueRequest {
    fileprivate func looksUp(_ id: String) -> Bool {
        switch self {
        case .queryOrder(_, let clientOrderId), .queryStop(_, let clientOrderId): clientOrderId == id
        default: false
        }
    }

    fileprivate func isCancel(of id: String) -> Bool {
        switch self {
        case .cancelOrder(_, let clientOrderId), .cancelStop(_, let clientOrderId): clientOrderId == id
        default: false
        }
    }
}
