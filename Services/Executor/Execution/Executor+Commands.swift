import SignalContracts
import TradingPrimitives

/// A command to close that has been taken and not yet answered.
struct Closing: Equatable, Sendable {
    let command: String
    let symbols: [Symbol]
    let count: Int
    let deadline: Timestamp
}

// What an operator wants.
extension Executor {
    private static let closingMaxMs: Int64 = 20_000

    mutating func obey(_ command: Command) {
        switch command.name {
        case .halt, .resume: return
        case .stop, .start, .close, .closeAll: break
        }
        guard !takenCommands.contains(command.id) else { return }
        takenCommands.append(command.id)
        if takenCommands.count > Self.namesMax { takenCommands.removeFirst() }
        effects.append(.journal(.command(id: command.id)))
        switch command.name {
        case .stop, .start:
            entriesStopped = command.name == .stop
            effects.append(.journal(.entriesStopped(entriesStopped)))
            let open = desks.count { $0.signedHeld != .zero }
            answer(
                command.id, true,
                entriesStopped
                    ? "no new entries; \(open) open positions keep their stops and targets"
                    : "entries are allowed again")
            tellAccount()
        case .close, .closeAll:
            close(command)
        case .halt, .resume: break
        }
    }

    private mutating func close(_ command: Command) {
        let wanted = command.name == .closeAll ? desks.map(\.symbol) : [command.symbol].compactMap(\.self)
        let indices = desks.indices.filter { wanted.contains(desks[$0].symbol) }
        guard !indices.isEmpty else { return answer(command.id, false, "no such symbol is traded here") }
        let busy = indices.filter { desks[$0].position != nil }
        for index in busy { act(index) { position, _, _ in position.isAbandoned = true } }
        for index in busy { effects.append(.journal(.position(desks[index].symbol, desks[index].position))) }
        reconciliation.isWanted = true
        closings.append(
            Closing(
                command: command.id, symbols: indices.map { desks[$0].symbol }, count: busy.count,
                deadline: now + Self.closingMaxMs))
        finishClosings()
    }

    /// Answers the commands whose symbols are flat by now, or that took too long.
    mutating func finishClosings() {
        for closing in closings {
            let isFlat = desks.allSatisfy { !closing.symbols.contains($0.symbol) || $0.position == nil }
            if isFlat {
                answer(closing.command, true, closing.count == 0 ? "nothing was open" : "closed \(closing.count)")
            } else if now >= closing.deadline {
                answer(closing.command, false, "not flat after \(Self.closingMaxMs) ms; still trying")
            } else {
                continue
            }
            closings.removeAll { $0 == closing }
        }
    }

    private mutating func answer(_ command: String, _ isDone: Bool, _ text: String) {
        say(.reply(Reply(command: command, eventTime: now, service: "executor", isDone: isDone, text: text)))
    }
}
