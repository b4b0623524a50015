import Testing

@testable import Execution

/// Conversations with one lane of the executor's outbox.
struct WordLaneTests {
    private func numbers(_ lane: inout WordLane<String>) -> [UInt64] { lane.takeUnsent().map(\.number) }

    private func lane(_ numbers: ClosedRange<UInt64>, mark: UInt64? = 0) -> WordLane<String> {
        var lane = WordLane<String>()
        _ = lane.found(mark: mark, atUs: 0)
        for number in numbers { _ = lane.say("word \(number)", number: number) }
        return lane
    }

    private func expect<Value: Equatable>(
        _ value: Value, _ expected: Value, at location: SourceLocation = #_sourceLocation
    ) {
        #expect(value == expected, sourceLocation: location)
    }

    @Test func `each word is sent once, in order`() {
        var lane = lane(3...4)
        expect(numbers(&lane), [3, 4])
        expect(numbers(&lane), [])
        let isTaken7 = lane.say("word 7", number: 7)
        #expect(isTaken7)
        expect(numbers(&lane), [7])
        lane.confirmed(atUs: 1)
        #expect(lane.waitingCount == 2)
        expect(numbers(&lane), [])
    }

    @Test func `words without an answer are said again, but for those that the mark has`() {
        var lane = lane(3...6)
        expect(numbers(&lane), [3, 4, 5, 6])
        lane.confirmed(atUs: 1)
        lane.disconnected()
        expect(lane.found(mark: 4, atUs: 2), nil)
        expect(numbers(&lane), [5, 6])
    }

    @Test func `words that a Redis had for a moment and lost are said again`() {
        var lane = lane(3...5)
        expect(numbers(&lane), [3, 4, 5])
        lane.confirmed(atUs: 1_000_000)
        lane.confirmed(atUs: 4_000_001)
        lane.disconnected()
        expect(lane.oldestUnsure, 4)
        expect(lane.found(mark: 3, atUs: 4_500_000), nil)
        expect(numbers(&lane), [4, 5])
    }

    @Test func `words are said again though the connection broke, and was made anew, before they were lost`() {
        var lane = lane(3...5)
        expect(numbers(&lane), [3, 4, 5])
        lane.confirmed(atUs: 1_000_000)
        lane.disconnected()
        // The answer to 4 was lost.
        expect(lane.found(mark: 4, atUs: 1_200_000), nil)
        expect(numbers(&lane), [5])
        lane.disconnected()
        expect(lane.found(mark: 2, atUs: 1_900_000), nil)
        expect(numbers(&lane), [3, 4, 5])
    }

    @Test func `a Redis that was emptied is not told the past again`() {
        var lane = lane(3...5)
        expect(numbers(&lane), [3, 4, 5])
        lane.confirmed(atUs: 1_000_000)
        lane.confirmed(atUs: 4_000_001)
        lane.disconnected()
        expect(lane.found(mark: nil, atUs: 4_500_000), 4)
        expect(numbers(&lane), [5])
    }

    @Test func `a lane's first words are said again when its first mark was lost with them`() {
        var lane = WordLane<String>()
        expect(lane.found(mark: nil, atUs: 1_000_000), 0)
        let isTaken8 = lane.say("word 8", number: 8)
        #expect(isTaken8)
        expect(numbers(&lane), [8])
        lane.confirmed(atUs: 1_200_000)
        lane.disconnected()
        expect(lane.found(mark: nil, atUs: 1_900_000), 7)
        expect(numbers(&lane), [8])
    }

    @Test func `a first mark leaves out nothing that waits`() {
        var waiting = WordLane<String>()
        let isTaken8 = waiting.say("word 8", number: 8)
        #expect(isTaken8)
        expect(waiting.found(mark: nil, atUs: 0), 7)
        var all = lane(8...8)
        expect(numbers(&all), [8])
        all.confirmed(atUs: 1)
        all.disconnected()
        expect(all.found(mark: nil, atUs: 9_000_000), 8)
    }

    @Test func `what may have to be said again is known until Redis has had the time to keep it`() {
        var lane = lane(3...4)
        _ = numbers(&lane)
        lane.confirmed(atUs: 1_000_000)
        lane.confirmed(atUs: 1_000_000)
        lane.heard(atUs: 4_000_000)
        expect(lane.oldestUnsure, 3)
        lane.heard(atUs: 4_000_001)
        expect(lane.oldestUnsure, nil)
    }

    @Test func `a Redis that dies takes its time to come back, and is told what it lost`() {
        var lane = lane(3...5)
        expect(numbers(&lane), [3, 4, 5])
        lane.confirmed(atUs: 1_000_000)
        lane.disconnected()
        expect(lane.found(mark: 2, atUs: 61_000_000), nil)
        expect(numbers(&lane), [3, 4, 5])
    }

    @Test func `a full lane takes no more`() {
        var lane = lane(1...50_000)
        let isTaken50001 = lane.say("one more", number: 50_001)
        #expect(!isTaken50001)
        #expect(lane.waitingCount == 50_000)
    }
}
