import TradingPrimitives

/// What goes wrong in one simulation: which kinds of faults there are in it, and the dice that everything is rolled with.
final class Trouble {
    enum Family: Int, CaseIterable {
        /// Requests to the venue are lost, unanswered, answered with each of its ambiguous and unambiguous errors.
        case requests
        /// New risk is throttled.
        case throttling
        /// Frames of the user stream come twice, late, out of order.
        case frames
        /// The user stream breaks, or is silent.
        case userStream
        /// The market streams are silent.
        case market
        /// The venue can't be reached at all.
        case partition
        /// The executor is killed, between any two of its steps.
        case executor
        /// The other services are killed, also between processing and commit.
        case services
        /// Processes stand still for seconds.
        case pauses
        /// Redis is away, or comes back without its last moments.
        case bus
        /// The journal's disk refuses.
        case disk
        /// A person closes, adds, cancels, changes leverage.
        case people
        /// Stops are refused, or not found for a while.
        case stops
        /// Prices jump; the venue liquidates, or takes away a part of a position for others' sake.
        case force
        /// Answers come when nobody waits for them any more, or almost.
        case lateness
        /// Numbers in frames and answers that can't be true.
        case absurdity
        /// Fees are paid in BNB.
        case fees
        /// A market order may take less than a position holds.
        case bounds
    }

    private var random: SplitMix64
    let families: Set<Family>
    /// Longest time between two blows: some worlds are rough, in others there is time to trade.
    let blowEveryMs: Int64
    /// Set false when the calm begins.
    var isActive = false
    /// How often each kind struck.
    private(set) var counts = [Int](repeating: 0, count: Family.allCases.count)

    init(seed: UInt64) {
        random = SplitMix64(seed: seed &* 0x9E37_79B9 &+ 77)
        var families: Set<Family> = []
        for family in Family.allCases where random.uniform() < 0.45 { families.insert(family) }
        self.families = families
        blowEveryMs = [800, 2000, 5000, 8000][Int(random.next() % 4)]
    }

    /// Whether a fault of the family strikes now.
    func happens(_ family: Family, _ probability: Double) -> Bool {
        guard isActive, families.contains(family), random.uniform() < probability else { return false }
        strike(family)
        return true
    }

    func strike(_ family: Family) { counts[family.rawValue] += 1 }

    func pick(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(random.next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    func pick<Element>(of elements: [Element]) -> Element {
        elements[Int(random.next() % UInt64(elements.count))]
    }
}
