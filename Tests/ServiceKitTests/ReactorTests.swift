import Glibc
import Testing
import TradingPrimitives

@testable import ServiceKit

struct ReactorTests {
    @Test func `timers fire in the order of their deadlines and can be cancelled`() {
        // Deadlines count from the calls: they are as far apart as written once nothing holds this thread up between them.
        while true {
            let reactor = Reactor(), began = SystemClock.monotonicUs()
            var fired: [Int] = []
            reactor.after(ms: 20) { fired.append(2) }
            reactor.after(ms: 5) { fired.append(1) }
            let never = reactor.after(ms: 10) { fired.append(9) }
            reactor.cancel(never)
            reactor.after(ms: 30) { reactor.stop() }
            guard SystemClock.monotonicUs() - began < 5000 else { continue }
            reactor.run()
            #expect(fired == [1, 2])
            return
        }
    }

    @Test func `a foreign loop sees the descriptor ready at a deadline`() {
        let reactor = Reactor()
        reactor.keepDeadlineDescriptor()
        let began = SystemClock.monotonicUs()
        reactor.after(ms: 500) {}
        var waiting = pollfd(fd: reactor.descriptor, events: Int16(POLLIN), revents: 0)
        // On a machine that stands still the deadline may have come.
        #expect(poll(&waiting, 1, 0) == 0 || SystemClock.monotonicUs() - began >= 500_000)
        #expect(poll(&waiting, 1, 300_000) == 1)
    }
}

struct VenueClockTests {
    @Test func `the shortest round trip sets the time, and the rate goes on from there`() {
        var clock = VenueClock(rate: 20)
        let now = SystemClock.monotonicUs()
        clock.observe(serverTime: Timestamp(milliseconds: 1_000_000), sentAtUs: now, receivedAtUs: now + 2000)
        #expect(clock.time(atMonotonicUs: now + 1000).milliseconds == 1_000_000)
        #expect(clock.time(atMonotonicUs: now + 11_000).milliseconds == 1_000_200)
        // A slower answer that agrees does not move it.
        clock.observe(serverTime: Timestamp(milliseconds: 1_000_195), sentAtUs: now, receivedAtUs: now + 20_000)
        #expect(clock.time(atMonotonicUs: now + 11_000).milliseconds == 1_000_200)
    }

    @Test func `a rate is learned only where the round trips leave no doubt of it`() throws {
        func sample(_ venueMs: Int64, sentUs: Int64, roundTripUs: Int64) -> VenueClock.Sample {
            VenueClock.Sample(
                time: Timestamp(milliseconds: venueMs), sentUs: sentUs, receivedUs: sentUs + roundTripUs)
        }
        let first = sample(0, sentUs: -1000, roundTripUs: 2000)
        // Told at the end of a slow call: 600 ms of ours looked like 6.4 s of the venue's.
        let slow = sample(6400, sentUs: 560_000, roundTripUs: 80_000)
        #expect(VenueClock(rate: 10).rate(from: first, to: slow) == nil)
        let rate = try #require(VenueClock(rate: 1).rate(from: first, to: slow))
        #expect(abs(rate - 10.67) < 0.01)
    }
}
