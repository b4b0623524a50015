import FaultSimulation
import Foundation
import Synchronization

/// Many seeds on a few threads.
final class Campaign: Sendable {
    private struct State {
        var next: UInt64
        var also: [UInt64]
        var failed: [SimulationResult] = []
        var done: UInt64 = 0
        var entries = 0, fills = 0, trades = 0, requests = 0
        var faults: [String: Int] = [:]
    }

    private let end: UInt64
    private let mutation: Mutation?
    private let jobs: Int
    private let isText: Bool
    private let state: Mutex<State>
    private let began = Date()

    init(_ options: Options, mutation: Mutation?) {
        end = options.first + options.seeds
        self.mutation = mutation
        jobs = options.jobs
        isText = options.isText
        state = Mutex(State(next: options.first, also: options.also))
    }

    /// Whether it found what it should: nothing, or the deliberate bug.
    func run() -> Bool {
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in
            while let seed = take() { note(result(of: seed)) }
        }
        return state.withLock { conclude($0) }
    }

    private func result(of seed: UInt64) -> SimulationResult {
        var result = simulate(seed: seed, mutation: mutation)
        if isText, simulate(seed: seed, mutation: mutation, isText: true).digest != result.digest {
            result.violations.append("text: another ledger, when what is said goes through its text")
        }
        return result
    }

    private func take() -> UInt64? {
        state.withLock { state in
            if !state.also.isEmpty { return state.also.removeFirst() }
            // With a mutation one find is enough.
            guard state.next < end, mutation == nil || state.failed.isEmpty else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    private func note(_ result: SimulationResult) {
        state.withLock { state in
            state.done += 1
            state.entries += result.entries
            state.fills += result.fills
            state.trades += result.trades
            state.requests += result.requests
            for fault in result.faults { state.faults[fault.name, default: 0] += fault.count }
            if !result.violations.isEmpty {
                state.failed.append(result)
                if mutation == nil { tell(result, nil) }
            }
            if state.done % 500 == 0 {
                let line = "\(state.done) seeds, \(state.failed.count) with violations, \(seconds) s\n"
                FileHandle.standardError.write(Data(line.utf8))
            }
        }
    }

    private var seconds: Int { Int(Date().timeIntervalSince(began)) }

    private func conclude(_ state: borrowing State) -> Bool {
        if let mutation { return tellFind(mutation, state) }
        let faults = state.faults.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        print(
            "\(state.done) seeds in \(seconds) s: \(state.entries) entries, \(state.fills) fills, \(state.trades) trades, "
                + "\(state.requests) requests")
        print("faults: \(faults)")
        print(state.failed.isEmpty ? "no violation" : "\(state.failed.count) seeds with violations")
        return state.failed.isEmpty
    }

    private func tellFind(_ mutation: Mutation, _ state: borrowing State) -> Bool {
        guard let first = state.failed.min(by: { $0.seed < $1.seed }) else {
            print("\(mutation.rawValue): NOT FOUND in \(state.done) seeds")
            return false
        }
        print("\(mutation.rawValue): found by seed \(first.seed): \(first.violations[0])")
        return true
    }
}
