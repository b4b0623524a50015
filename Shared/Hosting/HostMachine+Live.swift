// While connected: read a batch, process it, commit it, read the next one as soon as the commit stands.
//
// The next read could always be sent along with the commit. It was tried: Redis then serves the read before it passes the
// outputs on, which costs each hop about a tenth of its latency, and brings no more throughput.
extension HostMachine {
    /// The connections stand; with leases, the fence of each part is yet to be seen.
    public mutating func connected() {
        guard case .recovering(.connections, _) = phase else { return }
        phase = .live
        isReadingPaused = false
        isReadHeld = false
        areReading = layout.parts.map { _ in false }
        areWatched = layout.parts.map { _ in !isGuarded }
    }

    mutating func nextLive(_ nowUs: Int64) -> Action? {
        switch batch {
        case .sealed(let sealed):
            if isStopping, case .refused = sealed.delivery { return stopped() }
            if let action = nextDelivery(nowUs) { return action }
            return sealed.readsOn ? nextRead(nowUs) : nil
        case .open(let isEmpty):
            if isEmpty, let action = nextBetweenBatches() { return action }
            if isTimerDue {
                isTimerDue = false
                return .processTimer
            }
            if isReadingPaused {
                isReadingPaused = false
                return .resumeReading
            }
            return isEmpty ? nextRead(nowUs) : .seal
        }
    }

    private mutating func nextBetweenBatches() -> Action? {
        if isStopping { return stopped() }
        if isHandOverDue { return handOver() }
        guard mayHaveForeign else { return nil }
        mayHaveForeign = false
        return .claimForeign
    }

    private mutating func nextRead(_ nowUs: Int64) -> Action? {
        guard !isReadHeld, layout.parts.indices.contains(where: mayRead) else { return nil }
        return areLeasesFresh(nowUs) ? .read : .renewLeases
    }

    /// Whether the next read of a part may be sent.
    public func mayRead(part: Int) -> Bool { areWatched[part] && !areReading[part] }

    public mutating func sentRead(part: Int) { areReading[part] = true }

    /// The answer to a part's read.
    public mutating func arrived(part: Int) {
        areReading[part] = false
        isReadHeld = false
    }

    /// The next read waits until something arrives, or `freeRead`.
    public mutating func holdRead() { isReadHeld = true }
    public mutating func freeRead() { isReadHeld = false }

    /// Entries have long been pending that this process does not have in hand.
    public mutating func sawForeign() { mayHaveForeign = true }
}
