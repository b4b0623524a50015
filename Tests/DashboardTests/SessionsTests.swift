import Testing

@testable import DashboardServer

struct SessionsTests {
    @Test func `a session is found by its token, until it has been idle or has lived too long`() {
        var sessions = Sessions()
        let session = sessions.open(.operator, at: 0)
        #expect(sessions.find(session.token, at: 10)?.role == .operator)
        #expect(sessions.find(session.token + "0", at: 10) == nil && sessions.find("", at: 10) == nil)
        #expect(sessions.find(session.token, at: 10 + Sessions.idleMax)?.csrf == session.csrf)
        #expect(sessions.find(session.token, at: 11 + 2 * Sessions.idleMax) == nil)
        #expect(sessions.find(session.token, at: 12) == nil, "what has ended does not come back")

        let busy = sessions.open(.viewer, at: 0)
        var now: Int64 = 0
        while now <= Sessions.lifeMax {
            #expect(sessions.find(busy.token, at: now) != nil)
            now += Sessions.idleMax / 2
        }
        #expect(sessions.find(busy.token, at: now) == nil)
    }

    @Test func `tokens are long and never the same`() {
        var sessions = Sessions()
        let made = (0..<100).map { _ in sessions.open(.viewer, at: 0) }
        #expect(Set(made.map(\.token)).count == 100 && Set(made.map(\.csrf)).count == 100)
        #expect(made.allSatisfy { $0.token.count == 64 && $0.csrf.count == 32 })
        sessions.close(made[0].token)
        #expect(sessions.find(made[0].token, at: 0) == nil && sessions.find(made[1].token, at: 0) != nil)
    }

    @Test func `wrong passwords cost longer and longer, each user for himself, and an hour forgives`() {
        var sessions = Sessions()
        var now: Int64 = 1000
        for _ in 0..<Sessions.freeFailures {
            #expect(sessions.wait(for: .operator, at: now) == 0)
            sessions.fail(.operator, at: now)
        }
        var waits: [Int64] = []
        for _ in 0..<8 {
            waits.append(sessions.wait(for: .operator, at: now))
            now += waits.last ?? 0
            #expect(sessions.wait(for: .operator, at: now) == 0)
            sessions.fail(.operator, at: now)
        }
        #expect(waits == [30, 60, 120, 240, 480, 900, 900, 900])
        #expect(sessions.wait(for: .viewer, at: now) == 0)
        #expect(sessions.wait(for: .operator, at: now + 3601) == 0)
        sessions.fail(.operator, at: now + 3601)
        #expect(sessions.wait(for: .operator, at: now + 3601) == 0)
        _ = sessions.open(.operator, at: now + 3602)
        for _ in 1..<Sessions.freeFailures { sessions.fail(.operator, at: now + 3602) }
        #expect(sessions.wait(for: .operator, at: now + 3602) == 0, "a right password forgives at once")
    }
}
