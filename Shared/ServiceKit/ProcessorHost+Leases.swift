import Glibc
import SignalContracts
import StreamBus
import TradingPrimitives

/// What several instances of a service do.
public enum Sharing: Sendable {
    /// They share the symbols: each reads those whose lease it has.
    case symbols
    /// One of them does the work, the others wait for its end: for a processor that knows of all symbols.
    case whole
    /// Nothing: there is one instance, or another lease guards it.
    case none
}

// A worker that has slept through its leases is fenced: each of its transactions watches a key that is written when
// another worker takes over.
extension ProcessorHost {
    func makeLeases() -> SymbolLeases {
        let things = sharing == .whole ? Symbol("ALL").map { [$0] } ?? [] : context.settings.symbols
        return SymbolLeases(
            service: context.name, worker: SymbolLeases.newWorker(context.host), symbols: things, isCluster: isCluster)
    }

    /// Renews the leases; what changes is applied once no batch is in hand.
    func renewLeases() {
        guard let leases, !isStopping else { return }
        do throws(RedisError) {
            let asked = SystemClock.monotonicUs()
            let holding = try leases.renew(try leaseConnection())
            leasesRenewedUs = asked
            apply(holding)
        } catch {
            leaseClient = nil
            context.isStandby = false
            // It is told as what it is.
            if case .loginRefused = error { return }
            context.log.warning("leases_not_renewed") { $0.put("error", error) }
        }
    }

    private func leaseConnection() throws(RedisError) -> RedisClient {
        if let leaseClient { return leaseClient }
        let client = try RedisClient(context.settings.redis, timeoutMs: 500)
        leaseClient = client
        return client
    }

    private func apply(_ holding: SymbolLeases.Holding) {
        let kept = kept(of: holding)
        if owned.isEmpty, kept.isEmpty, !context.isStandby { context.log.info("standby") }
        context.isStandby = kept.isEmpty
        guard kept != owned || !holding.surplus.isEmpty else { return }
        nextHolding = holding
        if case .underWay = commit, phase == .live { return }
        if case .refused = commit, phase == .live { return }
        changeSymbols()
    }

    private func kept(of holding: SymbolLeases.Holding) -> [Symbol] {
        if sharing == .whole { return holding.owned.isEmpty ? [] : context.settings.symbols }
        return context.settings.symbols.filter { holding.owned.contains($0) && !holding.surplus.contains($0) }
    }

    /// Stops reading, gives back what is surplus, and begins again with what is left.
    func changeSymbols() {
        guard let holding = nextHolding, let leases else { return }
        nextHolding = nil
        closeLinks()
        if !holding.surplus.isEmpty {
            do throws(RedisError) {
                try leases.release(holding.surplus, try leaseConnection())
            } catch {
                // It runs out by itself.
                leaseClient = nil
            }
        }
        own(kept(of: holding))
        if !owned.isEmpty { goDown(recoverAfterMs: 0) }
    }

    private func own(_ symbols: [Symbol]) {
        let committed = Dictionary(zip(streams, lastCommitted)) { first, _ in first }
        keepState(for: symbols)
        owned = symbols
        unsettled.removeAll()
        causes.removeAll()
        commit = .idle
        context.log.info("symbols") { $0.put("owned", symbols.map(\.name).joined(separator: ",")) }
        guard !symbols.isEmpty else { return }
        reader = GroupReader(
            group: reader.group, consumer: reader.consumer, streams: Self.streams(for: symbols),
            countMax: reader.countMax, isCluster: isCluster)
        streams = reader.streams
        hop = HopBuffer(reader, firstMarker: Int(SystemClock.wallUs()), isGuarded: true, isCluster: isCluster)
        lastCommitted = streams.map { committed[$0] ?? nil }
        metrics.show(context.metrics, service: context.name, reader: reader)
    }

    /// What stays with this worker goes on from where it is: only what comes to it has to be warmed up.
    private func keepState(for symbols: [Symbol]) {
        guard var sharing = processor as? any StreamProcessor & SymbolSharing, !symbols.isEmpty else {
            processor = nil
            return
        }
        for symbol in owned where !symbols.contains(symbol) { sharing.forget(symbol) }
        processor = sharing as? Processor
        fresh = fresh.union(symbols.filter { !owned.contains($0) }).intersection(symbols)
    }

