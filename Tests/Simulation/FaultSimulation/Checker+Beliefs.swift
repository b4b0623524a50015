import Decisions
import Execution
import InProcessSuite
import Risk
import SignalContracts
import TradingPrimitives

// What the readers of the executor's words believe: the decision engine of positions and doubts, the risk manager of what is under
// way. Each is compared with what the executor knows, all the time; a moment's difference is the way that words take.
extension Checker {
    /// A belief may be wrong for so long while both processes and Redis work.
    private static let wrongMaxMs: Int64 = 10_000
    /// A contract must be able to trade again so long after the faults.
    static let againMaxMs: Int64 = 60_000

    func compareBeliefs() {
        for index in world.symbols.indices {
            note(wrongPosition(index), \.wrongPositionSinceUs, index)
            note(wrongLock(index), \.wrongLockSinceUs, index)
            note(wrongReservation(index), \.wrongReservationSinceUs, index)
        }
        hearReadiness()
    }

    private func note(_ wrong: String?, _ since: WritableKeyPath<Story, Int64?>, _ index: Int) {
        guard let wrong, isQuiet else { return stories[index][keyPath: since] = nil }
        let now = world.scheduler.nowUs
        let first = stories[index][keyPath: since] ?? now
        stories[index][keyPath: since] = first
        guard now - first > Self.wrongMaxMs * 1000 else { return }
        stories[index][keyPath: since] = nil
        violated("belief: \(wrong)")
    }

    /// Whether words get through.
    private var isQuiet: Bool {
        world.bus.isUp && world.executor.isWorking && isAwake(world.decision) && isAwake(world.risk)
    }

    private func isAwake(_ node: any SuiteNode) -> Bool { node.isUp && !node.isPaused }

    // MARK: Positions and doubts

    private func wrongPosition(_ index: Int) -> String? {
        let symbol = world.symbols[index]
        guard let engine = world.decision.processor else { return nil }
        let believed = engine.held(symbol)
        let position = world.executor.core.position(of: symbol)
        if let position, position.held > .zero {
            return believed == position.direction
                ? nil
                : "\(symbol) is \(position.direction), the decision engine believes \(believed.map { "\($0)" } ?? "flat")"
        }
        // What is over for the venue may wait for its last fills or prices.
        guard position == nil, let believed else { return nil }
        return "\(symbol) is flat, the decision engine believes \(believed)"
    }

    private func wrongLock(_ index: Int) -> String? {
        let symbol = world.symbols[index]
        guard let engine = world.decision.processor, engine.isLocked(symbol),
            world.executor.core.position(of: symbol)?.unknownOrderCount ?? 0 == 0
        else { return nil }
        return "\(symbol) is locked, and the executor knows of no order of unknown outcome"
    }

    private func wrongReservation(_ index: Int) -> String? {
        let symbol = world.symbols[index]
        guard let manager = world.risk.processor, let plan = manager.plan(of: symbol),
            world.executor.core.position(of: symbol) == nil,
            // What was taken while the disk refused is forgotten with a crash; its reservation ends by itself.
            !plansHeardWithoutDisk.contains(plan.text)
        else { return nil }
        return "\(symbol): the risk manager holds \(plan), the executor nothing"
    }

    // MARK: Trading again

    private func hearReadiness() {
        let log = world.bus.log
        seenWords = min(seenWords, log.count)
        while seenWords < log.count {
            let entry = log[seenWords]
            seenWords += 1
            guard case .readiness(let word) = entry.message,
                let index = world.symbols.firstIndex(where: { $0 == entry.stream.symbol })
            else { continue }
            stories[index].possibleAt = max(stories[index].possibleAt, word.possibleAt)
            stories[index].obstacles = word.obstacles
        }
    }

    /// Whether each contract could be entered since then, or is kept out by what is no fault.
    func canTradeAgain(since time: Timestamp) -> Bool {
        world.symbols.indices.allSatisfy { canTradeAgain($0, since: time) }
    }

    private func canTradeAgain(_ index: Int, since time: Timestamp) -> Bool {
        if stories[index].possibleAt >= time { return true }
        // A breaker is meant to stay, and so is the pause after an emergency, for a minute.
        let obstacles = stories[index].obstacles
        if obstacles.gates.contains(.breaker) || obstacles.hindrances.contains(.emergency) { return true }
        // What a person holds may stay for long.
        return hasPersonActed && (obstacles.gates.contains(.hedge) || obstacles.gates.contains(.maxPositions))
    }

    func expectTradingAgain(since time: Timestamp) {
        for index in world.symbols.indices where !canTradeAgain(index, since: time) {
            let names = stories[index].obstacles.names.joined(separator: ", ")
            violated(
                "liveness: no entry in \(world.symbols[index]) has been possible for \(Self.againMaxMs) ms of calm: \(names)"
            )
        }
        if alerts.contains("lock_without_doubt") { violated("liveness: a lock outlived its doubt") }
    }
}
