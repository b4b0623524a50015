public import Hosting
import SignalContracts
public import StreamBus
import TradingPrimitives

/// Keeps the lease that makes one process of a service its owner: asks Redis what its claim wants to know, and says when it was taken
/// or lost.
///
/// It is the mechanism that shares symbols among workers, with one thing to share. It never waits for Redis.
public final class OwnerLease {
    private let context: ServiceContext
    private let leases: SymbolLeases
    private var claim: OwnerClaim
    private let freeForUs: Int64
    private var link: RedisLink?
    private let mayAssume: () -> Bool
    private let onTaken: () -> Void
    private let onLost: () -> Void

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
        claim = OwnerClaim(freeForUs: freeForUs, startedAtUs: SystemClock.uninterruptedUs())
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
    public var standing: LeaseStanding.Standing { claim.standing(atUs: SystemClock.uninterruptedUs()) }

    /// Whether another process has it, as Redis said.
    public var isStandby: Bool { claim.hasAnswered && !claim.isOwner && link != nil }

    public func start() {
        context.reactor.every(ms: 100) { [unowned self] in turn() }
        context.reactor.every(ms: LeaseTable.renewEveryMs) { [unowned self] in ask() }
        claim = OwnerClaim(freeForUs: freeForUs, startedAtUs: SystemClock.uninterruptedUs())
        ask()
    }

    /// Gives it back, so that the next one need not wait. It waits for Redis' answer, half a second at most.
    public func leave() {
        claim.left()
        link?.close()
        guard claim.isOwner, let client = try? RedisClient(context.settings.redis, timeoutMs: 500) else { return }
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

    private func turn() { act(on: claim.turned(atUs: SystemClock.uninterruptedUs(), mayAssume: mayAssume)) }

    private func act(on news: OwnerClaim.News?) {
        switch news {
        case .taken: onTaken()
        case .lost: onLost()
        case .standby: context.log.info("standby")
        case .expired:
            context.log.warning("lease_expired")
            ask()
        case .assumed:
            context.log.warning("lease_assumed")
            onTaken()
        case nil: break
        }
    }

    private func ask() {
        let now = SystemClock.uninterruptedUs()
        if claim.isSilent(atUs: now) {
            link?.close()
            link = nil
        }
        guard let question = claim.ask(atUs: now) else { return }
        do throws(RedisError) {
            if link == nil { link = try connect() }
            var commands = CommandBuffer()
            switch question {
            case .look: leases.appendLook(to: &commands)
            case .renewal: leases.appendRenewal(to: &commands)
            }
            link?.send(commands)
        } catch { ended(error) }
    }

    private func connect() throws(RedisError) -> RedisLink {
        try RedisLink(
            context.reactor, context.settings.redis, key: Array(leases.workersKey.utf8),
            onReply: { [unowned self] in answered($0) },
            onEnd: { [unowned self] in ended($0) })
    }

    private func ended(_ error: RedisError) {
        if claim.question != nil, claim.isOwner { context.log.warning("lease_not_renewed") { $0.put("error", error) } }
        claim.disconnected()
        link = nil
    }

    private func answered(_ reply: RedisReply) {
        do throws(RedisError) {
            if let error = reply.error { throw .refused(error) }
            switch claim.question {
            case .look: claim.answered(isFree: reply.isNil(RedisReply.root))
            case .renewal:
                let isOwned = try !leases.holding(reply.value).owned.isEmpty
                act(on: claim.answered(isOwned: isOwned))
            case nil: break
            }
        } catch {
            claim.answerFailed()
            context.log.warning("lease_not_renewed") { $0.put("error", error) }
        }
    }
}