    /// Whether a read may be sent: it must be over, with its whole waiting time, before the leases can run out. A worker
    /// that slept would otherwise take entries away from the new owner before it learns that it has been fenced.
    func mayRead() -> Bool {
        guard leases != nil else { return true }
        if areLeasesFresh { return true }
        renewLeases()
        guard areLeasesFresh else {
            retry()
            return false
        }
        return phase == .live && nextHolding == nil
    }

    var areLeasesFresh: Bool {
        SystemClock.monotonicUs() - leasesRenewedUs < Int64(SymbolLeases.lifeMs - blockMs - 300) * 1000
    }

    /// Before recovery: whether this worker has symbols to read, by leases that stand now.
    func leasesStand() throws(RedisError) -> Bool {
        guard let leases else { return true }
        let client = try RedisClient(context.settings.redis, timeoutMs: isCluster ? 500 : 1500)
        let asked = SystemClock.monotonicUs()
        let holding = try leases.renew(client)
        leasesRenewedUs = asked
        if kept(of: holding) != owned {
            try leases.release(holding.surplus, client)
            own(kept(of: holding))
        }
        return !owned.isEmpty
    }

    /// While a state is built the loop does not turn, and that may take longer than a lease lives: without this, workers would take
    /// each other's symbols for ever, none of them ready in time. What changes by it shows at the next turn.
    func keepLeases() {
        let now = SystemClock.monotonicUs()
        guard let leases, now - leasesKeptUs > Int64(SymbolLeases.renewEveryMs) * 1000 else { return }
        leasesKeptUs = now
        do throws(RedisError) {
            _ = try leases.renew(try leaseConnection())
            leasesRenewedUs = now
        } catch {
            leaseClient = nil
        }
    }

    func leaveLeases() {
        guard let leases, phase == .live, let client = try? RedisClient(context.settings.redis, timeoutMs: 500) else {
            return
        }
        try? leases.leave(client)
    }

    // MARK: The fence

    /// Watches the fence for the next transaction of each lane, and asks whether it has been written already.
    func watchFence() {
        for lane in lanes where lane.part != nil {
            var commands = CommandBuffer()
            appendFence(of: lane, endsCommit: false, to: &commands)
            lane.commitLink?.send(commands)
        }
    }

    func appendFence(of lane: HostLane, endsCommit: Bool, to commands: inout CommandBuffer) {
        guard let leases, let part = lane.part else { return }
        let key = leases.fenceKey(reader.laneTags[part])
        commands.command(["WATCH", key])
        commands.command(["GET", key])
        lane.expect(.watch)
        lane.expect(.fence(endsCommit: endsCommit))
    }

    func fenceAnswered(_ reply: RedisReply, _ lane: HostLane, endsCommit: Bool) {
        guard let leases, !leases.isFenced(reply.value) else { return fenced() }
        if endsCommit { return commitAnswered() }
        lane.isWatched = true
        askIfIdle()
    }

    /// The same for a connection that waits for its answers.
    func mayCommit(lane: Int, _ client: RedisClient) throws(RedisError) -> Bool {
        guard let leases else { return true }
        let key = leases.fenceKey(reader.laneTags[lane])
        try client.command("WATCH", key)
        guard try !leases.isFenced(client.command("GET", key)) else {
            fenced()
            return false
        }
        return true
    }

    /// Makes this worker the only one that commits in its lanes. What it knows of a lane counts only if that was so all the time.
    func claimLanes(_ client: RedisClient) throws(RedisError) {
        guard let leases else { return }
        let taken = try leases.claim(reader.laneTags, client)
        if taken.contains(where: { tag in !fresh.contains { $0.name == tag } }) { processor = nil }
    }

    /// Another worker has taken over while this one slept: nothing in hand is ours any more.
    func fenced() {
        context.log.error("fenced")
        metrics.fenced.add()
        leases = makeLeases()
        nextHolding = nil
        own([])
        closeLinks()
        context.reactor.after(ms: 0) { [weak self] in self?.renewLeases() }
    }
}
