import FaultSimulation
import Foundation

/// Tells of a run what it needs to be repeated.
func tell(_ result: SimulationResult, _ mutation: Mutation?) {
    let commit = ProcessInfo.processInfo.environment["VORTEX7_COMMIT"] ?? "not known"
    print("seed \(result.seed), commit \(commit)")
    for violation in result.violations { print("  \(violation)") }
    print("  faults: \(result.faults.map { "\($0.name) \($0.count)" }.joined(separator: ", "))")
    print("  again: make sim SEED=\(result.seed)\(mutation.map { " MUTATION=\($0.rawValue)" } ?? "")")
    fflush(nil)
}

/// Runs one seed twice and tells of it; whether it had no violation and was the same both times.
func tellOne(_ seed: UInt64, _ mutation: Mutation?) -> Bool {
    let first = simulate(seed: seed, mutation: mutation, isTold: true)
    let path = "\(FileManager.default.temporaryDirectory.path)/vortex7-seed-\(seed).txt"
    try? first.story.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    let second = simulate(seed: seed, mutation: mutation)
    tell(first, mutation)
    print("  entries \(first.entries), fills \(first.fills), trades \(first.trades), requests \(first.requests)")
    print("  what happened, line by line: \(path)")
    let isSame = first.digest == second.digest
    if !isSame { print("  the second run differs from the first: something in it is not deterministic") }
    return first.violations.isEmpty && isSame
}
