import Glibc
import Hosting
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
        guard let leases, !machine.isStopping else { return }
        do throws(RedisError) {
            let asked = SystemClock.monotonicUs()
            let holding = try leases.renew(try leaseConnection())
            machine.renewedLeases(atUs: asked)
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

    private func apply(_ holding: LeaseHolding) {
        let isNone = share.kept(of: holding).isEmpty
        if owned.isEmpty, isNone, !context.isStandby { context.log.info("standby") }
        context.isStandby = isNone
        guard share.told(holding) else { return }
        machine.handOverIsDue()
        drive()
    }

    /// Stops reading, gives back what is surplus, and begins again with what is left.
    func changeSymbols() {
        guard let leases, let holding = share.takeChange() else { return }
        closeLinks()
        if !holding.surplus.isEmpty {
            do throws(RedisError) {
                try leases.release(holding.surplus, try leaseConnection())
            } catch {
                // It runs out by itself.
                leaseClient = nil
            }
        }
        own(share.kept(of: holding))
        if !owned.isEmpty { comeAgain(afterMs: 0) }
    }

    private func own(_ symbols: [Symbol]) {
        let isMemoryKept = share.own(symbols, &processor)
        causes.removeAll()
        context.log.info("symbols") { $0.put("owned", symbols.map(\.name).joined(separator: ",")) }
        guard !symbols.isEmpty else { return machine.forget() }
        let layout = StreamLayout(Processor.Input.streams(for: symbols), isCluster: isCluster)
        machine.own(layout, isMemoryKept: isMemoryKept)
        reader = GroupReader(
            group: reader.group, consumer: reader.consumer, layout, countMax: reader.countMax)
        hop = HopBuffer(reader, firstMarker: Int(SystemClock.wallUs()), isGuarded: true, isCluster: isCluster)
        metrics.show(context.metrics, service: context.name, reader: reader)
    }

    /// How long leases that were asked for are good for a read: it must be over, with its whole waiting time and some to spare,
    /// before they can run out. Microseconds.
    static var leaseFreshUs: Int64 { (LeaseTable.lifeMs - Int64(guardedBlockMs) - 300) * 1000 }

    /// Before recovery: whether this worker has symbols to read, by leases that stand now.
    func leasesStand(_ client: RedisClient) throws(RedisError) -> Bool {
        guard let leases else { return true }
        let asked = SystemClock.monotonicUs()
        let holding = try leases.renew(client)
        machine.renewedLeases(atUs: asked)
        if share.kept(of: holding) != owned {
            try leases.release(holding.surplus, client)
            own(share.kept(of: holding))
        }
        return !owned.isEmpty
    }

    /// While a state is built the loop does not turn, and that may take longer than a lease lives: without this, workers would take
    /// each other's symbols for ever, none of them ready in time. What changes by it shows at the next turn.
    func keepLeases() {
        let now = SystemClock.monotonicUs()
        guard let leases, now - leasesKeptUs > LeaseTable.renewEveryMs * 1000 else { return }
        leasesKeptUs = now
        do throws(RedisError) {
            _ = try leases.renew(try leaseConnection())
            machine.renewedLeases(atUs: now)
        } catch {
            leaseClient = nil
        }
    }

    func leaveLeases() {
        guard let leases, machine.isLive, let client = try? RedisClient(context.settings.redis, timeoutMs: 500) else {
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
        guard let leases, let part = lane.part, !leases.isFenced(reply.value) else { return fenced() }
        machine.sawFence(part: part, endsCommit: endsCommit)
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

    /// Makes this worker the only one that commits in its lanes. Gives those that had another one.
    func claimLanes(_ client: RedisClient) throws(RedisError) -> [String?] {
        guard let leases else { return [] }
        return try leases.claim(reader.laneTags, client)
    }

    /// Another worker has taken over while this one slept: nothing in hand is ours any more.
    func fenced() {
        context.log.error("fenced")
        metrics.fenced.add()
        machine.fenced()
        leases = makeLeases()
        share.fenced()
        own([])
        closeLinks()
        context.reactor.after(ms: 0) { [weak self] in self?.renewLeases() }
    }
}
