import Synchronization

/// Which node of a Redis Cluster has which slots, as far as this process has heard; shared by all its connections.
public final class ClusterMap: Sendable {
    private struct State {
        var nodes: [RedisAddress.Endpoint] = []
        /// For each slot the number of its master in `nodes`, or −1.
        var masters = Array(repeating: -1, count: KeySlot.count)
    }

    /// Nodes to begin with.
    public let seeds: [RedisAddress.Endpoint]
    private let state = Mutex(State())

    /// The question whose answer `take` reads.
    public static let question = ["CLUSTER", "SLOTS"]

    public init(seeds: [RedisAddress.Endpoint]) {
        precondition(!seeds.isEmpty)
        self.seeds = seeds
    }

    /// The slot's master; nil while nobody is known to serve it.
    public func master(ofSlot slot: Int) -> RedisAddress.Endpoint? {
        state.withLock { $0.masters[slot] < 0 ? nil : $0.nodes[$0.masters[slot]] }
    }

    /// Masters that have slots.
    public var masters: [RedisAddress.Endpoint] {
        state.withLock { state in
            state.nodes.indices.filter { state.masters.contains($0) }.map { state.nodes[$0] }
        }
    }

    /// Slots that nobody is known to serve.
    public var unservedCount: Int { state.withLock { $0.masters.count { $0 < 0 } } }

    /// Nodes that can be asked for the slots: those known, then the seeds.
    public var advisers: [RedisAddress.Endpoint] {
        let known = state.withLock { $0.nodes }
        return known + seeds.filter { !known.contains($0) }
    }

    /// Takes in the answer of `asked` to the question.
    public func take(_ reply: RedisValue, from asked: RedisAddress.Endpoint) throws(RedisError) {
        if case .error(let text) = reply { throw .refused(text) }
        var new = State()
        for range in reply.elements {
            let parts = range.elements
            guard parts.count >= 3, let first = parts[0].integer, let last = parts[1].integer,
                0 <= first, first <= last, last < KeySlot.count
            else { throw .unexpectedReply("CLUSTER SLOTS") }
            for (position, node) in parts[2...].enumerated() {
                guard let endpoint = Self.endpoint(node, asked) else { continue }
                let number = new.nodes.firstIndex(of: endpoint) ?? new.nodes.count
                if number == new.nodes.count { new.nodes.append(endpoint) }
                guard position == 0 else { continue }
                for slot in Int(first)...Int(last) { new.masters[slot] = number }
            }
        }
        guard !new.nodes.isEmpty else { throw .refused("CLUSTERDOWN no node serves any slot") }
        state.withLock { $0 = new }
    }

    /// Host and port of a node; a node that does not know its own host is where it was asked.
    private static func endpoint(_ node: RedisValue, _ asked: RedisAddress.Endpoint) -> RedisAddress.Endpoint? {
        guard node.elements.count >= 2, let port = node.elements[1].integer, 1...65_535 ~= port else { return nil }
        if let host = node.elements[0].text, !host.isEmpty, host != "?" {
            return .tcp(host: bare(host), port: Int(port))
        }
        guard case .tcp(let host, _) = asked else { return nil }
        return .tcp(host: host, port: Int(port))
    }

    /// Redis tells IPv6 addresses without brackets, a proxy may put them there.
    static func bare(_ host: some StringProtocol) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : String(host)
    }

    /// A node said that the slot is another's.
    public func moved(slot: Int, to master: RedisAddress.Endpoint) {
        guard 0..<KeySlot.count ~= slot else { return }
        state.withLock { state in
            let number = state.nodes.firstIndex(of: master) ?? state.nodes.count
            if number == state.nodes.count { state.nodes.append(master) }
            state.masters[slot] = number
        }
    }
}

extension ClusterMap: Equatable {
    public static func == (left: ClusterMap, right: ClusterMap) -> Bool { left === right }
}

/// An error by which a node says where to ask, or that the cluster is changing.
public struct ClusterNotice: Equatable, Sendable {
    public enum Kind: Equatable, Sendable {
        /// The slot is the other node's.
        case moved(slot: Int, to: RedisAddress.Endpoint)
        /// This key may already be at the other node, to which the slot is being moved.
        case ask(RedisAddress.Endpoint)
        /// Not now: keys of the command lie on both sides of a move, or the slot has no master.
        case later
    }

    public let kind: Kind

    /// Nil for any other error. `asked` is the node that answered.
    public init?(_ error: String, from asked: RedisAddress.Endpoint) {
        let words = error.split(separator: " ")
        switch words.first {
        case "MOVED", "ASK":
            guard words.count >= 3, let slot = Int(words[1]), let target = Self.endpoint(words[2], asked) else {
                return nil
            }
            kind = words[0] == "MOVED" ? .moved(slot: slot, to: target) : .ask(target)
        case "TRYAGAIN", "CLUSTERDOWN": kind = .later
        default: return nil
        }
    }

    private static func endpoint(_ text: Substring, _ asked: RedisAddress.Endpoint) -> RedisAddress.Endpoint? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            1...65_535 ~= port
        else { return nil }
        if colon > text.startIndex { return .tcp(host: ClusterMap.bare(text[..<colon]), port: port) }
        guard case .tcp(let host, _) = asked else { return nil }
        return .tcp(host: host, port: port)
    }
}
