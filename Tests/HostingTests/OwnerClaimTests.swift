import Testing

@testable import Hosting

/// Conversations of a process with the lease of its service, a step a line. Times in milliseconds.
struct OwnerClaimTests {
    private func claim(freeForMs: Int64 = 700) -> OwnerClaim { OwnerClaim(freeForUs: freeForMs * 1000, startedAtUs: 0) }

    private func ask(_ claim: inout OwnerClaim, at ms: Int64, _ expected: OwnerClaim.Question?) {
        let question = claim.ask(atUs: ms * 1000)
        #expect(question == expected, "at \(ms)")
    }

    private func renew(_ claim: inout OwnerClaim, at ms: Int64, isOwned: Bool, _ expected: OwnerClaim.News?) {
        ask(&claim, at: ms, .renewal)
        let news = claim.answered(isOwned: isOwned)
        #expect(news == expected, "at \(ms)")
    }

    private func turn(
        _ claim: inout OwnerClaim, at ms: Int64, hasSomethingToProtect: Bool = false, _ expected: OwnerClaim.News?
    ) {
        let news = claim.turned(atUs: ms * 1000) { hasSomethingToProtect }
        #expect(news == expected, "at \(ms)")
    }

    @Test func `it takes what is free, and keeps it as long as it asks`() {
        var claim = claim()
        renew(&claim, at: 0, isOwned: true, .taken)
        for ms in stride(from: 300, through: 3000, by: 300) as StrideThrough<Int64> {
            turn(&claim, at: ms, nil)
            renew(&claim, at: ms, isOwned: true, nil)
        }
        #expect(claim.standing(atUs: 3_100_000) == .held)
    }

    @Test func `who slept past the end asks at once, and goes on if nobody took it`() {
        var claim = claim()
        renew(&claim, at: 0, isOwned: true, .taken)
        turn(&claim, at: 5000, .expired)
        #expect(claim.standing(atUs: 5_000_000) == .none)
        renew(&claim, at: 5000, isOwned: true, .taken)
        #expect(claim.standing(atUs: 5_000_000) == .held)
    }

    @Test func `who slept and was replaced has lost it`() {
        var claim = claim()
        renew(&claim, at: 0, isOwned: true, .taken)
        turn(&claim, at: 5000, .expired)
        renew(&claim, at: 5000, isOwned: false, .lost)
    }

    @Test func `an owner whose Redis is away is unconfirmed while it stays awake`() {
        var claim = claim()
        renew(&claim, at: 0, isOwned: true, .taken)
        ask(&claim, at: 300, .renewal)
        claim.disconnected()
        for ms in stride(from: 400, through: 4000, by: 100) as StrideThrough<Int64> { turn(&claim, at: ms, nil) }
        #expect(claim.standing(atUs: 4_000_000) == .unconfirmed)
    }

    @Test func `a standby looks for a while before it takes what has become free`() {
        var claim = claim()
        renew(&claim, at: 0, isOwned: false, .standby)
        renew(&claim, at: 300, isOwned: false, nil)
        ask(&claim, at: 6000, .look)
        claim.answered(isFree: false)
        ask(&claim, at: 6300, .look)
        claim.answered(isFree: true)
        ask(&claim, at: 6600, .look)
        claim.answered(isFree: true)
        renew(&claim, at: 7100, isOwned: true, .taken)
    }

    @Test func `what was free and is taken again begins the wait anew`() {
        var claim = claim()
        renew(&claim, at: 0, isOwned: false, .standby)
        ask(&claim, at: 6000, .look)
        claim.answered(isFree: true)
        ask(&claim, at: 6300, .look)
        claim.answered(isFree: false)
        ask(&claim, at: 6900, .look)
        claim.answered(isFree: true)
        ask(&claim, at: 7200, .look)
    }

    @Test func `a question without an answer is asked again over another connection after two seconds`() {
        var claim = claim()
        ask(&claim, at: 0, .renewal)
        ask(&claim, at: 1900, nil)
        #expect(!claim.isSilent(atUs: 1_900_000) && claim.isSilent(atUs: 2_100_000))
        ask(&claim, at: 2100, .renewal)
    }

    @Test func `with something to protect it does not wait for a Redis that is away`() {
        var claim = claim()
        turn(&claim, at: 1900, hasSomethingToProtect: true, nil)
        turn(&claim, at: 2100, hasSomethingToProtect: true, .assumed)
        #expect(claim.standing(atUs: 2_100_000) == .unconfirmed)
        turn(&claim, at: 2200, hasSomethingToProtect: true, nil)
    }

    @Test func `with nothing to protect it waits`() {
        var claim = claim()
        turn(&claim, at: 60_000, nil)
        #expect(claim.standing(atUs: 60_000_000) == .none)
    }

    @Test func `an answer that can't be read says nothing`() {
        var claim = claim()
        renew(&claim, at: 0, isOwned: true, .taken)
        ask(&claim, at: 300, .renewal)
        claim.answerFailed()
        #expect(claim.isOwner)
        ask(&claim, at: 600, .renewal)
    }
}
