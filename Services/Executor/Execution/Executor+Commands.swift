import SignalContracts
public import TradingPrimitives

/// A command to close that has been taken and not yet answered.
public struct Closing: Equatable, Sendable {
    public let command: String
    public let symbols: [Symbol]
    /// How many of them were held when it came.
    public let count: Int
    public internal(set) var deadline: Timestamp
}

// What an operator wants.
extension Executor {
    private static let closingMaxMs: Int64 = 20_000

    mutating func obey(_ command: Command) {
        switch command.name {
        case .halt, .pause, .resume: return
        case .stop, .start, .close, .closeAll: break
        }
        guard !takenCommands.contains(command.id) else { return }
        take(command.id)
        switch command.name {
        case .stop, .start:
            effects.append(.journal(.command(id: command.id)))
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
        case .halt, .pause, .resume: break
        }
    }

    mutating func take(_ command: String) {
        takenCommands.append(command)
        if takenCommands.count > Self.namesMax { takenCommands.removeFirst() }
    }

    /// Until an operator starts them again, also over a restart.
    mutating func stopEntries(_ event: String, _ text: String) {
        entriesStopped = true
        effects.append(.journal(.entriesStopped(true)))
        alert(.critical, event, nil, "\(text); no new entries until 'start'; stops and targets stay")
        tellAccount()
    }

    private mutating func close(_ command: Command) {
        let wanted = command.name == .closeAll ? desks.map(\.symbol) : [command.symbol].compactMap(\.self)
        let indices = desks.indices.filter { wanted.contains(desks[$0].symbol) }
        guard !indices.isEmpty else {
            effects.append(.journal(.command(id: command.id)))
            return answer(command.id, false, "no such symbol is traded here")
        }
        let busy = indices.filter { desks[$0].position != nil }
        let closing = Closing(
            command: command.id, symbols: indices.map { desks[$0].symbol }, count: busy.count,
            deadline: now + Self.closingMaxMs)
        // One record says that it was taken and what is to be done, so that a crash can't part the two.
        effects.append(.journal(.closing(closing)))
        closings.append(closing)
        for index in busy {
            // Also while the contract's rules are not known: it is closed as soon as they are.
            desks[index].position?.isAbandoned = true
            act(index) { _, _, _ in }
        }
        for index in busy { effects.append(.journal(.position(desks[index].symbol, desks[index].position))) }
        reconciliation.isWanted = true
        finishClosings()
    }

    /// After a restart: what a command wanted closed and is still there is closed now.
    mutating func resumeClosings() {
        for place in closings.indices {
            closings[place].deadline = now + Self.closingMaxMs
            for index in desks.indices where closings[place].symbols.contains(desks[index].symbol) {
                desks[index].position?.isAbandoned = true
            }
        }
    }

    /// Answers the commands whose symbols are flat by now, or that took too long.
    mutating func finishClosings() {
        // What is held is known once the venue has been looked at.
        guard isReconciled || closings.contains(where: { now >= $0.deadline }) else { return }
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
