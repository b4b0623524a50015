/// Where a Redis server listens: `redis://[user:password@]host[:port][/db]` or `unix:///path/to/socket[?db=n]`; or where
/// some nodes of a cluster do: `redis-cluster://[user:password@]host:port,host:port…`.
public struct RedisAddress: Equatable, Sendable, CustomStringConvertible {
    public enum Endpoint: Equatable, Sendable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    public var endpoint: Endpoint
    /// Nil for the default user.
    public var user: String?
    /// Never shown.
    public var password: String?
    public var database: Int
    /// Nil for a single server.
    public private(set) var cluster: ClusterMap?

    public init(_ endpoint: Endpoint, user: String? = nil, password: String? = nil, database: Int = 0) {
        self.endpoint = endpoint
        self.user = user
        self.password = password
        self.database = database
    }

    /// One server, by the same user.
    public func at(_ endpoint: Endpoint) -> RedisAddress {
        RedisAddress(endpoint, user: user, password: password, database: database)
    }

    /// The server that has a key, as far as this process has heard; this server when there is only one.
    public func node(of key: [UInt8]) throws(RedisError) -> RedisAddress {
        guard let cluster else { return self }
        let slot = KeySlot.of(key)
        guard let master = cluster.master(ofSlot: slot) else {
            throw .refused("CLUSTERDOWN nobody serves slot \(slot)")
        }
        return at(master)
    }

    /// Nil for what is not such an address.
    public init?(_ url: String) {
        if url.hasPrefix("unix://") {
            let parts = url.dropFirst(7).split(separator: "?", maxSplits: 1)
            guard let path = parts.first, path.hasPrefix("/") else { return nil }
            var database = 0
            if parts.count == 2 {
                guard parts[1].hasPrefix("db="), let number = Int(parts[1].dropFirst(3)), number >= 0 else {
                    return nil
                }
                database = number
            }
            self.init(.unix(path: String(path)), database: database)
            return
        }
        let isCluster = url.hasPrefix("redis-cluster://")
        guard isCluster || url.hasPrefix("redis://") else { return nil }
        var rest = url.dropFirst(isCluster ? 16 : 8)
        var user: String?
        var password: String?
        if let at = rest.lastIndex(of: "@") {
            let login = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if let name = login.first, !name.isEmpty { user = String(name) }
            if login.count == 2 { password = String(login[1]) }
            rest = rest[rest.index(after: at)...]
        }
        if isCluster {
            self.init(nodes: rest, user: user, password: password)
            return
        }
        var database = 0
        if let slash = rest.firstIndex(of: "/") {
            let number = rest[rest.index(after: slash)...]
            if !number.isEmpty {
                guard let value = Int(number), value >= 0 else { return nil }
                database = value
            }
            rest = rest[..<slash]
        }
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard 1...2 ~= parts.count, !parts[0].isEmpty else { return nil }
        guard let port = parts.count == 2 ? Int(parts[1]) : 6379, 1...65535 ~= port else { return nil }
        self.init(.tcp(host: String(parts[0]), port: port), user: user, password: password, database: database)
    }

    private init?(nodes: Substring, user: String?, password: String?) {
        var seeds: [Endpoint] = []
        for node in nodes.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = node.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, let port = Int(parts[1]), 1...65535 ~= port else { return nil }
            seeds.append(.tcp(host: String(parts[0]), port: port))
        }
        guard let first = seeds.first else { return nil }
        self.init(first, user: user, password: password)
        cluster = ClusterMap(seeds: seeds)
    }

    /// The address without its password.
    public var description: String {
        let suffix = database == 0 ? "" : "/\(database)"
        let login = user.map { "\($0)@" } ?? ""
        if let cluster {
            return "redis-cluster://\(login)" + cluster.seeds.map(Self.text).joined(separator: ",")
        }
        return switch endpoint {
        case .tcp(let host, let port): "redis://\(login)\(host):\(port)\(suffix)"
        case .unix(let path): "unix://\(path)\(database == 0 ? "" : "?db=\(database)")"
        }
    }

    private static func text(_ endpoint: Endpoint) -> String {
        switch endpoint {
        case .tcp(let host, let port): "\(host):\(port)"
        case .unix(let path): path
        }
    }
}
