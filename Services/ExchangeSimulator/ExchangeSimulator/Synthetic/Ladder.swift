import TradingPrimitives

/// The synthetic book in whole ticks and steps, best first on both sides, with the changes since they were last taken.
struct Ladder: Sendable {
    struct Level: Sendable, BitwiseCopyable {
        let tick: Int
        var steps: Int
    }

    static let depth = 40

    private(set) var bids: [Level] = []
    private(set) var asks: [Level] = []
    private var changed: [(side: Side, tick: Int, steps: Int)] = []

    func levels(_ side: Side) -> [Level] { side == .buy ? bids : asks }
    func best(_ side: Side) -> Level? { (side == .buy ? bids : asks).first }

    /// The changes in order.
    mutating func takeChanges() -> [(side: Side, tick: Int, steps: Int)] {
        let taken = changed
        changed.removeAll(keepingCapacity: true)
        return taken
    }

    var hasChanges: Bool { !changed.isEmpty }

    /// Sets a level's quantity; zero removes it.
    mutating func set(_ side: Side, tick: Int, steps: Int) {
        if side == .buy {
            Self.set(&bids, tick: tick, steps: steps) { $0 > $1 }
        } else {
            Self.set(&asks, tick: tick, steps: steps) { $0 < $1 }
        }
        changed.append((side, tick, max(steps, 0)))
    }

    private static func set(_ levels: inout [Level], tick: Int, steps: Int, isBetter: (Int, Int) -> Bool) {
        let index = levels.firstIndex { !isBetter($0.tick, tick) } ?? levels.count
        let isThere = index < levels.count && levels[index].tick == tick
        if steps <= 0 {
            if isThere { levels.remove(at: index) }
        } else if isThere {
            levels[index].steps = steps
        } else {
            levels.insert(Level(tick: tick, steps: steps), at: index)
        }
    }

    /// Takes from the best level; returns what it had to give.
    mutating func take(_ side: Side, atMost steps: Int) -> (tick: Int, steps: Int)? {
        guard let level = best(side), steps > 0 else { return nil }
        let taken = min(level.steps, steps)
        set(side, tick: level.tick, steps: level.steps - taken)
        return (level.tick, taken)
    }

    /// Drops what lies too deep.
    mutating func trim() {
        while bids.count > Self.depth, let last = bids.last { set(.buy, tick: last.tick, steps: 0) }
        while asks.count > Self.depth, let last = asks.last { set(.sell, tick: last.tick, steps: 0) }
    }
}
