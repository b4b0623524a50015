import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

/// An order whose outcome is not known locks its contract for those who hear of it: each way out of the doubt must be said.
struct DoubtTests {
    enum Ending: String, CaseIterable {
        case refusal, priceAgain, lateAnswer, lateCancel, frame, fill, wholeFill, absence
    }

    /// An entry that nobody has answered for three seconds.
    private func doubted() throws -> (talk: Conversation, id: RequestId, entry: NewOrder) {
        var talk = try Conversation.ready()
        talk.hear(.plan(talk.symbol, try talk.plan()))
        let (id, entry) = try talk.takeOrder()
        try talk.pass(ms: 3000)
        #expect(talk.doubts == [entry.clientOrderId])
        #expect(talk.executor.unknownOrderCount == 1)
        return (talk, id, entry)
    }

    @Test(arguments: Ending.allCases)
    func `whatever ends an entry's doubt, it is said once`(ending: Ending) throws {
        var (talk, id, entry) = try doubted()
        let symbol = talk.symbol, began = talk.now
        switch ending {
        case .refusal: talk.hear(.reply(id, .rejected(VenueError(code: -2019, message: "margin"))))
        case .priceAgain: talk.hear(.reply(id, .rejected(VenueError(code: -5022, message: "post only"))))
        case .lateAnswer: talk.hear(.reply(id, .order(try talk.report(entry, .new))))
        case .lateCancel: talk.hear(.reply(id, .order(try talk.report(entry, .canceled))))
        case .frame: talk.hear(.user(.order(try talk.report(entry, .new), fill: nil)))
        case .fill: try talk.fill(entry.clientOrderId, .buy, "4", at: "100.0")
        case .wholeFill: try talk.fill(entry.clientOrderId, .buy, "10", at: "100.0")
        case .absence:
            // As long as the venue would still take it, it may come.
            while talk.doubts == [entry.clientOrderId], talk.now < began + 12_000 {
                try talk.pass(ms: 600)
                let (query, _) = try talk.take { $0 == .queryOrder(symbol, clientOrderId: entry.clientOrderId) }
                talk.hear(.reply(query, .rejected(VenueError(code: -2013, message: "no such order"))))
            }
        }
        #expect(talk.doubts == [])
        #expect(talk.events.count { $0.kind == .orderResolved } == 1)
        if ending == .priceAgain {
            let (_, second) = try talk.takeOrder()
            #expect(second.clientOrderId == entry.clientOrderId + "2")
        }
    }

    @Test(arguments: [-2019, -2021, -4045, 0])
    func `whatever ends a stop's doubt, it is said once`(code: Int) throws {
        var talk = try Conversation.ready()
        talk.hear(.plan(talk.symbol, try talk.plan()))
        let (_, entry) = try talk.takeOrder()
        try talk.fill(entry.clientOrderId, .buy, "10", at: "100.0")
        let (id, stop) = try talk.takeStop()
        talk.hear(.reply(id, .unknown("reset")))
        #expect(talk.doubts == [stop.clientOrderId])
        if code == 0 {
            talk.hear(.user(.stop(talk.report(stop, .new))))
        } else {
            talk.hear(.user(.stop(talk.report(stop, .rejected))))
        }
        #expect(!talk.doubts.contains(stop.clientOrderId))
    }

    @Test func `a doubt that was said before a crash is ended after it`() throws {
        let (before, _, entry) = try doubted()
        var after = try before.restarted()
        try after.start()
        after.tick()
        #expect(after.doubts == [], "it was said before")
        after.hear(.user(.order(try after.report(entry, .canceled), fill: nil)))
        #expect(after.events.contains { $0.kind == .orderResolved && $0.clientOrderId == entry.clientOrderId })
    }

    @Test func `what a restart leaves open is said to be unknown, and then known`() throws {
        var before = try Conversation.ready()
        let (stop, _) = try before.enter(try before.plan())
        var after = try before.restarted()
        after.hear(.rules(try after.rules()))
        after.tick()
        #expect(after.doubts.contains(stop.clientOrderId))
        after.hear(.user(.stop(after.report(stop, .new))))
        #expect(!after.doubts.contains(stop.clientOrderId))
    }
}
