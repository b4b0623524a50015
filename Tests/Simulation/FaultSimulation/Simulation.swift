import ExchangeSimulator
import InProcessSuite
import SignalContracts
import TradingPrimitives

/// One seeded run of the whole suite through faults, and what came of it.
public struct SimulationResult: Sendable {
    public let seed: UInt64
    public var violations: [String]
    /// Names of the kinds of faults that were on, with how often they struck.
    public let faults: [(name: String, count: Int)]
    public let entries: Int
    public let trades: Int
    public let fills: Int
    public let requests: Int
    /// Of the venue's whole ledger and of everything said on the streams: equal runs have equal ones.
    public let digest: UInt64
    /// What happened, when it was asked for.
    public let story: [String]
}

/// Runs one seed.
/// What is said goes through its text where `isText`: nothing may come of that.
public func simulate(
    seed: UInt64, mutation: Mutation? = nil, isTold: Bool = false, isText: Bool = false
) -> SimulationResult {
    let world = World(seed: seed, mutation: mutation, isTold: isTold, isText: isText)
    defer { world.dispose() }
    world.run()
    let exchange = world.venue.exchange
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    add(exchange.auditJSON())
    var text = Fields(), closed = 0
    for entry in world.bus.log {
        text.removeAll()
        entry.message.encode(into: &text)
        text.forEachItem { add($0) }
        if case .execution(let event) = entry.message, event.kind == .positionClosed { closed += 1 }
    }
    return SimulationResult(
        seed: seed, violations: world.checker.violations,
        faults: Trouble.Family.allCases.filter(world.trouble.families.contains).map {
            ("\($0)", world.trouble.counts[$0.rawValue])
        },
        entries: world.checker.entriesByPlan.count, trades: closed,
        fills: exchange.accounts[world.venue.account].fills.count, requests: world.checker.sentCount, digest: digest,
        story: world.story ?? [])
}
