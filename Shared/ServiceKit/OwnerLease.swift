import Glibc
import SignalContracts
public import StreamBus
import TradingPrimitives

/// Keeps the lease that makes one process of a service its owner: asks for it, renews it, and says when it was taken or lost.
///
/// It is the mechanism that shares symbols among workers, with one thing to share. It never waits for Redis.
public final class OwnerLease {
    private let context: ServiceContext
    private let leases: SymbolLeases
    private var state = LeaseStanding(lifeUs: Int64(SymbolLeases.lifeMs) * 1000)
    private var link: RedisLink?
    private var askedAtUs: Int64?
    private var isLook = false
    /// Since when looks have found it free, as a standby.
    private var freeSinceUs: Int64?
    private var wasOwner = false
    private var hasAnswered = false
    private var startedAtUs: Int64 = 0
    private let freeForUs: Int64
    private let mayAssume: () -> Bool
    private var hasOwned = false
    private let onTaken: () -> Void
    private let onLost: () -> Void
    /// A question that has not been answered for so long is asked anew, over another connection.
    private static let silenceMaxUs: Int64 = 2_000_000
    /// One that has waited for so long is a standby: it only takes what has been free for a while. An owner takes the lease
    /// again after a Redis that was emptied or started anew, and must not be overtaken then.
    private static let standbyAfterUs: Int64 = 5_000_000
    /// How long a start waits for Redis before it assumes that the lease is its own.
    private static let assumeAfterUs: Int64 = 2_000_000

    /// `onTaken` is called when this process becomes the owner, also again after it slept. `onLost` when, after it has
    /// been the owner, another is. `mayAssume` says whether there is something to protect: then a process that starts while
    /// Redis is away does not wait for it. `freeForMs`: for how long it must have been free before a standby takes it; an owner
    /// takes it again meanwhile. Nil when `name` is not a word of capital letters.
    public init?(
        _ context: ServiceContext, name: String, freeForMs: Int64 = 700, mayAssume: @escaping () -> Bool,
        onTaken: @escaping () -> Void, onLost: @escaping () -> Void
    ) {
        guard let one = Symbol(name) else { return nil }
        freeForUs = freeForMs * 1000
        self.mayAssume = mayAssume
        self.context = context
        self.onTaken = onTaken
        self.onLost = onLost
        leases = SymbolLeases(
            service: context.name, worker: SymbolLeases.newWorker(context.host), symbols: [one],
            isCluster: context.settings.redis.cluster != nil)
        context.metrics.gauge("owner", help: "1 while this process holds the lease of its service.") { [weak self] in
            self?.standing == .held ? 1 : 0
        }
    }

    /// By the clock of this moment, so that a process that has just woken up does not take itself for the owner.
    public var standing: LeaseStanding.Standing { state.standing(atUs: SystemClock.uninterruptedUs()) }

    /// Whether another process has it, as Redis said.
    public var isStandby: Bool { hasAnswered && !wasOwner && link != nil }

    public func start() {
        context.reactor.every(ms: 100) { [unowned self] in turn() }
        context.reactor.every(ms: Int64(SymbolLeases.renewEveryMs)) { [unowned self] in ask() }
        startedAtUs = SystemClock.uninterruptedUs()
        ask()
    }

    /// Gives it back, so that the next one need not wait. It waits for Redis' answer, half a second at most.
    public func leave() {
        state.lost()
        link?.close()
        guard wasOwner, let client = try? RedisClient(context.settings.redis, timeoutMs: 500) else { return }
        try? leases.leave(client)
    }

    // MARK: The fence of what the owner writes

    /// The key that names the owner, to be watched by each of its transactions in the slot of `tag`: a new owner writes it before it
    /// writes anything else.
    func fence(of tag: String) -> (key: String, owner: String) { (leases.ownerKey(tag), leases.worker) }

    /// Makes this process the only one whose transactions are carried out in these slots. To be called by the owner before it
    /// writes; one Redis does it with the lease.
    public func claim(_ tags: [String], _ client: RedisClient) throws(RedisError) {
        _ = try leases.claim(tags, client)
    }

    private func turn() {
        state.turned(atUs: SystemClock.uninterruptedUs())
        if wasOwner, standing == .none {
            wasOwner = false
            context.log.warning("lease_expired")
            ask()
        }
        if !hasAnswered, !hasOwned, SystemClock.uninterruptedUs() - startedAtUs > Self.assumeAfterUs, mayAssume() {
            context.log.warning("lease_assumed")
            state.assumed(atUs: SystemClock.uninterruptedUs())
            taken()
        }
    }

    private func taken() {
        guard !wasOwner else { return }
        wasOwner = true
        hasOwned = true
        onTaken()
    }

    private func ask() {
        let now = SystemClock.uninterruptedUs()
        if let askedAtUs {
            guard now - askedAtUs > Self.silenceMaxUs else { return }
            link?.close()
            link = nil
        }
        do throws(RedisError) {
            if link == nil { link = try connect() }
            askedAtUs = now
            var commands = CommandBuffer()
            isLook = mustLook(now)
            if isLook { leases.appendLook(to: &commands) } else { leases.appendRenewal(to: &commands) }
            link?.send(commands)
        } catch { ended(error) }
    }

    private func mustLook(_ now: Int64) -> Bool {
        guard freeForUs > 0, hasAnswered, !hasOwned, now - startedAtUs > Self.standbyAfterUs else { return false }
        return freeSinceUs.map { now - $0 < freeForUs } ?? true
    }

    private func connect() throws(RedisError) -> RedisLink {
        try RedisLink(
            context.reactor, context.settings.redis, key: Array(leases.workersKey.utf8),
            onReply: { [unowned self] in answered($0) },
            onEnd: { [unowned self] in ended($0) })
    }

    private func ended(_ error: RedisError) {
        if askedAtUs != nil, wasOwner { context.log.warning("lease_not_renewed") { $0.put("error", error) } }
        askedAtUs = nil
        freeSinceUs = nil
        link = nil
    }

    private func answered(_ reply: RedisReply) {
        guard let asked = askedAtUs else { return }
        askedAtUs = nil
        do throws(RedisError) {
            if let error = reply.error { throw .refused(error) }
            if isLook {
                freeSinceUs = reply.isNil(RedisReply.root) ? freeSinceUs ?? asked : nil
                return
            }
            freeSinceUs = nil
            let isFirst = !hasAnswered
            hasAnswered = true
            if try leases.holding(reply.value).owned.isEmpty {
                state.lost()
                wasOwner = false
                if hasOwned { onLost() } else if isFirst { context.log.info("standby") }
            } else {
                state.granted(askedAtUs: asked)
                taken()
            }
        } catch {
            context.log.warning("lease_not_renewed") { $0.put("error", error) }
        }
    }
}
