public import SignalContracts

// A batch: what a host has read, and what the processor said to it, committed together or not at all.

/// A batch that takes no more, until all of it is committed.
struct SealedBatch: Equatable, Sendable {
    /// Where it is.
    enum Delivery: Equatable, Sendable {
        /// What has not been confirmed is to be sent; once all has been, it is settled.
        case due
        /// What goes ahead is on its way; so many answers are owed.
        case ahead(owed: Int, isRefused: Bool)
        /// Its lanes are on their way; so many answers are owed.
        case lanes(owed: Int)
        /// Redis would not take it; waits for `sendAgain`.
        case refused(isTold: Bool)
    }

    /// Places to which something goes ahead of the lanes; 0 once that has been confirmed.
    var aheadCount: Int
    /// Whether the next read goes along with it.
    let readsOn: Bool
    var delivery = Delivery.due
}

extension HostMachine {
    /// Something is in the batch.
    public mutating func processed() { if batch == .open(isEmpty: true) { batch = .open(isEmpty: false) } }

    /// What the batch has: lanes, places to which something goes ahead of them, and whether it writes nothing.
    public mutating func sealed(lanes: [Int], aheadCount: Int, isOnlyAcknowledgements: Bool) {
        guard case .open = batch else { return }
        unsettled.removeAll(keepingCapacity: true)
        unsettled.append(contentsOf: lanes)
        // A batch that has no outputs holds nobody up: the next read goes along with its acknowledgement.
        batch = .sealed(
            SealedBatch(
                aheadCount: aheadCount, readsOn: isOnlyAcknowledgements && !isGuarded && isLive))
        isReadingPaused = isLive
    }

    /// What the batch needs next to be committed; nil when there is none, or an answer is owed.
    public mutating func nextDelivery(_ nowUs: Int64) -> Action? {
        switch batch {
        case .open(let isEmpty): return isEmpty ? nil : .seal
        case .sealed(var sealed):
            let action = next(of: &sealed, nowUs)
            batch = action == .settle ? .open(isEmpty: true) : .sealed(sealed)
            return action
        }
    }

    private func next(of sealed: inout SealedBatch, _ nowUs: Int64) -> Action? {
        switch sealed.delivery {
        case .due where sealed.aheadCount > 0:
            // It is not fenced, so a worker that may have slept sends nothing.
            guard areLeasesFresh(nowUs) else { return .fence }
            sealed.delivery = .ahead(owed: sealed.aheadCount, isRefused: false)
            return .sendAhead
        case .due where unsettled.isEmpty: return .settle
        case .due:
            sealed.delivery = .lanes(owed: unsettled.count)
            return .send(lanes: unsettled)
        case .refused(isTold: false):
            sealed.delivery = .refused(isTold: true)
            return .delay
        case .ahead, .lanes, .refused(isTold: true): return nil
        }
    }

    /// One of the places to which something went ahead has answered.
    public mutating func aheadAnswered(isRefused: Bool) {
        guard case .sealed(var sealed) = batch, case .ahead(let owed, let wasRefused) = sealed.delivery else { return }
        if owed > 1 {
            sealed.delivery = .ahead(owed: owed - 1, isRefused: wasRefused || isRefused)
        } else if wasRefused || isRefused {
            sealed.delivery = .refused(isTold: false)
        } else {
            sealed.aheadCount = 0
            sealed.delivery = .due
        }
        batch = .sealed(sealed)
    }

    /// A lane was carried out as a whole, or not at all.
    public mutating func laneAnswered(_ lane: Int, isCommitted: Bool) {
        guard case .sealed(let sealed) = batch, case .lanes = sealed.delivery else { return }
        if isCommitted { unsettled.removeAll { $0 == lane } }
        // With leases, it ends when the fence is watched again.
        if !isGuarded || !isLive { endLane() }
    }

    /// The fence of a part is being watched, and nobody has written it. `endsCommit`: it came with what was sent.
    public mutating func sawFence(part: Int, endsCommit: Bool) {
        areWatched[part] = true
        if endsCommit { endLane() }
    }

    private mutating func endLane() {
        guard case .sealed(var sealed) = batch, case .lanes(let owed) = sealed.delivery else { return }
        if owed > 1 {
            sealed.delivery = .lanes(owed: owed - 1)
        } else {
            sealed.delivery = unsettled.isEmpty ? .due : .refused(isTold: false)
        }
        batch = .sealed(sealed)
    }

    /// What was refused has waited long enough.
    public mutating func sendAgain() {
        guard case .sealed(var sealed) = batch, case .refused = sealed.delivery else { return }
        sealed.delivery = .due
        batch = .sealed(sealed)
    }

    /// An entry of the batch that is settled.
    public mutating func committed(stream: Int, _ id: StreamId) {
        lastCommitted[stream] = max(lastCommitted[stream] ?? id, id)
    }
}
