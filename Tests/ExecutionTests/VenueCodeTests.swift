import Execution
import SignalContracts
import Testing
import TradingPrimitives
import Venue

/// What the executor does about each code of the venue, row by row.
struct VenueCodeTests {
    private let symbol: Symbol

    init() throws { symbol = try #require(Symbol("BTCUSDT")) }

    private static let table: [(CodeAction, [Int])] = [
        (.priceAgain, [-5022]),
        (.lookUp, [-4116, -2011, -2013, -4117]),
        (.exitNow, [-2021, -4142]),
        (.lookAtPosition, [-2022, -4118]),
        (.otherKind, [-4120, -4130, -4045, -2025, -4136, -4137, -4138, -1106, -1116, -4183, -4184, -4210, -4211]),
        (.fetchRules, [-1111, -4001, -4002, -4003, -4004, -4005, -4013, -4014, -4016, -4023, -4024, -4164, -5029]),
        (.giveUp, [-2010, -2018, -2019, -2020, -2027, -2028, -4028, -4131, -4161, -5021, -9999]),
        (.done, [-4046, -4059, -5027]),
        (
            .stopEntries,
            [
                -1002, -1022, -2014, -2015, -2023, -4061, -4087, -4088, -4105, -4106, -4107, -4109, -4189, -4192, -4400,
                -4401,
            ]
        ),
    ]
    private static let rows = table.flatMap { row in row.1.map { ($0, row.0) } }

    @Test func `every action has its codes`() {
        #expect(Set(Self.table.map(\.0)) == Set(CodeAction.allCases))
        for (code, action) in Self.rows { #expect(CodeAction.of(code) == action, "\(code)") }
    }

    @Test(arguments: rows)
    func `an entry that is refused`(code: Int, action: CodeAction) throws {
        var talk = try Conversation.ready()
        talk.hear(.plan(symbol, try talk.plan()))
        let (id, entry) = try talk.takeOrder()
        talk.hear(.reply(id, .rejected(VenueError(code: code, message: "no"))))
        switch action {
        case .priceAgain: #expect(try talk.takeOrder().order.clientOrderId != entry.clientOrderId)
        case .lookUp:
            #expect(talk.executor.unknownOrderCount == 1 && talk.orderCount == 0)
            talk.tick(afterMs: 600)
            _ = try talk.take { $0 == .queryOrder(symbol, clientOrderId: entry.clientOrderId) }
        case .stopEntries:
            #expect(!talk.executor.acceptsEntries && talk.journal.contains(.entriesStopped(true)))
            #expect(talk.alerts.contains("venue_refuses"))
        default:
            #expect(talk.orderCount == 0 && talk.events.last?.kind == .noFill)
            #expect(talk.executor.position(of: symbol) == nil && talk.executor.acceptsEntries)
        }
    }

    @Test(arguments: rows)
    func `a stop that is refused`(code: Int, action: CodeAction) throws {
        var talk = try Conversation.ready()
        talk.hear(.plan(symbol, try talk.plan()))
        let (entryId, entry) = try talk.takeOrder()
        talk.hear(.reply(entryId, .order(try talk.report(entry, .new))))
        try talk.fill(entry.clientOrderId, .buy, "10", at: "100.0")
        let (id, stop) = try talk.takeStop()
        #expect(stop.quantity == nil)
        _ = try talk.takeOrder()
        talk.hear(.reply(id, .rejected(VenueError(code: code, message: "no"))))
        switch action {
        case .exitNow:
            let (_, exit) = try talk.takeOrder()
            #expect(exit.kind == .market && exit.isReduceOnly)
        case .lookUp:
            talk.tick(afterMs: 600)
            _ = try talk.take { $0 == .queryStop(symbol, clientOrderId: stop.clientOrderId) }
        default:
            // The other kind once, then the first one once more, then it is closed; all within the time without a stop.
            talk.tick(afterMs: 200)
            let (nextId, next) = try talk.takeStop()
            #expect(next.quantity?.description == "10" && next.clientOrderId != stop.clientOrderId)
            talk.hear(.reply(nextId, .rejected(VenueError(code: code, message: "no"))))
            talk.tick(afterMs: 200)
            let (lastId, _) = try talk.takeStop()
            talk.hear(.reply(lastId, .rejected(VenueError(code: code, message: "no"))))
            talk.tick(afterMs: 200)
            let (_, exit) = try talk.takeOrder()
            #expect(exit.kind == .market && exit.isReduceOnly && exit.quantity.description == "10")
            #expect(talk.alerts.contains("stop_refused"))
        }
        #expect(talk.executor.entryHindrances.contains(.stopped) == (action == .stopEntries))
    }

    @Test(arguments: [-2022, -4118])
    func `an exit of nothing asks what has closed the position before it is sent again`(code: Int) throws {
        var talk = try Conversation.ready()
        _ = try talk.enter(try talk.plan())
        talk.hear(.command(Command(id: "c1", issuedAt: talk.now, author: "test", name: .closeAll)))
        let (id, _) = try talk.takeOrder()
        talk.hear(.reply(id, .rejected(VenueError(code: code, message: "no"))))
        try talk.pass(ms: 2000)
        #expect(talk.orderCount == 0)
        _ = try talk.take { if case .queryFills = $0 { true } else { false } }
        try talk.pass(ms: 1500)
        #expect(try talk.takeOrder().order.isReduceOnly)
    }
}
