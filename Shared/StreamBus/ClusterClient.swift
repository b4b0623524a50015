import SignalContracts

/// Sends each command to the node that has its key, gives the answers in the order of the questions, and follows keys
/// that have moved. The part of `RedisClient` that a cluster needs.
///
/// A transaction whose slot has moved is not followed: nothing of it was carried out, and the caller begins anew.
final class ClusterClient {
    private struct Awaited {
        let endpoint: RedisAddress.Endpoint
        let bytes: [UInt8]
        let isInTransaction: Bool
    }

    private let address: RedisAddress
    private let map: ClusterMap
    private var connections: [(endpoint: RedisAddress.Endpoint, connection: RedisConnection)] = []
    private var awaited: [Awaited] = []
    /// Keeps the answer of a command that went another way.
    private var detour: RedisConnection?
    private static let detoursMax = 5
    /// Longest wait for one node's word on the slots: there are others.
    private static let adviceMs = 500

    init(_ address: RedisAddress, _ map: ClusterMap, timeoutMs: Int) throws(RedisError) {
        self.address = address
        self.map = map
        try learn(timeoutMs: min(timeoutMs, Self.adviceMs))
    }

    /// Asks one node after the other which node has which slots.
    private func learn(timeoutMs: Int) throws(RedisError) {
        var failure = RedisError.disconnected("no node of the cluster answers")
        for endpoint in map.advisers {
            do throws(RedisError) {
                var commands = CommandBuffer()
                commands.command(ClusterMap.question)
                let connection = try connection(to: endpoint)
                connection.write(commands)
                try connection.flush()
                return try map.take(try connection.waitForReply(timeoutMs: timeoutMs).value, from: endpoint)
            } catch {
                connections.removeAll { $0.endpoint == endpoint }
                failure = error
            }
        }
        throw failure
    }

    private func connection(to endpoint: RedisAddress.Endpoint) throws(RedisError) -> RedisConnection {
        if let known = connections.first(where: { $0.endpoint == endpoint }) { return known.connection }
        let made = try RedisConnection(address.at(endpoint))
        connections.append((endpoint, made))
        return made
    }

    private func node(ofSlot slot: Int?) throws(RedisError) -> RedisAddress.Endpoint {
        guard let slot else { return map.masters.first ?? map.seeds[0] }
        guard let master = map.master(ofSlot: slot) else { throw .refused("CLUSTERDOWN nobody serves slot \(slot)") }
        return master
    }

    func send(_ commands: borrowing CommandBuffer) throws(RedisError) {
        var isInTransaction = false
        for command in CommandScan.commands(of: commands) {
            if command.role == .multi { isInTransaction = true }
            let endpoint = try node(ofSlot: command.slot)
            let bytes = commands.bytes[command.bytes]
            try connection(to: endpoint).write(bytes)
            awaited.append(Awaited(endpoint: endpoint, bytes: Array(bytes), isInTransaction: isInTransaction))
            if command.role == .end { isInTransaction = false }
        }
        for (_, connection) in connections { try connection.flush() }
    }

    func receive(timeoutMs: Int) throws(RedisError) -> RedisReply {
        guard !awaited.isEmpty else { throw .unexpectedReply("an answer without a question") }
        let question = awaited.removeFirst()
        let reply = try connection(to: question.endpoint).waitForReply(timeoutMs: timeoutMs)
        guard let error = reply.error, let notice = ClusterNotice(error, from: question.endpoint) else { return reply }
        if case .moved(let slot, let target) = notice.kind { map.moved(slot: slot, to: target) }
        if question.isInTransaction { throw .disconnected(error) }
        return try follow(notice, question, reply, timeoutMs: timeoutMs)
    }

    /// The same question over connections of their own: on the known ones others wait for their answers.
    private func follow(
        _ notice: ClusterNotice, _ question: Awaited, _ reply: RedisReply, timeoutMs: Int
    ) throws(RedisError) -> RedisReply {
        var notice = notice
        for _ in 0..<Self.detoursMax {
            var commands = CommandBuffer()
            let target: RedisAddress.Endpoint
            switch notice.kind {
            case .moved(let slot, let master):
                map.moved(slot: slot, to: master)
                target = master
            case .ask(let other):
                commands.command(["ASKING"])
                target = other
            case .later: return reply
            }
            commands.append(bytes: question.bytes[...], commandCount: 1)
            let connection = try RedisConnection(address.at(target))
            connection.write(commands)
            try connection.flush()
            if commands.commandCount == 2 { _ = try connection.waitForReply(timeoutMs: timeoutMs) }
            let answer = try connection.waitForReply(timeoutMs: timeoutMs)
            detour = connection
            guard let error = answer.error, let next = ClusterNotice(error, from: target), next.kind != .later else {
                return answer
            }
            notice = next
        }
        throw .refused("CLUSTERDOWN the nodes send from one to the other")
    }

    /// The number of each process that has one of these keys.
    func servers(of keys: [[UInt8]], timeoutMs: Int) throws(RedisError) -> [RedisValue] {
        var nodes: [RedisAddress.Endpoint] = []
        for key in keys {
            let node = try node(ofSlot: KeySlot.of(key))
            if !nodes.contains(node) { nodes.append(node) }
        }
        return try information("server", of: nodes, timeoutMs: timeoutMs)
    }

    /// `INFO` of each master.
    func information(_ section: String, timeoutMs: Int) throws(RedisError) -> [RedisValue] {
        try information(section, of: map.masters, timeoutMs: timeoutMs)
    }

    private func information(
        _ section: String, of nodes: [RedisAddress.Endpoint], timeoutMs: Int
    ) throws(RedisError) -> [RedisValue] {
        var commands = CommandBuffer(), replies: [RedisValue] = []
        commands.command(["INFO", section])
        for node in nodes {
            let connection = try connection(to: node)
            connection.write(commands)
            try connection.flush()
            replies.append(try connection.waitForReply(timeoutMs: timeoutMs).value)
        }
        return replies
    }
}
