import SignalContracts
import TradingPrimitives

// Start and recovery are one path: settle what was under way, find the groups, rebuild the state if it may have parted from the
// streams, process what is pending, go live.

/// Where a host is on its way back.
enum RecoveryStep: Equatable, Sendable {
    case leases
    case identity
    /// The lanes of the sealed batch that were committed.
    case evidence
    /// The sealed batch is sent.
    case settlement
    case groups
    case positions
    case recount([GroupPosition])
    case gaps([GroupPosition])
    case claim([GroupPosition])
    case pending([GroupPosition])
    case replay(HostReplay)
    /// What was pending and has been processed is committed.
    case commit(HostReplay)
    case connections
}

extension HostMachine {
    mutating func nextRecovery(_ step: RecoveryStep, _ isAsked: Bool, _ nowUs: Int64) -> Action? {
        switch step {
        case .settlement:
            if let action = nextDelivery(nowUs) { return action }
            guard case .open = batch else { return nil }
            go(to: .groups)
            return next(nowUs: nowUs)
        case .commit(let replay):
            if let action = nextDelivery(nowUs) { return action }
            guard case .open = batch else { return nil }
            // What is held back is not committed, nor what follows it.
            for (stream, position) in replay.positions.enumerated() {
                let firstHeld = replay.held.first { $0.stream == stream }
                lastCommitted[stream] = firstHeld?.id.previous ?? position.lastDelivered
            }
            go(to: .connections)
            return next(nowUs: nowUs)
        case .leases, .identity, .evidence, .groups, .positions, .recount, .gaps, .claim, .pending, .replay,
            .connections:
            guard !isAsked else { return nil }
            phase = .recovering(step, isAsked: true)
            return question(of: step)
        }
    }

    private func question(of step: RecoveryStep) -> Action? {
        switch step {
        case .leases: return .checkLeases
        case .identity: return .identify
        case .evidence: return .find(lanes: unsettled)
        case .groups: return .makeGroups(resumeAt: lastCommitted)
        case .positions: return .locate
        case .recount(let positions): return .recount(positions)
        case .gaps(let positions):
            return .tellGaps(streams: positions.indices.filter { positions[$0].lostCount > 0 }, positions)
        case .claim: return .claim
        case .pending: return .readPending
        case .replay(let replay): return .replay(replay)
        case .connections: return .connect
        case .settlement, .commit: return nil
        }
    }

    private mutating func go(to step: RecoveryStep) { phase = .recovering(step, isAsked: false) }

    /// With symbols it may begin. What it knows of a lane counts only if it was the only one to commit there all the time:
    /// `lostLanes` are the tags of the others.
    public mutating func checkedLeases(hasSymbols: Bool, lostLanes: [String?] = []) {
        guard case .recovering(.leases, _) = phase else { return }
        guard hasSymbols else {
            phase = .down
            return
        }
        if case .kept(let unknown) = memory,
            lostLanes.contains(where: { tag in !unknown.contains { $0.name == tag } })
        {
            forget()
        }
        go(to: .identity)
    }

    public mutating func identified(_ server: String) {
        guard case .recovering(.identity, _) = phase else { return }
        // Another server process may have lost its last writes: its streams are then the truth, not our memory.
        otherServer = server == self.server ? nil : server
        if otherServer != nil { forget() }
        switch batch {
        case .sealed: go(to: unsettled.isEmpty ? .settlement : .evidence)
        case .open: go(to: .groups)
        }
    }

    /// These lanes were committed.
    public mutating func found(_ lanes: [Int]) {
        guard case .recovering(.evidence, _) = phase else { return }
        unsettled.removeAll(where: lanes.contains)
        go(to: .settlement)
    }

    /// Nobody can tell whether they were committed.
    public mutating func foundNoGroup() {
        guard case .recovering(.evidence, _) = phase else { return }
        forget()
        go(to: .groups)
    }

    /// Groups of these streams were not there.
    public mutating func madeGroups(_ streams: [Int]) {
        guard case .recovering(.groups, _) = phase else { return }
        if streams.contains(where: { lastCommitted[$0] != nil }) { forget() }
        go(to: .positions)
    }

    public mutating func located(_ positions: [GroupPosition]) {
        guard case .recovering(.positions, _) = phase else { return }
        if otherServer == nil { goOn(from: positions) } else { go(to: .recount(positions)) }
    }

    public mutating func recounted() {
        guard case .recovering(.recount(let positions), _) = phase else { return }
        goOn(from: positions)
    }

    private mutating func goOn(from positions: [GroupPosition]) {
        // It is known once that is done: one that is still loading refuses.
        server = otherServer ?? server
        otherServer = nil
        let hasGaps = positions.contains { $0.lostCount > 0 }
        if hasGaps { forget() }
        go(to: hasGaps ? .gaps(positions) : .claim(positions))
    }

    public mutating func toldGaps() {
        guard case .recovering(.gaps(let positions), _) = phase else { return }
        go(to: .claim(positions))
    }

    public mutating func claimed() {
        guard case .recovering(.claim(let positions), _) = phase else { return }
        go(to: .pending(positions))
    }

    public mutating func sawPending(_ pending: [PendingEntry]) {
        guard case .recovering(.pending(let positions), _) = phase else { return }
        // Entries that were overtaken by later ones can have their right place only in a state built anew.
        if pending.contains(where: { $0.id < lastCommitted[$0.stream] ?? .zero }) { forget() }
        let (due, held) = layout.parted(pending, positions)
        var unknown: Set<Symbol>?
        if case .kept(let symbols) = memory { unknown = symbols }
        go(
            to: .replay(
                HostReplay(isNew: unknown == nil, unknown: unknown ?? [], positions: positions, due: due, held: held)))
    }

    /// The processor knows what it must. What was pending is in the batch.
    public mutating func replayed() {
        guard case .recovering(.replay(let replay), _) = phase else { return }
        memory = .kept(unknown: [])
        go(to: .commit(replay))
    }
}
