import StreamBus

/// Keeps the map of a Redis Cluster up to date without ever waiting: asks one node after the other which has which slots.
final class ClusterWatch {
    private let reactor: Reactor
    private let address: RedisAddress
    private let map: ClusterMap
    private var connection: (link: RedisLink, node: RedisAddress.Endpoint)?
    private var askedAtUs: Int64?
    private var turns = 0
    /// A failover is known of within this and the time that the cluster takes for it.
    private static let everyMs: Int64 = 200
    private static let silenceMaxUs: Int64 = 400_000

    init(_ reactor: Reactor, _ address: RedisAddress, _ map: ClusterMap) {
        self.reactor = reactor
        self.address = address
        self.map = map
        reactor.every(ms: Self.everyMs) { [weak self] in self?.ask() }
        ask()
    }

    private func ask() {
        let now = SystemClock.monotonicUs()
        if let askedAtUs {
            guard now - askedAtUs > Self.silenceMaxUs else { return }
            connection?.link.close()
            connection = nil
        }
        do throws(RedisError) {
            let link = try connect()
            askedAtUs = now
            var commands = CommandBuffer()
            commands.command(ClusterMap.question)
            link.send(commands)
        } catch { askedAtUs = nil }
    }

    private func connect() throws(RedisError) -> RedisLink {
        if let connection, connection.link.isOpen { return connection.link }
        let advisers = map.advisers, node = advisers[turns % advisers.count]
        turns += 1
        let link = try RedisLink(
            reactor, address.at(node), key: [], onReply: { [unowned self] in answered($0, node) },
            onEnd: { [unowned self] _ in askedAtUs = nil })
        connection = (link, node)
        return link
    }

    private func answered(_ reply: RedisReply, _ node: RedisAddress.Endpoint) {
        askedAtUs = nil
        // A node that knows nothing now is not asked again until its turn comes.
        do throws(RedisError) { try map.take(reply.value, from: node) } catch { connection?.link.close() }
    }
}
