import Glibc
public import Hosting
public import TradingPrimitives

/// Shares the symbols among the workers of one service: each symbol has one owner, and each worker its fair share.
///
/// A lease runs out unless it is renewed; a symbol without a lease goes to the next worker that asks. Taking a symbol
/// over from a worker that did not give it back fences that worker: a key that the worker watches in each of its
/// transactions is written, so that nothing it still holds can be committed after it wakes up.
///
/// The script's rule as a value is `LeaseTable`.
///
/// On a cluster all leases of a service lie in one slot, and each lane is claimed in its own before it is read: a
/// transaction there watches the claim.
public struct SymbolLeases {
    public let service: String
    /// Unlike that of any other worker, now or before.
    public let worker: String
    private let symbols: [Symbol]
    private let isCluster: Bool
    /// A fence stands longer than any worker can have slept.
    private static let fenceLifeMs = 86_400_000

    public init(service: String, worker: String, symbols: [Symbol], isCluster: Bool = false) {
        self.service = service
        self.isCluster = isCluster
        self.worker = worker
        self.symbols = symbols
    }

    /// A name for a worker: never the same twice, so that the fence of an earlier one does not stand in its way, and that
    /// people can see which process it is.
    public static func newWorker(_ host: String) -> String {
        var random = SystemRandomNumberGenerator()
        return "\(host)-\(getpid())-\(String(random.next() as UInt32, radix: 36))"
    }

    // MARK: Keys

    private static func word(_ service: String, _ isCluster: Bool) -> String { isCluster ? "{\(service)}" : service }

    /// The key that names the owner of `thing`.
    public static func leaseKey(_ service: String, _ thing: String, isCluster: Bool) -> String {
        "lease:\(word(service, isCluster)):\(thing)"
    }

    /// The key that has the workers.
    public static func workersKey(_ service: String, isCluster: Bool) -> String {
        "workers:\(word(service, isCluster))"
    }

    /// The key that is written when another worker takes over from this one. `tag` is that of the lane, on a cluster.
    public func fenceKey(_ tag: String?) -> String {
        isCluster ? "claim:\(service):{\(tag ?? "")}" : "fence:\(service):\(worker)"
    }

    /// The key that names the worker whose transactions are carried out: the owner of the first symbol, or on a cluster who has
    /// claimed the slot of `tag`.
    public func ownerKey(_ tag: String) -> String {
        isCluster ? fenceKey(tag) : "owner:\(service):\(symbols.first?.name ?? "")"
    }

    /// Whether the fence's value says that another worker has taken over.
    public func isFenced(_ value: RedisValue) -> Bool {
        isCluster ? value != .text(worker) : value != .none
    }

    /// Makes this worker the only one that can commit in these lanes, and gives those whose claim was not its own until now.
    /// One Redis does this with the lease.
    public func claim(_ tags: [String?], _ client: RedisClient) throws(RedisError) -> [String?] {
        guard isCluster else { return [] }
        var taken: [String?] = []
        for tag in tags {
            let last = try client.command("SET", fenceKey(tag), worker, "GET")
            if last != .text(worker) { taken.append(tag) }
        }
        return taken
    }

    // MARK: Leases

    /// Renews what this worker has, and takes what is free up to its share. To be called every `LeaseTable.renewEveryMs`.
    public func renew(_ client: RedisClient) throws(RedisError) -> LeaseHolding {
        try holding(try client.command(renewal))
    }

    /// The same for a connection that does not wait; `holding` reads the reply.
    public func appendRenewal(to commands: inout CommandBuffer) { commands.command(renewal) }

    /// Asks who has the first symbol, and takes nothing.
    public func appendLook(to commands: inout CommandBuffer) {
        commands.command(["GET", Self.leaseKey(service, symbols.first?.name ?? "", isCluster: isCluster)])
    }

    private var renewal: [String] {
        ["EVAL", Self.script] + scriptKeys + [word, worker, "\(LeaseTable.lifeMs)", "\(Self.fenceLifeMs)"]
            + symbols.map(\.name)
    }

    private var word: String { Self.word(service, isCluster) }
    /// A cluster must know where to carry a script out.
    private var scriptKeys: [String] { isCluster ? ["1", workersKey] : ["0"] }
    /// On a cluster all keys of the scripts lie in its slot.
    public var workersKey: String { Self.workersKey(service, isCluster: isCluster) }

    public func holding(_ reply: RedisValue) throws(RedisError) -> LeaseHolding {
        guard case .array(let parts) = reply, parts.count == 2 else {
            throw .unexpectedReply("lease script")
        }
        let owned = parts[0].elements.compactMap { $0.text.flatMap { Symbol($0) } }
        let surplus = max(0, owned.count - Int(parts[1].integer ?? 0))
        return LeaseHolding(owned: owned, surplus: Array(owned.suffix(surplus)))
    }

    /// Gives symbols back of which nothing is in hand any more.
    public func release(_ symbols: [Symbol], _ client: RedisClient) throws(RedisError) {
        guard !symbols.isEmpty else { return }
        try client.command(["EVAL", Self.releaseScript] + scriptKeys + [word, worker] + symbols.map(\.name))
    }

    /// Gives everything back, and leaves.
    public func leave(_ client: RedisClient) throws(RedisError) {
        try release(symbols, client)
        try client.command("ZREM", workersKey, worker)
    }

    private static let script = """
        local service, worker, life, fence = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local workers = 'workers:' .. service
        redis.call('ZADD', workers, now + life, worker)
        redis.call('ZREMRANGEBYSCORE', workers, '-inf', now)
        local share = math.ceil((#ARGV - 4) / redis.call('ZCARD', workers))
        local owned = {}
        for i = 5, #ARGV do
            local lease = 'lease:' .. service .. ':' .. ARGV[i]
            if redis.call('GET', lease) == worker then
                redis.call('PEXPIRE', lease, life)
                owned[#owned + 1] = ARGV[i]
            end
        end
        for i = 5, #ARGV do
            if #owned >= share then break end
            local lease = 'lease:' .. service .. ':' .. ARGV[i]
            if redis.call('SET', lease, worker, 'NX', 'PX', life) then
                local owner = 'owner:' .. service .. ':' .. ARGV[i]
                local last = redis.call('GET', owner)
                if last and last ~= worker then
                    redis.call('SET', 'fence:' .. service .. ':' .. last, worker, 'PX', fence)
                end
                redis.call('SET', owner, worker)
                owned[#owned + 1] = ARGV[i]
            end
        end
        return {owned, share}
        """

    private static let releaseScript = """
        for i = 3, #ARGV do
            local lease = 'lease:' .. ARGV[1] .. ':' .. ARGV[i]
            if redis.call('GET', lease) == ARGV[2] then
                redis.call('DEL', lease, 'owner:' .. ARGV[1] .. ':' .. ARGV[i])
            end
        end
        return 1
        """
}
