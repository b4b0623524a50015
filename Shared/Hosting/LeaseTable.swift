public import TradingPrimitives

/// The leases by which the workers of a service share its symbols, as a value: what Redis keeps and its script does, for hosts
/// without Redis. Times in milliseconds of one clock.
public struct LeaseTable: Sendable {
    private struct Lease {
        let worker: String
        var untilMs: Int64
    }

    /// What a dead worker had is taken over within this and one renewal.
    public static let lifeMs: Int64 = 1200
    public static let renewEveryMs: Int64 = 300
    private var aliveUntilMs: [String: Int64] = [:]
    private var leases: [Symbol: Lease] = [:]
    /// Who had each symbol last, unless it gave it back.
    private var owners: [Symbol: String] = [:]
    private var fencedWorkers: Set<String> = []

    public init() {}

    /// Renews what the worker has, and gives it what is free up to its share. Who had that before and did not give it back is fenced.
    public mutating func renew(_ worker: String, _ symbols: [Symbol], nowMs: Int64) -> LeaseHolding {
        aliveUntilMs[worker] = nowMs + Self.lifeMs
        aliveUntilMs = aliveUntilMs.filter { $0.value > nowMs }
        leases = leases.filter { $0.value.untilMs >= nowMs }
        let share = (symbols.count + aliveUntilMs.count - 1) / aliveUntilMs.count
        var owned: [Symbol] = []
        for symbol in symbols where leases[symbol]?.worker == worker {
            leases[symbol]?.untilMs = nowMs + Self.lifeMs
            owned.append(symbol)
        }
        for symbol in symbols where owned.count < share && leases[symbol] == nil {
            leases[symbol] = Lease(worker: worker, untilMs: nowMs + Self.lifeMs)
            if let last = owners.updateValue(worker, forKey: symbol), last != worker { fencedWorkers.insert(last) }
            owned.append(symbol)
        }
        return LeaseHolding(owned: owned, surplus: Array(owned.suffix(max(0, owned.count - share))))
    }

    /// Gives symbols back of which nothing is in the worker's hands any more.
    public mutating func release(_ worker: String, _ symbols: [Symbol], nowMs: Int64) {
        for symbol in symbols {
            guard let lease = leases[symbol], lease.worker == worker, lease.untilMs >= nowMs else { continue }
            leases[symbol] = nil
            owners[symbol] = nil
        }
    }

    /// Whether another worker has taken over from this one: nothing that it commits is carried out.
    public func isFenced(_ worker: String) -> Bool { fencedWorkers.contains(worker) }
}
