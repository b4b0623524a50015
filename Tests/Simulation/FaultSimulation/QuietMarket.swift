public import InProcessSuite

/// What the hub says of a market in which nothing goes wrong, of three contracts: entries for who needs many of them.
public func quietMarket(seed: UInt64, minutes: Int64) -> [MemoryBus.Entry] {
    let world = World(seed: seed, mutation: nil, isTold: false, isText: false)
    defer { world.dispose() }
    world.hub.start()
    world.scheduler.run(forMs: minutes * 60_000)
    return world.bus.log
}
