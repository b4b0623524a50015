import Testing

@testable import Hosting

struct LeaseStandingTests {
    /// A loop that turns every 100 ms from `start` to `end`.
    private func turn(_ lease: inout LeaseStanding, from start: Int64, to end: Int64) {
        for now in stride(from: start, through: end, by: 100_000) { lease.turned(atUs: now) }
    }

    @Test func `it is held while it is renewed, and its own end comes early`() {
        var lease = LeaseStanding(lifeUs: 1_500_000)
        #expect(lease.standing(atUs: 0) == .none)
        lease.granted(askedAtUs: 1000)
        turn(&lease, from: 1000, to: 1_200_000)
        #expect(lease.standing(atUs: 1_300_000) == .held)
        lease.granted(askedAtUs: 1_200_000)
        #expect(lease.standing(atUs: 2_400_000) == .held)
        lease.lost()
        #expect(lease.standing(atUs: 2_400_000) == .none)
    }

    @Test func `an owner who is awake while Redis is silent may protect`() {
        var lease = LeaseStanding(lifeUs: 1_500_000)
        lease.granted(askedAtUs: 0)
        turn(&lease, from: 0, to: 60_000_000)
        #expect(lease.standing(atUs: 60_000_000) == .unconfirmed)
        lease.granted(askedAtUs: 60_000_000)
        #expect(lease.standing(atUs: 60_100_000) == .held)
    }

    @Test func `an owner who slept past its end has nothing, whatever the moment of the question`() {
        var lease = LeaseStanding(lifeUs: 1_500_000)
        lease.granted(askedAtUs: 0)
        turn(&lease, from: 0, to: 900_000)
        #expect(lease.standing(atUs: 31_000_000) == .none, "asked before the loop has turned again")
        lease.turned(atUs: 31_000_000)
        #expect(lease.standing(atUs: 31_000_100) == .none, "and after")
        lease.granted(askedAtUs: 31_000_200)
        #expect(lease.standing(atUs: 31_000_300) == .held)
    }

    @Test func `a short sleep within its life costs nothing`() {
        var lease = LeaseStanding(lifeUs: 1_500_000)
        lease.granted(askedAtUs: 0)
        lease.turned(atUs: 1_000_000)
        #expect(lease.standing(atUs: 1_000_000) == .held)
    }

    @Test func `what was assumed without Redis only protects, until Redis says more`() {
        var lease = LeaseStanding(lifeUs: 1_500_000)
        lease.assumed(atUs: 5_000_000)
        #expect(lease.standing(atUs: 5_100_000) == .unconfirmed)
        lease.granted(askedAtUs: 5_200_000)
        #expect(lease.standing(atUs: 5_300_000) == .held)
    }
}
